package dev.sluice.bridge.cann;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The stand-in for the CANN libraries in this process: its calls and its test hooks. */
final class Standin {
  static final Path FOLDER = Path.of(System.getProperty("sluice.native.path"), "cann");
  private static final NativeLibrary CORE =
      NativeLibrary.getInstance(FOLDER.resolve("libcann_standin.so").toString());

  private Standin() {}

  static CannLibraries libraries() {
    return CannLibraries.load(Optional.of(FOLDER), Map.of());
  }

  /** Clears injected failures and counters. */
  static void reset() {
    function("standin_reset").invokeVoid(new Object[0]);
  }

  /** Makes the nth call from now on fail with a code. */
  static void fail(String call, int nth, int code) {
    function("standin_fail").invokeVoid(new Object[] {call, nth, code});
  }

  static long calls(String call) {
    return function("standin_calls").invokeLong(new Object[] {call});
  }

  /** Returns the number of live allocations, registrations, imports and reservations. */
  static long live() {
    return function("standin_live").invokeLong(new Object[0]);
  }

  /** Returns the number of registrations whose memory was freed before they were removed. */
  static long leaked() {
    return function("standin_leaked").invokeLong(new Object[0]);
  }

  private static Function function(String name) {
    return CORE.getFunction(name);
  }
}

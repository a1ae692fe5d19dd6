package dev.sluice;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;

/**
 * Controls the stand-in for the vendor's libraries as loaded by an in-process daemon: counts calls
 * and injects failures (native-bridge/src/test/c/cann/standin.h).
 */
final class CannStandin {
  static final Path FOLDER = Path.of(System.getProperty("sluice.native.path"), "cann");

  private CannStandin() {}

  /** Returns the setting that makes a daemon load the stand-in. */
  static String setting() {
    return "sluice.cann.directory=" + FOLDER;
  }

  /** Clears injected failures and counters. */
  static void reset() {
    function("standin_reset").invokeVoid(new Object[0]);
  }

  /** Makes the nth call from now on fail with a code; 0 fails every call. */
  static void fail(String call, int nth, int code) {
    function("standin_fail").invokeVoid(new Object[] {call, nth, code});
  }

  /** Same for threads that have set this device. */
  static void failOn(String call, int device, int nth, int code) {
    function("standin_fail_on").invokeVoid(new Object[] {call, device, nth, code});
  }

  /** Fails every call for a device with a code, as during a device reset; code 0 ends that. */
  static void breakDevice(int device, int code) {
    function("standin_break").invokeVoid(new Object[] {device, code});
  }

  /** Blocks every call for a device until called with false. */
  static void hang(int device, boolean isHung) {
    function("standin_hang").invokeVoid(new Object[] {device, isHung ? 1 : 0});
  }

  static long calls(String call) {
    return function("standin_calls").invokeLong(new Object[] {call});
  }

  /** Returns the number of copies, of payload ({@code isWide}) or of control words. */
  static long copies(boolean isToDevice, boolean isWide) {
    return function("standin_copies").invokeLong(new Object[] {isToDevice ? 1 : 0, isWide ? 1 : 0});
  }

  /** Returns the bytes of record copies; copies of a few words are not counted. */
  static long copiedBytes(boolean isToDevice) {
    return function("standin_copied_bytes").invokeLong(new Object[] {isToDevice ? 1 : 0});
  }

  /** Returns the number of copies of one device. */
  static long copiesOf(int device) {
    return function("standin_copies_of").invokeLong(new Object[] {device});
  }

  /** Returns the number of live allocations, registrations and reservations. */
  static long live() {
    return function("standin_live").invokeLong(new Object[0]);
  }

  /** Returns the number of registrations whose memory was freed before they were removed. */
  static long leaked() {
    return function("standin_leaked").invokeLong(new Object[0]);
  }

  private static Function function(String name) {
    return NativeLibrary.getInstance(FOLDER.resolve("libcann_standin.so").toString())
        .getFunction(name);
  }
}

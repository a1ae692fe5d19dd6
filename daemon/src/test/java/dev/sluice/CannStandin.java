package dev.sluice;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;

/**
 * The stand-in for the vendor's libraries, as a daemon in this process uses it: what it was asked
 * to do, and how it can be made to fail (native-bridge/src/test/c/cann/standin.h).
 */
final class CannStandin {
  static final Path FOLDER = Path.of(System.getProperty("sluice.native.path"), "cann");

  private CannStandin() {}

  /** The setting by which a daemon uses it. */
  static String setting() {
    return "sluice.cann.directory=" + FOLDER;
  }

  /** Forgets injected failures and counts. */
  static void reset() {
    function("standin_reset").invokeVoid(new Object[0]);
  }

  /** Lets the nth use of a call from now on fail with a code; 0 is every use. */
  static void fail(String call, int nth, int code) {
    function("standin_fail").invokeVoid(new Object[] {call, nth, code});
  }

  /** The same, for threads that have set this device. */
  static void failOn(String call, int device, int nth, int code) {
    function("standin_fail_on").invokeVoid(new Object[] {call, device, nth, code});
  }

  /** Lets every call for a device fail with a code, as while it is being reset; 0 ends that. */
  static void breakDevice(int device, int code) {
    function("standin_break").invokeVoid(new Object[] {device, code});
  }

  /** From now on no call for a device returns, until it is called with false. */
  static void hang(int device, boolean isHung) {
    function("standin_hang").invokeVoid(new Object[] {device, isHung ? 1 : 0});
  }

  static long calls(String call) {
    return function("standin_calls").invokeLong(new Object[] {call});
  }

  /** Copies of control words, or of payload. */
  static long copies(boolean isToDevice, boolean isWide) {
    return function("standin_copies").invokeLong(new Object[] {isToDevice ? 1 : 0, isWide ? 1 : 0});
  }

  /** Of copies of records; copies of a few words are not counted. */
  static long copiedBytes(boolean isToDevice) {
    return function("standin_copied_bytes").invokeLong(new Object[] {isToDevice ? 1 : 0});
  }

  /** Copies of one device. */
  static long copiesOf(int device) {
    return function("standin_copies_of").invokeLong(new Object[] {device});
  }

  /** What is allocated, registered or reserved. */
  static long live() {
    return function("standin_live").invokeLong(new Object[0]);
  }

  /** Registrations whose memory was freed first. */
  static long leaked() {
    return function("standin_leaked").invokeLong(new Object[0]);
  }

  private static Function function(String name) {
    return NativeLibrary.getInstance(FOLDER.resolve("libcann_standin.so").toString())
        .getFunction(name);
  }
}

package dev.sluice.bridge.cann;

import java.io.IOException;

/** A CANN call that failed: one line with call, device, code, name, meaning and advice. */
public final class CannException extends IOException {
  private static final long serialVersionUID = 1;

  private final String call;
  private final int device;
  private final int code;
  private final boolean isBusy;

  private CannException(String call, int device, int code, CannCode words) {
    super(
        call
            + " on device "
            + device
            + " returned "
            + code
            + " ("
            + words.name()
            + "): "
            + words.meaning()
            + "; "
            + words.advice());
    this.call = call;
    this.device = device;
    this.code = code;
    this.isBusy = words.isBusy();
  }

  /** For a call of libruntime or libascendcl. */
  static CannException ofRuntime(String call, int device, int code) {
    return new CannException(call, device, code, CannCode.ofRuntime(code));
  }

  /** For a call of libascend_hal. */
  static CannException ofDriver(String call, int device, int code) {
    return new CannException(call, device, code, CannCode.ofDriver(code));
  }

  /** The function that failed. */
  public String call() {
    return call;
  }

  /** The device that the calling thread had set. */
  public int device() {
    return device;
  }

  /** Whether the same call may succeed later without intervention. */
  public boolean isBusy() {
    return isBusy;
  }

  public int code() {
    return code;
  }
}

package dev.sluice.session;

/** A refused session request; the message states the remedy in one line. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Reason of the refusal. */
  public enum Reason {
    /** The configuration does not allow this device. */
    DEVICE,
    /** The device has failed and has not recovered. */
    DEVICE_DOWN,
    /** A limit is reached; a later retry may succeed. */
    BUSY,
    /** The host or the device could not provide the memory. */
    MEMORY,
    /** The requested arena is impossible. */
    ARENA,
    /** The client does not support the configured placement. */
    PLACEMENT,
    /** The device does not use the layout that its client declared. */
    LAYOUT,
    /** A number in the request is invalid. */
    MALFORMED,
    /** Not legal in the current state of the session. */
    STATE,
    /** The session belongs to another user. */
    NOT_YOURS,
    /** The daemon is stopping. */
    STOPPING
  }

  private final Reason reason;

  public RefusedException(Reason reason, String text) {
    super(text);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}

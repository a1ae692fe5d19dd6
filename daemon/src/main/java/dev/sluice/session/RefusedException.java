package dev.sluice.session;

/** A request for a session that is not granted; the message says in one line what to do. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The device may not be used here. */
    DEVICE,
    /** The device has failed and does not answer yet. */
    DEVICE_DOWN,
    /** Too many of something; later is worth a try. */
    BUSY,
    /** The host or the device has no memory for it. */
    MEMORY,
    /** The arena that is asked for cannot work. */
    ARENA,
    /** No way to share memory that both sides know. */
    PLACEMENT,
    /** The device does not have the layout that its client declared. */
    LAYOUT,
    /** A number in the request cannot be. */
    MALFORMED,
    /** Not in the state in which the session is. */
    STATE,
    /** Not by this client. */
    NOT_YOURS,
    /** The daemon ends. */
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

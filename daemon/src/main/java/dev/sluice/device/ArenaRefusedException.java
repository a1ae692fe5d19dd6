package dev.sluice.device;

/** The requested arena cannot work; the message shows the arithmetic and what to change. */
public final class ArenaRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public ArenaRefusedException(String message) {
    super(message);
  }
}

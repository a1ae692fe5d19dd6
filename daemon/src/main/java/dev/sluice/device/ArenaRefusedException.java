package dev.sluice.device;

/** The requested arena is impossible; the message shows the arithmetic and the remedy. */
public final class ArenaRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public ArenaRefusedException(String message) {
    super(message);
  }
}

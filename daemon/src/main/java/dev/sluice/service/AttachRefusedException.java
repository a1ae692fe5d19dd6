package dev.sluice.service;

/** Refuses a request on the attach socket with a status and one line of advice. */
public final class AttachRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final AttachStatus status;

  /**
   * @param text one line that says what to do
   */
  public AttachRefusedException(AttachStatus status, String text) {
    super(text.replaceAll("\\s*\\R\\s*", " "));
    if (status == AttachStatus.OK) {
      throw new IllegalArgumentException("OK is not a refusal");
    }
    this.status = status;
  }

  public AttachStatus status() {
    return status;
  }
}

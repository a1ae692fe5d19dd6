package dev.sluice.config;

/** When a changed value of a key is in force after a reload. */
public enum Applies {
  /** With the reload. */
  AT_ONCE("at once"),
  /** For sessions that attach afterwards; open ones do not change. */
  NEXT_SESSION("for sessions that attach afterwards"),
  /** With a restart of the daemon: a reload keeps the old value and says so. */
  RESTART("with a restart");

  private final String text;

  Applies(String text) {
    this.text = text;
  }

  /** For people. */
  public String text() {
    return text;
  }
}

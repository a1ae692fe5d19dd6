package dev.sluice.config;

/** When a reload puts a changed value into force. */
public enum Applies {
  /** At the reload. */
  AT_ONCE("at once"),
  /** For sessions that attach later; open sessions do not change. */
  NEXT_SESSION("for sessions that attach afterwards"),
  /** At a restart of the daemon: a reload keeps the old value and reports that. */
  RESTART("with a restart");

  private final String text;

  Applies(String text) {
    this.text = text;
  }

  /** Returns a text for people. */
  public String text() {
    return text;
  }
}

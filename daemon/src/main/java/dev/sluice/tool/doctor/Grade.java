package dev.sluice.tool.doctor;

import java.util.Locale;

/** How much a finding matters. */
public enum Grade {
  OK,
  /** Works, but slower or less safely than it could. */
  WARN,
  /** What the configuration asks for will not work. */
  BAD;

  /** As printed. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.sluice.tool.doctor;

import java.util.Locale;

/** Severity of a finding. */
public enum Grade {
  OK,
  /** Works, but slower or less safely than possible. */
  WARN,
  /** Does not work as configured. */
  BAD;

  /** Returns the printed form. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.sluice.tool;

/** Exit codes, part of the command line contract. */
public final class ExitCode {
  public static final int FINE = 0;
  public static final int FAILED = 1;
  public static final int USAGE = 2;

  /** The run finished, but records were dropped or are unaccounted for. */
  public static final int RECORDS_LOST = 3;

  private ExitCode() {}
}

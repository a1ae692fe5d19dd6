package dev.sluice.tool;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;

/**
 * What a run means, in one plain sentence, and the exit code that goes with it.
 *
 * @param exitCode one of {@link ExitCode}
 */
public record Verdict(int exitCode, String sentence) {
  /** Below this share of its time a device that waits is not worth a word. */
  private static final double NOTABLE_STALL_RATIO = 0.01;

  /**
   * @param isMisbehaviourWanted the producer was told to commit faults, so violations are expected
   */
  public static Verdict of(RunReport run, boolean isMisbehaviourWanted) throws ToolException {
    KindCounts total = run.session().total();
    if (!run.isAgreed()) {
      return new Verdict(
          ExitCode.FAILED,
          String.format(
              Locale.ROOT,
              "The books do not match: the producer counted %,d records, the daemon read %,d from"
                  + " the device.",
              run.producedRecords(),
              total.deviceRecords()));
    }
    if (total.unaccountedRecords() != 0) {
      return new Verdict(
          ExitCode.RECORDS_LOST,
          String.format(
              Locale.ROOT,
              "%,d records are unaccounted for: a defect of the device or of Sluice.",
              total.unaccountedRecords()));
    }
    long dropped = total.droppedRecords();
    if (dropped > 0) {
      return new Verdict(
          ExitCode.RECORDS_LOST,
          String.format(
              Locale.ROOT,
              "The device dropped %,d of %,d records (%s %%), %s; all others were collected.",
              dropped,
              total.deviceRecords(),
              percent(dropped, total.deviceRecords()),
              explain(mainCause(total.dropped()))));
    }
    long lost = run.session().capture().map(SessionReport.Capture::lostRecords).orElse(0L);
    if (lost > 0) {
      return new Verdict(
          ExitCode.RECORDS_LOST,
          String.format(
              Locale.ROOT,
              "Every record was collected, but %,d of %,d did not get to disk.",
              lost,
              total.collectedRecords()));
    }
    if (run.session().violations() > 0 && !isMisbehaviourWanted) {
      return new Verdict(
          ExitCode.FAILED,
          String.format(
              Locale.ROOT,
              "No record was lost, but the device broke the wire format %,d times.",
              run.session().violations()));
    }
    String salvaged =
        total.salvagedRecords() == 0
            ? ""
            : String.format(
                Locale.ROOT, " (%,d salvaged after the producer died)", total.salvagedRecords());
    double stalled = run.stalledRatio();
    if (stalled > NOTABLE_STALL_RATIO) {
      return new Verdict(
          ExitCode.FINE,
          String.format(
              Locale.ROOT,
              "No record was lost%s, but the device waited for the host %.1f %% of its time.",
              salvaged,
              100 * stalled));
    }
    return new Verdict(ExitCode.FINE, "Every record was collected" + salvaged + ".");
  }

  /** Two digits that count, however small the share is. */
  private static String percent(long part, long whole) {
    return BigDecimal.valueOf(100.0 * part / whole)
        .round(new MathContext(2))
        .stripTrailingZeros()
        .toPlainString();
  }

  private static String mainCause(Map<String, Long> dropped) {
    return dropped.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .orElseThrow()
        .getKey();
  }

  /** What most likely happened; the daemon infers it from what it saw when the counter moved. */
  private static String explain(String cause) {
    return switch (cause) {
      case "host_late" -> "mostly because the daemon refilled too late";
      case "pool_exhausted" -> "mostly because the pools were empty: too small, or not given back";
      case "ready_queue_full" -> "mostly because the daemon drained too late";
      case "inferred" -> "mostly AICore records that were overwritten before a buffer was free";
      case "producer_died" -> "mostly because the producer died";
      default -> "mostly for an unknown reason (" + cause + ")";
    };
  }
}

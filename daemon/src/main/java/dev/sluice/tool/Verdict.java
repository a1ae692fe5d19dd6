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

  /** A ceiling that nothing came nearer to than this is not worth a word. */
  private static final double NOTABLE_HEADROOM_RATIO = 0.005;

  /** From here on a rate is what keeps buffers from coming back; as the daemon's drop events do. */
  private static final double NEAR = 0.9;

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
              "The device dropped %,d of %,d records (%s %%), %s; all others were collected.%s",
              dropped,
              total.deviceRecords(),
              percent(dropped, total.deviceRecords()),
              explain(mainCause(total.dropped())),
              bound(mainCause(total.dropped()), run.session().headroom())));
    }
    long lost = run.session().capture().map(SessionReport.Capture::lostRecords).orElse(0L);
    if (lost > 0) {
      return new Verdict(
          ExitCode.RECORDS_LOST,
          String.format(
              Locale.ROOT,
              "Every record was collected, but %,d of %,d did not get to disk.%s",
              lost,
              total.collectedRecords(),
              boundBy(CeilingKind.STORAGE, run.session().headroom())));
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
    String nearest = nearest(run.session().headroom());
    double stalled = run.stalledRatio();
    if (stalled > NOTABLE_STALL_RATIO) {
      return new Verdict(
          ExitCode.FINE,
          String.format(
              Locale.ROOT,
              "No record was lost%s, but the device waited for the host %.1f %% of its time.%s",
              salvaged,
              100 * stalled,
              nearest));
    }
    return new Verdict(ExitCode.FINE, "Every record was collected" + salvaged + "." + nearest);
  }

  /** Which ceiling was nearest while nothing was lost; empty if all were far. */
  private static String nearest(HeadroomReport headroom) {
    CeilingKind nearest = headroom.nearest();
    double ratio = headroom.worst(nearest);
    return ratio < NOTABLE_HEADROOM_RATIO
        ? ""
        : String.format(
            Locale.ROOT, " Nearest ceiling: %s, at %.0f %%.", nearest.words(), 100 * ratio);
  }

  /** Which ceiling a loss was due to; empty where it was none of them. */
  private static String bound(String cause, HeadroomReport headroom) {
    return switch (cause) {
      case "host_late", "ready_queue_full" -> boundBy(CeilingKind.CONTROL_PATH, headroom);
      case "pool_exhausted" -> boundBy(exhausting(headroom), headroom);
      // Nobody saw when it happened, only that it did.
      case "inferred" -> boundBy(headroom.nearest(), headroom);
      default -> "";
    };
  }

  /** Why buffers did not come back: for good, or only not fast enough for a burst. */
  private static CeilingKind exhausting(HeadroomReport headroom) {
    if (headroom.worst(CeilingKind.STORAGE) >= NEAR) {
      return CeilingKind.STORAGE;
    }
    return headroom.worst(CeilingKind.BANDWIDTH) >= NEAR
        ? CeilingKind.BANDWIDTH
        : CeilingKind.BUFFER_LIFECYCLE;
  }

  private static String boundBy(CeilingKind ceiling, HeadroomReport headroom) {
    return String.format(
        Locale.ROOT,
        " The ceiling that bound: %s, at %.0f %%.",
        ceiling.words(),
        100 * headroom.worst(ceiling));
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

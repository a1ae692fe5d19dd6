package dev.sluice.tool;

import dev.sluice.config.Quantities;
import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The verdict on a run in one sentence, with its exit code.
 *
 * @param exitCode one of {@link ExitCode}
 * @param limit the ceiling that cost records or delayed the device; empty if none did
 */
public record Verdict(int exitCode, String sentence, Optional<Ceiling> limit) {
  /** A device that waits less than this share of its time counts as not delayed. */
  private static final double NOTABLE_STALL_RATIO = 0.01;

  /**
   * @param isMisbehaviourWanted whether the producer commits faults, so violations are expected
   */
  public static Verdict of(RunReport run, boolean isMisbehaviourWanted) throws ToolException {
    SessionReport session = run.session();
    KindCounts total = session.total();
    if (!run.isAgreed()) {
      return say(
          ExitCode.FAILED,
          "The books do not match: the producer counted %,d records, the daemon read %,d from the"
              + " device.",
          run.producedRecords(),
          total.deviceRecords());
    }
    if (total.unaccountedRecords() != 0) {
      return say(
          ExitCode.RECORDS_LOST,
          "%,d records are unaccounted for: a defect of the device or of Sluice.",
          total.unaccountedRecords());
    }
    long dropped = total.droppedRecords();
    if (dropped > 0) {
      String cause = mainCause(total.dropped());
      return say(
              ExitCode.RECORDS_LOST,
              "The device dropped %,d of %,d records (%s), mostly because %s; all others were"
                  + " collected.",
              dropped,
              total.deviceRecords(),
              percent((double) dropped / total.deviceRecords()),
              explain(cause))
          .limitedBy(limitOf(cause, session.headroom()), run);
    }
    long lost = session.capture().map(SessionReport.Capture::lostRecords).orElse(0L);
    if (lost > 0) {
      return say(
              ExitCode.RECORDS_LOST,
              "The device dropped nothing, but %,d of %,d collected records are not in the capture"
                  + " (%s).",
              lost,
              total.collectedRecords(),
              mainCause(session.capture().orElseThrow().lost()))
          .limitedBy(Optional.of(Ceiling.STORAGE), run);
    }
    if (session.violations() > 0 && !isMisbehaviourWanted) {
      return say(
          ExitCode.FAILED,
          "Nothing was lost, but the device broke the wire format %,d times.",
          session.violations());
    }
    return held(run);
  }

  /** Returns the verdict on a run without losses: how much the device waited. */
  private static Verdict held(RunReport run) throws ToolException {
    SessionReport session = run.session();
    KindCounts total = session.total();
    String waited =
        run.stallSeconds() > 0
            ? "the device waited " + percent(run.stalledRatio()) + " of its time"
            : "the device never waited";
    if (run.stalledRatio() > NOTABLE_STALL_RATIO) {
      return say(ExitCode.FINE, "Nothing was lost%s, but %s for the host.", salvaged(total), waited)
          .limitedBy(reached(session.headroom()), run);
    }
    return say(
        ExitCode.FINE,
        "Nothing was lost%s: all %,d records were collected%s, and %s.",
        salvaged(total),
        total.deviceRecords(),
        session.capture().isPresent() ? " and captured" : "",
        waited);
  }

  private static String salvaged(KindCounts total) {
    return total.salvagedRecords() == 0
        ? ""
        : String.format(
            Locale.ROOT, " (%,d salvaged after the producer died)", total.salvagedRecords());
  }

  /** Returns the verdict for a run that a signal ended early. */
  Verdict interrupted(String when) {
    return new Verdict(
        exitCode == ExitCode.FINE ? ExitCode.FAILED : exitCode,
        "Interrupted " + when + ". " + sentence,
        limit);
  }

  private static Verdict say(int exitCode, String format, Object... arguments) {
    return new Verdict(exitCode, String.format(Locale.ROOT, format, arguments), Optional.empty());
  }

  private Verdict limitedBy(Optional<Ceiling> ceiling, RunReport run) {
    if (ceiling.isEmpty()) {
      return this;
    }
    Ceiling kind = ceiling.get();
    Optional<SessionReport.Capture> capture = run.session().capture();
    String remedy =
        kind == Ceiling.STORAGE && capture.isPresent()
            ? String.format(
                "%s took %s",
                Path.of(capture.get().directory()).getParent(),
                Quantities.formatRate(run.writtenBytesPerSecond()))
            : kind.remedy();
    return new Verdict(
        exitCode, sentence + " The limit was " + kind.phrase() + ": " + remedy + ".", ceiling);
  }

  /** Returns the ceiling that caused a loss; empty if none did. */
  private static Optional<Ceiling> limitOf(String cause, HeadroomReport headroom) {
    return switch (cause) {
      case "host_late", "ready_queue_full" -> Optional.of(Ceiling.CONTROL_PATH);
      case "pool_exhausted" -> Optional.of(exhausting(headroom));
      // No device counter moves with such a loss: assume the nearest ceiling.
      case "inferred" -> Optional.of(headroom.nearest());
      default -> Optional.empty();
    };
  }

  /** Returns the ceiling that delayed a device without losses; empty if none was reached. */
  private static Optional<Ceiling> reached(HeadroomReport headroom) {
    return Optional.of(headroom.nearest())
        .filter(ceiling -> headroom.worst(ceiling) >= Headroom.REACHED);
  }

  /** Returns why the pool ran empty: a stage is too slow, or only too slow for a burst. */
  private static Ceiling exhausting(HeadroomReport headroom) {
    if (headroom.worst(Ceiling.STORAGE) >= Headroom.REACHED) {
      return Ceiling.STORAGE;
    }
    return headroom.worst(Ceiling.BANDWIDTH) >= Headroom.REACHED
        ? Ceiling.BANDWIDTH
        : Ceiling.BUFFER_LIFECYCLE;
  }

  /** Formats a ratio in percent with two significant digits, however small it is. */
  static String percent(double ratio) {
    return BigDecimal.valueOf(100 * ratio)
            .round(new MathContext(2))
            .stripTrailingZeros()
            .toPlainString()
        + " %";
  }

  private static String mainCause(Map<String, Long> records) {
    return records.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .orElseThrow()
        .getKey();
  }

  /** Names the likely cause, which the daemon infers when the device's counter moves. */
  private static String explain(String cause) {
    return switch (cause) {
      case "host_late" -> "the daemon refilled too late";
      case "pool_exhausted" -> "no buffer of the pool was free";
      case "ready_queue_full" -> "the daemon drained too late";
      case "inferred" -> "AICore records were overwritten before a buffer was free";
      case "producer_died" -> "the producer died";
      case "guard_recycled" -> "the daemon was gone and the guard of the client recycled buffers";
      default -> "of an unknown cause (" + cause + ")";
    };
  }
}

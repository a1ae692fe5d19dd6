package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts of one or more captures at one moment; immutable once created. For each kind: collected +
 * salvaged = captured + lost + staged.
 */
public final class CaptureTotals {
  private final long[] captured = new long[BufferKind.COUNT];
  private final long[] staged = new long[BufferKind.COUNT];
  private final long[] lost = new long[LossBooks.SIZE];
  private final long[] errors = new long[LossReason.ALL.size()];
  private long writtenBytes;

  /** Reads the books of one capture downstream first, so that {@code staged} is never negative. */
  static CaptureTotals of(
      CaptureWriter writer, Iterable<CaptureIntake> intakes, CaptureFailures failures) {
    CaptureTotals totals = new CaptureTotals();
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      totals.captured[k] = writer.captured().get(k);
      for (LossReason reason : LossReason.ALL) {
        totals.lost[LossBooks.at(kind, reason)] = writer.lost().get(LossBooks.at(kind, reason));
      }
      long left = totals.captured[k] + totals.lost(kind);
      for (CaptureIntake intake : intakes) {
        totals.staged[k] += intake.taken().get(k);
        for (LossReason reason : LossReason.ALL) {
          totals.lost[LossBooks.at(kind, reason)] += intake.lost().get(LossBooks.at(kind, reason));
        }
      }
      totals.staged[k] -= left;
    }
    for (LossReason reason : LossReason.ALL) {
      totals.errors[reason.ordinal()] = failures.count(reason);
    }
    totals.writtenBytes = writer.counters().get(CaptureWriter.WRITTEN_BYTES);
    return totals;
  }

  /** Returns these totals with only the losses that came after {@code earlier}. */
  CaptureTotals lostSince(CaptureTotals earlier) {
    CaptureTotals since = plus(new CaptureTotals());
    for (int i = 0; i < lost.length; i++) {
      since.lost[i] = Math.max(0, lost[i] - earlier.lost[i]);
    }
    return since;
  }

  public CaptureTotals plus(CaptureTotals other) {
    CaptureTotals sum = new CaptureTotals();
    sum.add(this);
    sum.add(other);
    return sum;
  }

  private void add(CaptureTotals other) {
    for (int i = 0; i < captured.length; i++) {
      captured[i] += other.captured[i];
      staged[i] += other.staged[i];
    }
    for (int i = 0; i < lost.length; i++) {
      lost[i] += other.lost[i];
    }
    for (int i = 0; i < errors.length; i++) {
      errors[i] += other.errors[i];
    }
    writtenBytes += other.writtenBytes;
  }

  /** Records in segments. */
  public long captured(BufferKind kind) {
    return captured[kind.ordinal()];
  }

  /** Records in the memory stages. */
  public long staged(BufferKind kind) {
    return staged[kind.ordinal()];
  }

  public long lost(BufferKind kind, LossReason reason) {
    return lost[LossBooks.at(kind, reason)];
  }

  /** Records that were collected but never captured. */
  public long lost(BufferKind kind) {
    return LossReason.ALL.stream().mapToLong(reason -> lost(kind, reason)).sum();
  }

  /** Lost records by reason label, including zeros. */
  public Map<String, Long> lostByReason(BufferKind kind) {
    Map<String, Long> byReason = new LinkedHashMap<>();
    LossReason.ALL.forEach(reason -> byReason.put(reason.label(), lost(kind, reason)));
    return byReason;
  }

  /** Number of disk failures. */
  public long errors(LossReason reason) {
    return errors[reason.ordinal()];
  }

  /** Bytes written into segments, headers and footers included. */
  public long writtenBytes() {
    return writtenBytes;
  }
}

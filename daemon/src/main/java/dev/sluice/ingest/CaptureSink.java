package dev.sluice.ingest;

import dev.sluice.abi.BufferKind;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.output.capture.CaptureIntake;

/**
 * Encodes accepted records into a capture, then passes the buffer to another sink. One per
 * collector, on its thread.
 */
public final class CaptureSink implements LeaseSink {
  private final CaptureIntake intake;
  private final LeaseSink next;

  /**
   * @param next must always have room
   */
  public CaptureSink(CaptureIntake intake, LeaseSink next) {
    this.intake = intake;
    this.next = next;
  }

  @Override
  public boolean accept(Lease lease, AcceptedRecords records) {
    if (records.count() > 0) {
      BufferKind kind = lease.kind();
      CaptureIntake.Room room =
          intake
              .ofRun(lease.run())
              .begin(kind, lease.instance(), lease.sequence(), records.count(), lease.readyNs());
      if (room == CaptureIntake.Room.WAIT) {
        return false;
      }
      if (room == CaptureIntake.Room.TAKEN) {
        append(lease, records, kind.recordBytes());
        intake.close(
            kind,
            lease.instance(),
            lease.queue(),
            lease.sequence(),
            lease.isSalvaged(),
            lease.readyNs());
      }
    }
    return next.accept(lease, records);
  }

  /** Appends contiguous ranges; a buffer without gaps is one. */
  private void append(Lease lease, AcceptedRecords records, int recordBytes) {
    int from = records.nextAccepted(0);
    while (from < records.slots()) {
      int to = records.nextRejected(from);
      intake.append(lease.memory(), lease.offset() + from * recordBytes, to - from);
      from = records.nextAccepted(to);
    }
  }

  @Override
  public void commit() {
    intake.commit();
  }

  @Override
  public void journal(ShardJournal into) {
    into.stageTail(intake.tailAfterCommit());
    for (int i = 0; i < CaptureIntake.MARKS; i++) {
      into.count(i, intake.markAfterCommit(i));
    }
  }

  /** Only accepted records may be written, so every slot must be read. */
  @Override
  public boolean isReader() {
    return true;
  }
}

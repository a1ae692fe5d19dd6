package dev.sluice.output.export;

import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The phases of one scheduler thread, in the order of their ends: that is how they are written, and
 * at its end everything that was dispatched or finished within a phase has come by in the merge.
 */
final class PhaseStream implements RowStream {
  private final int thread;
  private final SchedPhaseRecord record;
  private final PhaseNumbering numbering;
  private final PoolCursor phases;
  private final RowPool<PhaseRow> pool;
  private long lastKey;

  PhaseStream(int thread, TraceFacts facts, PoolCursor phases, RowPool<PhaseRow> pool) {
    this.thread = thread;
    this.record = facts.phaseRecord();
    this.numbering = facts.phaseNumbering();
    this.phases = phases;
    this.pool = pool;
  }

  @Override
  public Row next() throws IOException {
    if (!phases.next()) {
      return null;
    }
    ByteBuffer records = phases.records();
    int at = phases.at();
    PhaseRow row = pool.take();
    row.thread = thread;
    row.kind = numbering.kind(record.kind(records, at));
    row.start = records.getLong(at + SchedPhaseRecord.START_TIME_OFFSET);
    row.end = records.getLong(at + SchedPhaseRecord.END_TIME_OFFSET);
    row.loopIter = records.getInt(at + record.loopIterOffset());
    row.tasksProcessed = records.getInt(at + record.tasksProcessedOffset());
    row.popHit = records.getInt(at + record.popHitOffset());
    row.popMiss = records.getInt(at + record.popMissOffset());
    for (int i = 0; i < row.depthAtStart.length; i++) {
      row.depthAtStart[i] =
          records.getShort(at + record.sharedDepthAtStartOffset() + i * Short.BYTES);
      row.depthAtEnd[i] = records.getShort(at + record.sharedDepthAtEndOffset() + i * Short.BYTES);
    }
    lastKey = Long.compareUnsigned(row.end, lastKey) > 0 ? row.end : lastKey;
    row.key = lastKey;
    return row;
  }
}

package dev.sluice.output.export;

import dev.sluice.abi.Generation;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The phases of one scheduler thread, in the order of their ends: that is how they are written, and
 * at its end everything that was dispatched or finished within a phase has come by in the merge.
 */
final class PhaseStream implements RowStream {
  private final int thread;
  private final Generation generation;
  private final PoolCursor phases;
  private final RowPool<PhaseRow> pool;
  private long lastKey;

  PhaseStream(int thread, Generation generation, PoolCursor phases, RowPool<PhaseRow> pool) {
    this.thread = thread;
    this.generation = generation;
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
    row.kind = PhaseKinds.of(records.getInt(at + SchedPhaseRecord.KIND_OFFSET), generation);
    row.start = records.getLong(at + SchedPhaseRecord.START_TIME_OFFSET);
    row.end = records.getLong(at + SchedPhaseRecord.END_TIME_OFFSET);
    row.loopIter = records.getInt(at + SchedPhaseRecord.LOOP_ITER_OFFSET);
    row.tasksProcessed = records.getInt(at + SchedPhaseRecord.TASKS_PROCESSED_OFFSET);
    row.word28 = records.getInt(at + SchedPhaseRecord.POP_HIT_OFFSET);
    row.word32 = records.getInt(at + SchedPhaseRecord.POP_MISS_OFFSET);
    for (int i = 0; i < row.depthAtStart.length; i++) {
      row.depthAtStart[i] =
          records.getShort(
              at + SchedPhaseRecord.SHARED_DEPTH_AT_START_OFFSET + i * Short.BYTES);
      row.depthAtEnd[i] =
          records.getShort(at + SchedPhaseRecord.SHARED_DEPTH_AT_END_OFFSET + i * Short.BYTES);
    }
    lastKey = Long.compareUnsigned(row.end, lastKey) > 0 ? row.end : lastKey;
    row.key = lastKey;
    return row;
  }
}

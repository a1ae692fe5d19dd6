package dev.sluice.output.export;

import dev.sluice.abi.OrchPhaseRecord;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The submissions of one orchestrator thread, in the order of their beginnings: a task may be
 * dispatched before the call that submits it returns.
 */
final class SubmitStream implements RowStream {
  private final int lane;
  private final PoolCursor submits;
  private final RowPool<SubmitRow> pool;
  private long lastKey;

  SubmitStream(int lane, PoolCursor submits, RowPool<SubmitRow> pool) {
    this.lane = lane;
    this.submits = submits;
    this.pool = pool;
  }

  @Override
  public Row next() throws IOException {
    if (!submits.next()) {
      return null;
    }
    ByteBuffer records = submits.records();
    int at = submits.at();
    SubmitRow row = pool.take();
    row.lane = lane;
    row.taskId = records.getLong(at + OrchPhaseRecord.TASK_ID_OFFSET);
    row.submitIdx = records.getInt(at + OrchPhaseRecord.SUBMIT_IDX_OFFSET);
    row.start = records.getLong(at + OrchPhaseRecord.START_TIME_OFFSET);
    row.end = records.getLong(at + OrchPhaseRecord.END_TIME_OFFSET);
    lastKey = Long.compareUnsigned(row.start, lastKey) > 0 ? row.start : lastKey;
    row.key = lastKey;
    return row;
  }
}

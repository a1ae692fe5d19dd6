package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The tasks of one core at level 1, where the AICPU writes nothing: dispatch and finish are 0, the
 * order is that of the kernels' starts.
 */
final class AicoreStream implements RowStream {
  private final int core;
  private final PoolCursor aicore;
  private final RowPool<TaskRow> pool;
  private final JoinCounts counts;
  private long lastKey;

  AicoreStream(int core, PoolCursor aicore, RowPool<TaskRow> pool, JoinCounts counts) {
    this.core = core;
    this.aicore = aicore;
    this.pool = pool;
    this.counts = counts;
  }

  @Override
  public Row next() throws IOException {
    if (!aicore.next()) {
      return null;
    }
    ByteBuffer records = aicore.records();
    int at = aicore.at();
    TaskRow row = pool.take();
    row.core = core;
    row.taskId = records.getLong(at + AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
    row.dispatch = 0;
    row.finish = 0;
    row.start = records.getLong(at + AicoreTaskRecord.START_TIME_OFFSET);
    row.end = records.getLong(at + AicoreTaskRecord.END_TIME_OFFSET);
    row.receive =
        row.start
            - Integer.toUnsignedLong(
                records.getInt(at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET));
    lastKey = Long.compareUnsigned(row.start, lastKey) > 0 ? row.start : lastKey;
    row.key = lastKey;
    counts.joined++;
    return row;
  }
}

package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The tasks of one core: each AICPU record joined with the AICore record of the same run and
 * dispatch token, in the order of dispatch. Both come in token order, so that it is enough to keep
 * the {@value #WINDOW} newest AICore records. A token is 32 bits wide and may wrap: here it is
 * widened, by its distance from the AICPU's token of the moment.
 *
 * <p>As the runtime's tools do it: an AICPU record without partner is left out and counted, an
 * AICore record without partner is not drawn, of two AICore records with one token the later
 * counts.
 */
final class TaskStream implements RowStream {
  private static final int WINDOW = 1024;
  // AICore records are read this far ahead of the token in question, for duplicates and disorder.
  private static final int LOOK_AHEAD = 64;

  private static final byte FREE = 0;
  private static final byte WAITING = 1;
  private static final byte JOINED = 2;

  private final int core;
  private final PoolCursor aicpu;
  private final PoolCursor aicore;
  private final RowPool<TaskRow> pool;
  private final JoinCounts counts;

  // By token modulo WINDOW: the AICore records of this run.
  private final long[] tokens = new long[WINDOW];
  private final byte[] states = new byte[WINDOW];
  private final long[] taskIds = new long[WINDOW];
  private final long[] starts = new long[WINDOW];
  private final long[] ends = new long[WINDOW];
  private final int[] receiveToStart = new int[WINDOW];

  private int run = -1;
  private long token;
  private long newestAicoreToken;

  /** The AICore's cursor stands on a record that was not taken yet. */
  private boolean isAicoreHeld;

  private boolean hasAicore = true;
  private long lastKey;

  TaskStream(
      int core, PoolCursor aicpu, PoolCursor aicore, RowPool<TaskRow> pool, JoinCounts counts) {
    this.core = core;
    this.aicpu = aicpu;
    this.aicore = aicore;
    this.pool = pool;
    this.counts = counts;
  }

  @Override
  public Row next() throws IOException {
    while (aicpu.next()) {
      ByteBuffer records = aicpu.records();
      int at = aicpu.at();
      int narrow = records.getInt(at + AicpuTaskRecord.REG_TASK_ID_OFFSET);
      if (aicpu.run() != run) {
        beginRun(aicpu.run(), narrow);
      }
      token = widen(narrow);
      readAicore();
      int slot = (int) token & (WINDOW - 1);
      if (states[slot] == FREE || tokens[slot] != token) {
        counts.aicpuWithoutAicore++;
        continue;
      }
      states[slot] = JOINED;
      TaskRow row = pool.take();
      row.core = core;
      row.taskId = taskIds[slot];
      row.dispatch = records.getLong(at + AicpuTaskRecord.DISPATCH_TIME_OFFSET);
      row.finish = records.getLong(at + AicpuTaskRecord.FINISH_TIME_OFFSET);
      row.start = starts[slot];
      row.end = ends[slot];
      row.receive = row.start - Integer.toUnsignedLong(receiveToStart[slot]);
      lastKey = Long.compareUnsigned(row.dispatch, lastKey) > 0 ? row.dispatch : lastKey;
      row.key = lastKey;
      counts.joined++;
      return row;
    }
    passAicore(Integer.MAX_VALUE);
    forgetAicore();
    return null;
  }

  private long widen(int narrow) {
    return token + (narrow - (int) token);
  }

  private void beginRun(int newRun, int firstToken) throws IOException {
    passAicore(newRun);
    setRun(newRun, firstToken);
  }

  private void setRun(int newRun, int firstToken) {
    forgetAicore();
    run = newRun;
    token = Integer.toUnsignedLong(firstToken);
    newestAicoreToken = Long.MIN_VALUE;
  }

  /** Takes what is left of the AICore's runs before a run: no AICPU record will ask for it. */
  private void passAicore(int newRun) throws IOException {
    while (peekAicore() && aicore.run() < newRun) {
      ByteBuffer records = aicore.records();
      int at = aicore.at();
      if (aicore.run() != run) {
        setRun(aicore.run(), records.getInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET));
      }
      takeAicore(records, at);
    }
  }

  private boolean peekAicore() throws IOException {
    if (!isAicoreHeld && hasAicore) {
      hasAicore = aicore.next();
      isAicoreHeld = hasAicore;
    }
    return isAicoreHeld;
  }

  /** Takes AICore records of this run until they are some way past the token in question. */
  private void readAicore() throws IOException {
    while (newestAicoreToken < token + LOOK_AHEAD && peekAicore() && aicore.run() == run) {
      takeAicore(aicore.records(), aicore.at());
    }
  }

  private void takeAicore(ByteBuffer records, int at) {
    isAicoreHeld = false;
    long aicoreToken = widen(records.getInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET));
    int slot = (int) aicoreToken & (WINDOW - 1);
    boolean isSame = states[slot] != FREE && tokens[slot] == aicoreToken;
    if (!isSame) {
      if (states[slot] == WAITING) {
        counts.aicoreWithoutAicpu++;
      }
      states[slot] = WAITING;
    }
    tokens[slot] = aicoreToken;
    taskIds[slot] = records.getLong(at + AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
    starts[slot] = records.getLong(at + AicoreTaskRecord.START_TIME_OFFSET);
    ends[slot] = records.getLong(at + AicoreTaskRecord.END_TIME_OFFSET);
    receiveToStart[slot] = records.getInt(at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
    newestAicoreToken = Math.max(newestAicoreToken, aicoreToken);
  }

  private void forgetAicore() {
    for (int slot = 0; slot < WINDOW; slot++) {
      if (states[slot] == WAITING) {
        counts.aicoreWithoutAicpu++;
      }
      states[slot] = FREE;
    }
  }
}

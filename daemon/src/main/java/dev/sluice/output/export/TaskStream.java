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
  private static final int WINDOW = 256;
  // AICore records are read this far ahead of the token in question, for duplicates and disorder.
  private static final int LOOK_AHEAD = 32;

  // The merge takes a row here and a row there; records are read so many in a row, as the memory
  // gives them.
  private static final int BURST = 16;

  private static final long FREE = 0;
  private static final long WAITING = 1L << 32;
  private static final long JOINED = 2L << 32;
  private static final long STATES = 3L << 32;

  private final int core;
  private final PoolCursor aicpu;
  private final PoolCursor aicore;
  private final RowPool<TaskRow> pool;
  private final JoinCounts counts;

  // By token modulo WINDOW: the AICore records of this run. The words of one lie together, since
  // the cores take turns and each finds its part of the cache taken by the others.
  private static final int WORDS = 5;
  private static final int TOKEN = 0;
  private static final int TASK_ID = 1;
  private static final int START = 2;
  private static final int END = 3;
  // The state in the upper half, the ticks from receipt to start in the lower.
  private static final int STATE = 4;
  private final long[] window = new long[WINDOW * WORDS];

  private final TaskRow[] burst = new TaskRow[BURST];
  private int burstAt;
  private int burstEnd;
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
    if (burstAt == burstEnd) {
      burstAt = 0;
      burstEnd = 0;
      for (TaskRow row = join(); row != null; row = join()) {
        burst[burstEnd++] = row;
        if (burstEnd == BURST) {
          break;
        }
      }
      if (burstEnd == 0) {
        return null;
      }
    }
    return burst[burstAt++];
  }

  /** The next task, or null after the last. */
  private TaskRow join() throws IOException {
    while (aicpu.next()) {
      ByteBuffer records = aicpu.records();
      int at = aicpu.at();
      int narrow = records.getInt(at + AicpuTaskRecord.REG_TASK_ID_OFFSET);
      if (aicpu.run() != run) {
        beginRun(aicpu.run(), narrow);
      }
      token = widen(narrow);
      readAicore();
      int slot = slot(token);
      long state = window[slot + STATE];
      if ((state & STATES) == FREE || window[slot + TOKEN] != token) {
        counts.aicpuWithoutAicore++;
        continue;
      }
      window[slot + STATE] = (state & ~STATES) | JOINED;
      TaskRow row = pool.take();
      row.core = core;
      row.taskId = window[slot + TASK_ID];
      row.dispatch = records.getLong(at + AicpuTaskRecord.DISPATCH_TIME_OFFSET);
      row.finish = records.getLong(at + AicpuTaskRecord.FINISH_TIME_OFFSET);
      row.start = window[slot + START];
      row.end = window[slot + END];
      row.receive = row.start - (state & 0xFFFFFFFFL);
      lastKey = Long.compareUnsigned(row.dispatch, lastKey) > 0 ? row.dispatch : lastKey;
      row.key = lastKey;
      counts.joined++;
      return row;
    }
    passAicore(Integer.MAX_VALUE);
    forgetAicore();
    return null;
  }

  private static int slot(long token) {
    return ((int) token & (WINDOW - 1)) * WORDS;
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
    int slot = slot(aicoreToken);
    long state = window[slot + STATE] & STATES;
    if (state == FREE || window[slot + TOKEN] != aicoreToken) {
      if (state == WAITING) {
        counts.aicoreWithoutAicpu++;
      }
      state = WAITING;
    }
    window[slot + TOKEN] = aicoreToken;
    window[slot + TASK_ID] = records.getLong(at + AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
    window[slot + START] = records.getLong(at + AicoreTaskRecord.START_TIME_OFFSET);
    window[slot + END] = records.getLong(at + AicoreTaskRecord.END_TIME_OFFSET);
    int toStart = records.getInt(at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
    window[slot + STATE] = state | Integer.toUnsignedLong(toStart);
    newestAicoreToken = Math.max(newestAicoreToken, aicoreToken);
  }

  private void forgetAicore() {
    for (int slot = 0; slot < window.length; slot += WORDS) {
      if ((window[slot + STATE] & STATES) == WAITING) {
        counts.aicoreWithoutAicpu++;
      }
      window[slot + STATE] = FREE;
    }
  }
}

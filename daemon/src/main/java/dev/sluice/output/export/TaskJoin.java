package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import java.io.IOException;
import java.util.Arrays;

/**
 * The tasks of one core: each AICPU record joined with the AICore record of the same run and
 * dispatch token, in dispatch order. Both sides are in token order, so it is enough to keep the
 * {@value #WINDOW} newest AICore records. Tokens are 32 bits wide and may wrap; they are widened by
 * their distance from the current AICPU token.
 *
 * <p>Records without a partner, AICPU or AICore, are left out and counted; of two AICore records
 * with the same token, the later one counts. At level 1 the AICPU writes no records: every AICore
 * record is a task.
 */
final class TaskJoin {
  private static final int WINDOW = 256;
  // AICore records are read this far ahead of the current token, for duplicates and disorder.
  private static final int LOOK_AHEAD = 32;

  private enum State {
    FREE,
    WAITING,
    JOINED
  }

  /** An AICore record of the current run. */
  private static final class Slot {
    State state = State.FREE;
    long token;
    long taskId;
    long start;
    long end;
    long receive;
  }

  private final RecordCursor aicpu;
  private final RecordCursor aicore;
  private final ExportSummary.Counts counts;
  // Indexed by token modulo WINDOW.
  private final Slot[] window = new Slot[WINDOW];
  private int run = -1;
  private long token;
  private long newestToken;

  /** Whether the AICore cursor is at a record that was not taken yet. */
  private boolean isHeld;

  private boolean hasAicore = true;

  /**
   * @param aicpu null at level 1
   */
  TaskJoin(RecordCursor aicpu, RecordCursor aicore, ExportSummary.Counts counts) {
    this.aicpu = aicpu;
    this.aicore = aicore;
    this.counts = counts;
    Arrays.setAll(window, i -> new Slot());
  }

  /** Fills in the next task; returns false after the last. Times are as the device wrote them. */
  boolean next(Row.Task into) throws IOException {
    if (aicpu == null) {
      return nextAicore(into);
    }
    while (aicpu.next()) {
      int narrow = aicpu.records().getInt(aicpu.at() + AicpuTaskRecord.REG_TASK_ID_OFFSET);
      if (aicpu.run() != run) {
        passAicore(aicpu.run());
        beginRun(aicpu.run(), narrow);
      }
      token += narrow - (int) token;
      while (newestToken < token + LOOK_AHEAD && peek() && aicore.run() == run) {
        take();
      }
      Slot slot = slot(token);
      if (slot.state == State.FREE || slot.token != token) {
        counts.aicpuWithoutAicore++;
        continue;
      }
      slot.state = State.JOINED;
      into.token = narrow;
      into.run = run;
      into.taskId = slot.taskId;
      into.start = slot.start;
      into.end = slot.end;
      into.receive = slot.receive;
      into.dispatch = aicpu.u64(AicpuTaskRecord.DISPATCH_TIME_OFFSET);
      into.finish = aicpu.u64(AicpuTaskRecord.FINISH_TIME_OFFSET);
      return true;
    }
    passAicore(Integer.MAX_VALUE);
    forget();
    return false;
  }

  private boolean nextAicore(Row.Task into) throws IOException {
    if (!aicore.next()) {
      return false;
    }
    into.token = (int) aicore.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET);
    into.run = aicore.run();
    into.taskId = aicore.u64(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
    into.start = aicore.u64(AicoreTaskRecord.START_TIME_OFFSET);
    into.end = aicore.u64(AicoreTaskRecord.END_TIME_OFFSET);
    into.receive = into.start - aicore.u32(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
    into.dispatch = 0;
    into.finish = 0;
    return true;
  }

  private Slot slot(long token) {
    return window[(int) token & (WINDOW - 1)];
  }

  private void beginRun(int newRun, int firstToken) {
    forget();
    run = newRun;
    token = Integer.toUnsignedLong(firstToken);
    newestToken = Long.MIN_VALUE;
  }

  /** Takes the remaining AICore records of runs before {@code newRun}, which have no partner. */
  private void passAicore(int newRun) throws IOException {
    while (peek() && aicore.run() < newRun) {
      if (aicore.run() != run) {
        beginRun(aicore.run(), (int) aicore.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET));
      }
      take();
    }
  }

  private boolean peek() throws IOException {
    if (!isHeld && hasAicore) {
      hasAicore = aicore.next();
      isHeld = hasAicore;
    }
    return isHeld;
  }

  private void take() {
    isHeld = false;
    long aicoreToken =
        token + ((int) aicore.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET) - (int) token);
    Slot slot = slot(aicoreToken);
    if (slot.state == State.FREE || slot.token != aicoreToken) {
      counts.aicoreWithoutAicpu += slot.state == State.WAITING ? 1 : 0;
      slot.state = State.WAITING;
    }
    slot.token = aicoreToken;
    slot.taskId = aicore.u64(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
    slot.start = aicore.u64(AicoreTaskRecord.START_TIME_OFFSET);
    slot.end = aicore.u64(AicoreTaskRecord.END_TIME_OFFSET);
    slot.receive = slot.start - aicore.u32(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
    newestToken = Math.max(newestToken, aicoreToken);
  }

  private void forget() {
    for (Slot slot : window) {
      counts.aicoreWithoutAicpu += slot.state == State.WAITING ? 1 : 0;
      slot.state = State.FREE;
    }
  }
}

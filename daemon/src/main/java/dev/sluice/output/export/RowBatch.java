package dev.sluice.output.export;

import static dev.sluice.output.export.Words.high;
import static dev.sluice.output.export.Words.pack;
import static dev.sluice.output.export.Words.pair;
import static dev.sluice.output.export.Words.unpack;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;

/**
 * Merged rows as numbers in one array, on their way from the thread that reads records to the one
 * that draws: it is filled from front to back and read so, which is what processors hand over best.
 */
final class RowBatch {
  private static final int WORDS = 1 << 17;

  /** No row takes more. */
  private static final int ROW_WORDS = 8;

  private static final int TASK = 0;
  private static final int SUBMIT = 1;
  private static final int PHASE = 2;

  private static final int UNKNOWN_KIND = SchedPhaseKind.ALL.size();

  /** Who is given the rows, each for himself to keep. */
  interface Receiver {
    TaskRow newTask();

    SubmitRow newSubmit();

    PhaseRow newPhase();

    void accept(Row row) throws IOException;
  }

  private final long[] words = new long[WORDS];
  private int size;

  void clear() {
    size = 0;
  }

  boolean isFull() {
    return size > WORDS - ROW_WORDS;
  }

  /** Copies a row, which is free again afterwards. */
  void add(Row row) {
    if (row instanceof TaskRow task) {
      add(task);
    } else if (row instanceof SubmitRow submit) {
      add(submit);
    } else if (row instanceof PhaseRow phase) {
      add(phase);
    }
  }

  private void add(TaskRow row) {
    long[] to = words;
    int at = size;
    to[at] = pair(row.core, TASK);
    to[at + 1] = row.taskId;
    to[at + 2] = row.dispatch;
    to[at + 3] = row.finish;
    to[at + 4] = row.receive;
    to[at + 5] = row.start;
    to[at + 6] = row.end;
    size = at + 7;
  }

  private void add(SubmitRow row) {
    long[] to = words;
    int at = size;
    to[at] = pair(row.lane, SUBMIT);
    to[at + 1] = row.taskId;
    to[at + 2] = row.start;
    to[at + 3] = row.end;
    to[at + 4] = row.submitIdx;
    size = at + 5;
  }

  private void add(PhaseRow row) {
    long[] to = words;
    int at = size;
    int kind = row.kind == null ? UNKNOWN_KIND : row.kind.ordinal();
    to[at] = pair(row.thread, PHASE | (kind << Byte.SIZE));
    to[at + 1] = row.start;
    to[at + 2] = row.end;
    to[at + 3] = pair(row.loopIter, row.tasksProcessed);
    to[at + 4] = pair(row.popMiss, row.popHit);
    to[at + 5] = pack(row.depthAtStart);
    to[at + 6] = pack(row.depthAtEnd);
    size = at + 7;
  }

  /** Gives all rows, in order. */
  void giveTo(Receiver receiver) throws IOException {
    for (int at = 0; at < size; ) {
      int head = (int) words[at];
      switch (head & 0xFF) {
        case TASK -> {
          receiver.accept(task(receiver.newTask(), at));
          at += 7;
        }
        case SUBMIT -> {
          receiver.accept(submit(receiver.newSubmit(), at));
          at += 5;
        }
        case PHASE -> {
          receiver.accept(phase(receiver.newPhase(), at, head >>> Byte.SIZE));
          at += 7;
        }
        default -> throw new IllegalStateException("no such row: " + head);
      }
    }
  }

  private TaskRow task(TaskRow row, int at) {
    row.core = high(words[at]);
    row.taskId = words[at + 1];
    row.dispatch = words[at + 2];
    row.finish = words[at + 3];
    row.receive = words[at + 4];
    row.start = words[at + 5];
    row.end = words[at + 6];
    return row;
  }

  private SubmitRow submit(SubmitRow row, int at) {
    row.lane = high(words[at]);
    row.taskId = words[at + 1];
    row.start = words[at + 2];
    row.end = words[at + 3];
    row.submitIdx = (int) words[at + 4];
    return row;
  }

  private PhaseRow phase(PhaseRow row, int at, int kind) {
    row.thread = high(words[at]);
    row.kind = kind == UNKNOWN_KIND ? null : SchedPhaseKind.ALL.get(kind);
    row.start = words[at + 1];
    row.end = words[at + 2];
    row.loopIter = high(words[at + 3]);
    row.tasksProcessed = (int) words[at + 3];
    row.popMiss = high(words[at + 4]);
    row.popHit = (int) words[at + 4];
    unpack(words[at + 5], row.depthAtStart);
    unpack(words[at + 6], row.depthAtEnd);
    return row;
  }
}

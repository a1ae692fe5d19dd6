package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.util.List;

/**
 * What slices are called (abi.md 6.4). A sink asks when it writes, so that names are made on its
 * thread and only where the format needs them. One thread.
 */
final class SliceNames {
  /** The key of a name that is like no other. */
  static final int UNIQUE = -1;

  /** Names of phases differ by kind and by a count; counts from here on are not told apart. */
  private static final int MAX_COUNT_IN_KEY = 256;

  private static final int KINDS = SchedPhaseKind.ALL.size() + 1;
  private static final int SETUP_KEY = KINDS * MAX_COUNT_IN_KEY;

  /** Room for all numbers of a name and the parentheses around them. */
  private static final int NUMBERS_BYTES = TaskNames.MAX_TASK_ID_BYTES + 2;

  private static final byte[] SETUP = ByteOutput.ascii("setup");
  private static final byte[] DUMMY = ByteOutput.ascii("dummy");
  private static final byte[] SUBMIT = ByteOutput.ascii("submit");
  private static final byte[] ALLOC = ByteOutput.ascii("alloc");
  private static final byte[] UNKNOWN = ByteOutput.ascii("unknown");
  private static final List<byte[]> KIND_NAMES =
      SchedPhaseKind.ALL.stream().map(kind -> ByteOutput.ascii(kind.jsonName())).toList();

  private final TaskNames tasks;

  SliceNames(NameMap names) {
    tasks = new TaskNames(names);
  }

  /** The same for slices of one name, from 0 and small; or {@link #UNIQUE}. */
  static int key(Slice slice) {
    if (slice.type == Slice.Type.SETUP) {
      return SETUP_KEY;
    }
    if (slice.type != Slice.Type.PHASE) {
      return UNIQUE;
    }
    int count = slice.phase.tasksProcessed;
    int kind = slice.phase.kind == null ? KINDS - 1 : slice.phase.kind.ordinal();
    return count >= 0 && count < MAX_COUNT_IN_KEY ? kind * MAX_COUNT_IN_KEY + count : UNIQUE;
  }

  /** How long the name of a slice is at most. */
  int maxBytes(Slice slice) {
    return prefix(slice).length + NUMBERS_BYTES;
  }

  /**
   * Writes the name of a slice as UTF-8, and returns the place behind it; up to {@link
   * Decimal#SPILL_BYTES} more bytes may change. Straight to where it belongs: bytes that were just
   * written one by one are not read back as words without a wait.
   */
  int put(byte[] into, int at, Slice slice) {
    byte[] prefix = prefix(slice);
    int next = at;
    // A handful of bytes: a loop is cheaper than a call.
    for (byte each : prefix) {
      into[next++] = each;
    }
    if (slice.type == Slice.Type.SETUP) {
      return next;
    }
    into[next] = '(';
    next =
        slice.type == Slice.Type.PHASE
            ? Decimal.put(into, next + 1, Integer.toUnsignedLong(slice.phase.tasksProcessed))
            : TaskNames.putTaskId(into, next + 1, slice.taskId);
    into[next] = ')';
    return next + 1;
  }

  private byte[] prefix(Slice slice) {
    return switch (slice.type) {
      case KERNEL, SCHEDULED -> tasks.prefix(slice.funcId, slice.isSpmd);
      case SETUP -> SETUP;
      case PHASE -> slice.phase.kind == null ? UNKNOWN : KIND_NAMES.get(slice.phase.kind.ordinal());
      case DUMMY -> slice.isPredicatedSkip ? tasks.prefix(-1, false) : DUMMY;
      case SUBMIT -> SUBMIT;
      case ALLOC -> ALLOC;
    };
  }
}

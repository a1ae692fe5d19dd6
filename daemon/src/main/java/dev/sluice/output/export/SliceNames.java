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

  private static final byte[] SETUP = ByteOutput.ascii("setup");
  private static final byte[] DUMMY = ByteOutput.ascii("dummy(");
  private static final byte[] SUBMIT = ByteOutput.ascii("submit(");
  private static final byte[] ALLOC = ByteOutput.ascii("alloc(");
  private static final byte[] UNKNOWN = ByteOutput.ascii("unknown");
  private static final List<byte[]> KIND_NAMES =
      SchedPhaseKind.ALL.stream().map(kind -> ByteOutput.ascii(kind.jsonName())).toList();

  private final TaskNames tasks;
  private final Name name = new Name();
  private Slice.Type lastType;
  private long lastTaskId;
  private int lastFuncId;
  private boolean isLastSpmd;

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

  /** The name of a slice as UTF-8; valid until the next call. */
  Name of(Slice slice) {
    if (isSameTask(slice)) {
      return name;
    }
    lastType = slice.type;
    name.clear();
    switch (slice.type) {
      case KERNEL, SCHEDULED -> task(slice);
      case SETUP -> name.append(SETUP);
      case PHASE -> phase(slice.phase);
      case DUMMY -> {
        if (slice.isPredicatedSkip) {
          tasks.append(name, slice.taskId, -1, false);
        } else {
          ofTask(DUMMY, slice);
        }
      }
      case SUBMIT -> ofTask(SUBMIT, slice);
      case ALLOC -> ofTask(ALLOC, slice);
    }
    return name;
  }

  /** The bar in the scheduler's view comes behind the kernel, and is called the same. */
  private boolean isSameTask(Slice slice) {
    return slice.type == Slice.Type.SCHEDULED
        && lastType == Slice.Type.KERNEL
        && slice.taskId == lastTaskId
        && slice.funcId == lastFuncId
        && slice.isSpmd == isLastSpmd;
  }

  private void task(Slice slice) {
    lastTaskId = slice.taskId;
    lastFuncId = slice.funcId;
    isLastSpmd = slice.isSpmd;
    tasks.append(name, slice.taskId, slice.funcId, slice.isSpmd);
  }

  private void phase(PhaseRow phase) {
    name.append(phase.kind == null ? UNKNOWN : KIND_NAMES.get(phase.kind.ordinal()))
        .append('(')
        .append(phase.tasksProcessed)
        .append(')');
  }

  private void ofTask(byte[] what, Slice slice) {
    name.append(what).appendTaskId(slice.taskId).append(')');
  }
}

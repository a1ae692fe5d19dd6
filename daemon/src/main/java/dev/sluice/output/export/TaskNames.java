package dev.sluice.output.export;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * How tasks are called (abi.md 6.4): {@code task(r1t5)} as long as the function is unknown, {@code
 * func_3_d(r1t5)}, or the mapped name; {@code _spmd} marks a task that runs on several cores.
 */
final class TaskNames {
  private static final String SPMD = "spmd";
  private static final int LETTERS = 26;

  /** Of {@link #putTaskId}: two u32 behind a letter each. */
  static final int MAX_TASK_ID_BYTES = 22;

  private final NameMap names;
  private final Map<Integer, byte[]> single = new HashMap<>();
  private final Map<Integer, byte[]> spmd = new HashMap<>();
  private final byte[] unknownSingle = bytes("task");
  private final byte[] unknownSpmd = bytes("task_" + SPMD);

  TaskNames(NameMap names) {
    this.names = names;
  }

  /** {@code r1t5}, or {@code t5} in ring 0. At most {@value #MAX_TASK_ID_BYTES} bytes. */
  static int putTaskId(byte[] into, int at, long taskId) {
    int next = at;
    long ring = taskId >>> Integer.SIZE;
    if (ring != 0) {
      into[next] = 'r';
      next = Decimal.put(into, next + 1, ring);
    }
    into[next] = 't';
    return Decimal.put(into, next + 1, taskId & 0xFFFFFFFFL);
  }

  /** What stands before the parenthesis with the task id. */
  byte[] prefix(int funcId, boolean isSpmd) {
    if (funcId < 0) {
      return isSpmd ? unknownSpmd : unknownSingle;
    }
    return (isSpmd ? spmd : single).computeIfAbsent(funcId, id -> bytes(called(id, isSpmd)));
  }

  private String called(int funcId, boolean isSpmd) {
    String name = names.callables().get(funcId);
    if (name == null) {
      name = "func_" + funcId + "_" + (char) ('a' + funcId % LETTERS);
    }
    return isSpmd && !name.contains(SPMD) ? name + "_" + SPMD : name;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Region;
import dev.sluice.abi.TerminalLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Terminal lines of the producers of a run: their final counters in a terminal bank. The bank does
 * not matter: a line is valid if it carries the epoch of the run (abi.md, Terminal banks).
 *
 * <p>Used by the thread that settles a run, after the device is at rest.
 */
public final class Terminals {
  private static final int NONE = -1;

  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final int[] lines; // by pool; NONE without a line in this run

  public Terminals(DeviceMemory memory, ArenaPlan plan) {
    this.memory = memory;
    this.plan = plan;
    this.lines = new int[plan.poolCount()];
  }

  /**
   * Finds the lines of a run.
   *
   * @return false if no bank has one: the client did not give the banks to the device
   */
  public boolean find(long runEpoch) {
    Arrays.fill(lines, NONE);
    int from = plan.geometry().poolsEnd();
    int length = plan.geometry().regionBytes() - from;
    if (length == 0 || runEpoch == 0 || !memory.fetch(from, length)) {
      return false;
    }
    boolean isAny = false;
    for (int pool = 0; pool < lines.length; pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      if (!isOf(kind)) {
        continue;
      }
      int instance = plan.instanceOfPool(pool);
      for (int bank = 0; bank < plan.layout().facts().terminalBanks(); bank++) {
        int line = plan.layout().terminalOffset(bank, kind, instance, plan.geometry().numCores());
        if (memory.loadLong(line + TerminalLayout.RUN_EPOCH_OFFSET) == runEpoch) {
          lines[pool] = line;
          isAny = true;
        }
      }
    }
    return isAny;
  }

  /** Only producers of the swimlane have lines. */
  private static boolean isOf(BufferKind kind) {
    return kind.region() == Region.SWIMLANE;
  }

  /** Whether each declared producer wrote its line. */
  public boolean areComplete() {
    return IntStream.range(0, lines.length).allMatch(pool -> has(pool) || !isDeclared(pool));
  }

  /** Whether the client declared a producer for the pool; undeclared pools may have one too. */
  public boolean isDeclared(int pool) {
    int instance = plan.instanceOfPool(pool);
    if (!isOf(plan.kindOfPool(pool))) {
      return false;
    }
    return switch (plan.kindOfPool(pool).instances()) {
      case CORES -> true;
      case SCHED_THREADS -> instance < plan.geometry().schedThreads();
      case ORCHESTRATORS -> instance < plan.geometry().orchThreads();
    };
  }

  /** Whether the producer of a pool wrote its line. */
  public boolean has(int pool) {
    return lines[pool] != NONE;
  }

  /** Returns a u32 word of its line; 0 if none. */
  public long word(int pool, int offset) {
    if (!has(pool)) {
      return 0;
    }
    return Integer.toUnsignedLong(memory.loadInt(lines[pool] + offset));
  }
}

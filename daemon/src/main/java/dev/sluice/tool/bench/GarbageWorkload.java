package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Drops of the generation that drops at once, while something else in the JVM allocates: what a
 * collector's pauses cost. Only the newer JVM is held to zero; on 17 the drops are told, and the
 * longest poll gap beside them shows where they come from.
 */
record GarbageWorkload(String name, Load load, long garbageBytesPerSecond) implements Workload {
  private static final int FIRST_JAVA_WITHOUT_PAUSES = 25;
  private static final int CHUNK_BYTES = 16 << 10;

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "drops with "
        + Unit.BYTES_PER_SECOND.format(garbageBytesPerSecond)
        + " of garbage in the JVM, "
        + load.layout()
        + " at "
        + Unit.BYTES_PER_SECOND.format(load.bytesPerSecond());
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    double[] lost = new double[bench.runs()];
    for (int run = 0; run < lost.length; run++) {
      try (Litterer ignored = new Litterer(garbageBytesPerSecond)) {
        RunReport report = bench.run(load);
        runs.add(report);
        lost[run] = UnthrottledWorkload.lost(report);
      }
    }
    boolean isHeldToZero = Runtime.version().feature() >= FIRST_JAVA_WITHOUT_PAUSES;
    return new Measurement(
        List.of(
            isHeldToZero
                ? Figure.atMost(0, "dropped", lost, Unit.RECORDS)
                : Figure.told("dropped", lost, Unit.RECORDS)),
        runs);
  }

  /** A thread that allocates at a steady rate and forgets. */
  private static final class Litterer implements AutoCloseable {
    private static final long TICK_NS = 1_000_000L;

    private final Thread thread;
    private volatile boolean isStopped;
    private volatile byte[] escape = new byte[0];

    Litterer(long bytesPerSecond) {
      thread = new Thread(() -> litter(bytesPerSecond), "bench-garbage");
      thread.setDaemon(true);
      thread.start();
    }

    private void litter(long bytesPerSecond) {
      long startNs = System.nanoTime();
      long allocated = 0;
      while (!isStopped) {
        double dueBytes = (System.nanoTime() - startNs) / 1e9 * bytesPerSecond;
        while (allocated < dueBytes) {
          escape = new byte[CHUNK_BYTES];
          allocated += CHUNK_BYTES;
        }
        LockSupport.parkNanos(TICK_NS);
      }
    }

    @Override
    public void close() throws ToolException {
      isStopped = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ToolException("interrupted", e);
      }
      if (escape.length > CHUNK_BYTES) {
        throw new IllegalStateException("the JIT must not prove that the garbage is unused");
      }
    }
  }
}

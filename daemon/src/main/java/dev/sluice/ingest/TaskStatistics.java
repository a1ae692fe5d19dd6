package dev.sluice.ingest;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.RecordColumn;
import dev.sluice.counters.LogLinearHistogram;
import dev.sluice.output.capture.TaskObserver;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Workload statistics from the AICore records that one collector encodes for a capture: busy time
 * and tasks per core; task durations and the delays from receiving to starting a task per core
 * type. In ticks of the device's clock.
 *
 * <p>Written on the collector's thread, by {@link #onBlock} or by the native encoder; any thread
 * may read. A task that ends before it starts, or runs longer than {@link #LONGEST_TICKS}, counts
 * as impossible only.
 */
public final class TaskStatistics implements TaskObserver {
  /** About six days of the slowest clock. */
  static final long LONGEST_TICKS = 1L << 44;

  private static final int START = column("start_time");
  private static final int END = column("end_time");
  private static final int RECEIVE_TO_START = column("receive_to_start_cycles");
  private static final long U32 = 0xFFFF_FFFFL;

  // Offsets of a core's counts, as in struct sluice_task_counts.
  private static final int BUSY = 0;
  private static final int TASKS = Long.BYTES;
  private static final int IMPOSSIBLE = 2 * Long.BYTES;
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final Geometry geometry;
  private final ByteBuffer memory;
  private final List<LogLinearHistogram> durations;
  private final List<LogLinearHistogram> latencies;

  public TaskStatistics(Geometry geometry) {
    this.geometry = geometry;
    memory =
        ByteBuffer.allocateDirect(latenciesAt(Geometry.AIV) + LogLinearHistogram.SIZE_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    durations =
        List.of(
            new LogLinearHistogram(memory, durationsAt(Geometry.AIC)),
            new LogLinearHistogram(memory, durationsAt(Geometry.AIV)));
    latencies =
        List.of(
            new LogLinearHistogram(memory, latenciesAt(Geometry.AIC)),
            new LogLinearHistogram(memory, latenciesAt(Geometry.AIV)));
  }

  private static int column(String name) {
    return AicoreTaskRecord.COLUMNS.stream().map(RecordColumn::name).toList().indexOf(name);
  }

  private int durationsAt(int type) {
    return geometry.numCores() * CORE_BYTES + 2 * type * LogLinearHistogram.SIZE_BYTES;
  }

  private int latenciesAt(int type) {
    return durationsAt(type) + LogLinearHistogram.SIZE_BYTES;
  }

  @Override
  public ByteBuffer memory() {
    return memory;
  }

  @Override
  public int countsOfCore(int core) {
    return core * CORE_BYTES;
  }

  @Override
  public int durationsOfCore(int core) {
    return durationsAt(geometry.coreType(core));
  }

  @Override
  public int latenciesOfCore(int core) {
    return latenciesAt(geometry.coreType(core));
  }

  @Override
  public void onBlock(int core, long[][] values, int records) {
    long[] start = values[START];
    long[] end = values[END];
    long[] received = values[RECEIVE_TO_START];
    int type = geometry.coreType(core);
    LogLinearHistogram duration = durations.get(type);
    LogLinearHistogram latency = latencies.get(type);
    long busy = 0;
    int possible = 0;
    for (int i = 0; i < records; i++) {
      long ticks = end[i] - start[i];
      if (ticks >= 0 && ticks <= LONGEST_TICKS) {
        busy += ticks;
        possible++;
        duration.record(ticks);
        latency.record(received[i] & U32);
      }
    }
    int at = countsOfCore(core);
    add(at + BUSY, busy);
    add(at + TASKS, possible);
    add(at + IMPOSSIBLE, records - possible);
  }

  private void add(int at, long delta) {
    LONG.setOpaque(memory, at, (long) LONG.get(memory, at) + delta);
  }

  private long get(int at) {
    return (long) LONG.getOpaque(memory, at);
  }

  /** Returns the sum of the task durations on a core, in ticks. */
  public long busyTicks(int core) {
    return get(countsOfCore(core) + BUSY);
  }

  /** Returns the tasks that ended on a core. */
  public long tasks(int core) {
    return get(countsOfCore(core) + TASKS);
  }

  /** Returns the tasks with impossible times, over all cores. */
  public long impossible() {
    long sum = 0;
    for (int core = 0; core < geometry.numCores(); core++) {
      sum += get(countsOfCore(core) + IMPOSSIBLE);
    }
    return sum;
  }

  /**
   * Returns the durations of tasks.
   *
   * @param type {@link Geometry#AIC} or {@link Geometry#AIV}
   */
  public LogLinearHistogram durations(int type) {
    return durations.get(type);
  }

  /** Returns the delays from receiving to starting a task, by type as for {@link #durations}. */
  public LogLinearHistogram latencies(int type) {
    return latencies.get(type);
  }
}

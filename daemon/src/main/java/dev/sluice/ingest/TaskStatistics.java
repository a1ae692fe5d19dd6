package dev.sluice.ingest;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.RecordColumn;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.LogLinearHistogram;
import dev.sluice.output.capture.BlockObserver;
import java.util.List;

/**
 * What the workload did, from the AICore records that one collector encodes for a capture: busy
 * time and tasks of each core, and by type of core how long tasks ran and how long they waited
 * between being received and started. In ticks of the device's clock.
 *
 * <p>Written on the collector's thread; any thread reads. A task that ends before it starts, or
 * runs for more than {@link #LONGEST_TICKS}, is counted as impossible and nowhere else.
 */
public final class TaskStatistics implements BlockObserver {
  /** About six days of the slowest clock. */
  static final long LONGEST_TICKS = 1L << 44;

  private static final int START = column("start_time");
  private static final int END = column("end_time");
  private static final int RECEIVE_TO_START = column("receive_to_start_cycles");
  private static final long U32 = 0xFFFF_FFFFL;

  private final Geometry geometry;
  private final CounterArray busyTicks;
  private final CounterArray tasks;
  private final CounterArray impossible = new CounterArray(1);
  private final List<LogLinearHistogram> durations =
      List.of(new LogLinearHistogram(), new LogLinearHistogram());
  private final List<LogLinearHistogram> latencies =
      List.of(new LogLinearHistogram(), new LogLinearHistogram());

  public TaskStatistics(Geometry geometry) {
    this.geometry = geometry;
    busyTicks = new CounterArray(geometry.numCores());
    tasks = new CounterArray(geometry.numCores());
  }

  private static int column(String name) {
    List<String> names = AicoreTaskRecord.COLUMNS.stream().map(RecordColumn::name).toList();
    return names.indexOf(name);
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
    busyTicks.add(core, busy);
    tasks.add(core, possible);
    impossible.add(0, records - possible);
  }

  /** By core. */
  public CounterArray busyTicks() {
    return busyTicks;
  }

  /** Tasks that ended, by core. */
  public CounterArray tasks() {
    return tasks;
  }

  /** Tasks whose times cannot be true. */
  public long impossible() {
    return impossible.get(0);
  }

  /**
   * How long tasks ran.
   *
   * @param type {@link Geometry#AIC} or {@link Geometry#AIV}
   */
  public LogLinearHistogram durations(int type) {
    return durations.get(type);
  }

  /** How long tasks waited on their core between being received and started; by type as above. */
  public LogLinearHistogram latencies(int type) {
    return latencies.get(type);
  }
}

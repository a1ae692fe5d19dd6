package dev.sluice.abi;

import java.util.ArrayList;
import java.util.List;

/**
 * The performance counters of a core for one task (abi.md, Other profilers).
 *
 * <pre>
 *   0         8         12          16                 24                56 or 64
 *   +---------+---------+-----------+------------------+--------------------+
 *   | task_id | func_id | core_type | pmu_total_cycles | counters u32[8|10] |
 *   +---------+---------+-----------+------------------+--------------------+
 * </pre>
 *
 * <p>The event type, a word of the region's header, determines the events of the counters.
 */
public final class PmuRecord {
  public static final int TASK_ID_OFFSET = 0;
  public static final int FUNC_ID_OFFSET = 8;

  /** i32: {@link Geometry#AIC} or {@link Geometry#AIV}. */
  public static final int CORE_TYPE_OFFSET = 12;

  public static final int PMU_TOTAL_CYCLES_OFFSET = 16;
  public static final int COUNTERS_OFFSET = 24;
  public static final int SIZE_BYTES = 64;

  private PmuRecord() {}

  /** Number of counters in a record. */
  public static int counters(Platform platform) {
    return platform == Platform.A5 ? 10 : 8;
  }

  /** All fields, as captures store them. */
  static List<RecordColumn> columns(Layout layout) {
    List<RecordColumn> columns = new ArrayList<>();
    columns.add(RecordColumn.delta("task_id", TASK_ID_OFFSET, 4));
    columns.add(RecordColumn.plain("task_ring", TASK_ID_OFFSET + 4, 4));
    columns.add(RecordColumn.plain("func_id", FUNC_ID_OFFSET, 4));
    columns.add(RecordColumn.plain("core_type", CORE_TYPE_OFFSET, 4));
    columns.add(RecordColumn.plain("pmu_total_cycles", PMU_TOTAL_CYCLES_OFFSET, 8));
    for (int i = 0; i < counters(layout.platform()); i++) {
      columns.add(RecordColumn.plain("counter_" + i, COUNTERS_OFFSET + 4 * i, 4));
    }
    return columns;
  }
}

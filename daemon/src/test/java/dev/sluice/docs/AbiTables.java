package dev.sluice.docs;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Layout;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.abi.TerminalLayout;
import dev.sluice.abi.WireFact;
import dev.sluice.docs.StructDiagram.Field;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Generates the blocks of docs/abi.md that follow from the code. */
final class AbiTables {
  private static final Layout ANY = Layout.all().get(0);

  private AbiTables() {}

  static Map<String, String> blocks() {
    Map<String, String> blocks = new LinkedHashMap<>();
    blocks.put("header", header());
    blocks.put("regions", regions());
    records().forEach((name, diagram) -> blocks.put(name, diagram.render()));
    blocks.put("buffers", buffers());
    blocks.put("pool", pool().render());
    blocks.put("entry", entry().render());
    blocks.put("terminal", terminal().render());
    blocks.put("facts", facts());
    blocks.put("kinds", kinds());
    blocks.put("phases", phases());
    blocks.put("violations", violations());
    return blocks;
  }

  /** Returns the fields by the class that holds their offsets. */
  static Map<Class<?>, List<Field>> fields() {
    Map<Class<?>, List<Field>> fields = new LinkedHashMap<>();
    fields.put(
        AicpuTaskRecord.class,
        List.of(
            new Field(
                "dispatch_time",
                AicpuTaskRecord.DISPATCH_TIME_OFFSET,
                "u64",
                "ticks, just before the dispatch register is written"),
            new Field(
                "finish_time",
                AicpuTaskRecord.FINISH_TIME_OFFSET,
                "u64",
                "ticks, when the scheduler sees the task finished"),
            new Field(
                "reg_task_id",
                AicpuTaskRecord.REG_TASK_ID_OFFSET,
                "u32",
                "dispatch token of the core; joins with the AICore record")));
    fields.put(
        AicoreTaskRecord.class,
        List.of(
            new Field(
                "start_time",
                AicoreTaskRecord.START_TIME_OFFSET,
                "u64",
                "ticks, just before the kernel; 0: never written"),
            new Field("end_time", AicoreTaskRecord.END_TIME_OFFSET, "u64", "ticks, after it"),
            new Field(
                "task_token_raw",
                AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET,
                "u64",
                "task id: ring in the high word, local id in the low one"),
            new Field(
                "reg_task_id",
                AicoreTaskRecord.REG_TASK_ID_OFFSET,
                "u32",
                "dispatch token: low 32 bits of a count per core"),
            new Field(
                "receive_to_start_cycles",
                AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET,
                "u32",
                "ticks between receiving the task and `start_time`")));
    fields.put(SchedPhaseRecord.class, phaseFields(SchedPhaseRecord.KIND_AT_20));
    fields.put(
        OrchPhaseRecord.class,
        List.of(
            new Field("start_time", OrchPhaseRecord.START_TIME_OFFSET, "u64", "ticks"),
            new Field("end_time", OrchPhaseRecord.END_TIME_OFFSET, "u64", "ticks"),
            new Field("task_id", OrchPhaseRecord.TASK_ID_OFFSET, "u64", "the task submitted"),
            new Field(
                "submit_idx", OrchPhaseRecord.SUBMIT_IDX_OFFSET, "u32", "count of submissions")));
    fields.put(
        ReadyEntryLayout.class,
        List.of(
            new Field(
                "core_index",
                ReadyEntryLayout.CORE_INDEX_OFFSET,
                "u32",
                "core, or for the phase kinds the pool's ordinal"),
            new Field("kind", ReadyEntryLayout.KIND_OFFSET, "u32", "see [kinds](#kinds)"),
            new Field(
                "buffer_ptr",
                ReadyEntryLayout.BUFFER_PTR_OFFSET,
                "u64",
                "device address of the full buffer"),
            new Field(
                "buffer_seq",
                ReadyEntryLayout.BUFFER_SEQ_OFFSET,
                "u32",
                "the pool's number of this buffer"),
            new Field(
                "record_count",
                ReadyEntryLayout.RECORD_COUNT_OFFSET,
                "u32",
                "`ready_entry` `schema_1`: records in the buffer; else undefined"),
            new Field(
                "run_epoch",
                ReadyEntryLayout.RUN_EPOCH_OFFSET,
                "u64",
                "`ready_entry` `schema_1`: the run that filled it; else undefined")));
    fields.put(PoolLayout.class, poolFields());
    fields.put(TerminalLayout.class, terminalFields());
    return fields;
  }

  private static List<Field> phaseFields(SchedPhaseRecord record) {
    return Stream.of(
            new Field("start_time", SchedPhaseRecord.START_TIME_OFFSET, "u64", "ticks"),
            new Field("end_time", SchedPhaseRecord.END_TIME_OFFSET, "u64", "ticks"),
            new Field("loop_iter", record.loopIterOffset(), "u32", "iteration of the loop"),
            new Field(
                "kind",
                record.kindOffset(),
                record.kindBytes() == 1 ? "u8" : "u32",
                "see [phase kinds](#phase-kinds)"),
            new Field(
                "tasks_processed",
                record.tasksProcessedOffset(),
                "u32",
                "a count; for `dummy_task` of the first two generations a task id's low word"),
            new Field(
                "pop_hit",
                record.popHitOffset(),
                "u32",
                "a count; from `chip-2026.08` on, kinds that name a task: low word of its id"),
            new Field(
                "pop_miss",
                record.popMissOffset(),
                "u32",
                "a count; from `chip-2026.08` on, kinds that name a task: high word of its id"),
            new Field(
                "shared_depth_at_start",
                record.sharedDepthAtStartOffset(),
                "i16[3]",
                "tasks waiting for AIC, AIV, MIX when the phase began"),
            new Field(
                "shared_depth_at_end",
                record.sharedDepthAtEndOffset(),
                "i16[3]",
                "the same when it ended"))
        .sorted(Comparator.comparingInt(Field::offset))
        .toList();
  }

  private static List<Field> poolFields() {
    PoolLayout pool = ANY.pool();
    return List.of(
        new Field(
            "current_buf_ptr",
            PoolLayout.CURRENT_BUF_PTR_OFFSET,
            "u64",
            "device: the buffer being filled, 0 means no buffer"),
        new Field(
            "current_buf_seq", PoolLayout.CURRENT_BUF_SEQ_OFFSET, "u32", "device: its number"),
        new Field(
            "total_record_count",
            PoolLayout.TOTAL_RECORD_COUNT_OFFSET,
            "u32",
            "device: attempts to commit a record; for AICore dispatches, at every level; wraps"),
        new Field(
            "dropped_record_count",
            PoolLayout.DROPPED_RECORD_COUNT_OFFSET,
            "u32",
            "device: losses that it knows of; wraps"),
        new Field(
            "live_record_count",
            PoolLayout.LIVE_RECORD_COUNT_OFFSET,
            "u32",
            "device, where `pool_counters` are: records in the buffer being filled"),
        new Field(
            "published_record_count",
            PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET,
            "u32",
            "likewise: records in buffers handed over"),
        new Field(
            "published_buffer_count",
            PoolLayout.PUBLISHED_BUFFER_COUNT_OFFSET,
            "u32",
            "likewise: buffers handed over, empty ones too"),
        new Field(
            "buffer_ptrs",
            PoolLayout.BUFFER_PTRS_OFFSET,
            "u64[" + pool.slotCount() + "]",
            "host: device addresses of empty buffers, never 0"),
        new Field("head", pool.headOffset(), "u32", "device: free-running consumer index"),
        new Field("tail", pool.tailOffset(), "u32", "host: free-running producer index"));
  }

  private static List<Field> terminalFields() {
    return List.of(
        new Field(
            "run_epoch",
            TerminalLayout.RUN_EPOCH_OFFSET,
            "u64",
            "written last; another run or 0: this line was not written"),
        new Field("total", TerminalLayout.TOTAL_OFFSET, "u32", "the pool's counters at the end"),
        new Field("dropped", TerminalLayout.DROPPED_OFFSET, "u32", ""),
        new Field("published_records", TerminalLayout.PUBLISHED_RECORDS_OFFSET, "u32", ""),
        new Field("published_buffers", TerminalLayout.PUBLISHED_BUFFERS_OFFSET, "u32", ""),
        new Field(
            "live_at_close",
            TerminalLayout.LIVE_AT_CLOSE_OFFSET,
            "u32",
            "not 0: the step that closes the run did not happen"));
  }

  private static Map<String, StructDiagram> records() {
    Map<String, StructDiagram> records = new LinkedHashMap<>();
    records.put(
        "aicpu-task-record",
        new StructDiagram(AicpuTaskRecord.SIZE_BYTES, fields().get(AicpuTaskRecord.class)));
    records.put(
        "aicore-task-record",
        new StructDiagram(AicoreTaskRecord.SIZE_BYTES, fields().get(AicoreTaskRecord.class)));
    records.put(
        "sched-phase-record",
        new StructDiagram(SchedPhaseRecord.SIZE_BYTES, phaseFields(SchedPhaseRecord.KIND_AT_20)));
    records.put(
        "sched-phase-record-44",
        new StructDiagram(SchedPhaseRecord.SIZE_BYTES, phaseFields(SchedPhaseRecord.KIND_AT_44)));
    records.put(
        "orch-phase-record",
        new StructDiagram(OrchPhaseRecord.SIZE_BYTES, fields().get(OrchPhaseRecord.class)));
    return records;
  }

  private static StructDiagram pool() {
    return new StructDiagram(ANY.pool().sizeBytes(), poolFields());
  }

  private static StructDiagram entry() {
    return new StructDiagram(ReadyEntryLayout.SIZE_BYTES, fields().get(ReadyEntryLayout.class));
  }

  private static StructDiagram terminal() {
    return new StructDiagram(TerminalLayout.SIZE_BYTES, terminalFields());
  }

  private static String facts() {
    List<Layout> layouts = Layout.all();
    StringBuilder table = new StringBuilder("| fact | values, from 0 |");
    layouts.forEach(layout -> table.append(" `").append(layout.id()).append("` |"));
    table.append("\n|---|---|").append("---|".repeat(layouts.size())).append('\n');
    for (WireFact fact : WireFact.ALL) {
      table
          .append("| `")
          .append(fact.label())
          .append("` | `")
          .append(String.join("`, `", fact.valueNames()))
          .append("` |");
      layouts.forEach(layout -> table.append(' ').append(layout.facts().value(fact)).append(" |"));
      table.append('\n');
    }
    return table.toString();
  }

  private static String header() {
    List<Layout> layouts = Layout.all();
    StringBuilder table = new StringBuilder("| | writer |");
    layouts.forEach(layout -> table.append(" `").append(layout.id()).append("` |"));
    table.append("\n|---|---|").append("---:|".repeat(layouts.size())).append('\n');
    row(table, "ready queues (T)", "", Layout::queueCount);
    row(table, "entries of each (Q)", "", Layout::queueEntries);
    row(table, "cores at most", "", layout -> layout.platform().maxCores());
    row(table, "clock, Hz", "", layout -> layout.platform().clockHz());
    row(table, "`queues`", "device", layout -> layout.entryOffset(0, 0));
    row(table, "`queue_heads` u32[T]", "host", layout -> layout.queueHeadOffset(0));
    row(table, "`queue_tails` u32[T]", "device", layout -> layout.queueTailOffset(0));
    row(table, "`num_cores` u32", "host, before launch", Layout::numCoresOffset);
    row(table, "`level` u32", "host, before launch", Layout::levelOffset);
    row(table, "`num_sched_phase_threads` u32", "device", Layout::numSchedPhaseThreadsOffset);
    row(table, "`num_orch_phase_threads` u32", "device", Layout::numOrchPhaseThreadsOffset);
    row(table, "`num_phase_cores` u32", "device", Layout::numPhaseCoresOffset);
    row(table, "`core_to_thread` i8[cores at most]", "device", Layout::coreToThreadOffset);
    row(table, "`rq_freeze_active` u32", "host", backpressure(Layout::rqFreezeActiveOffset));
    row(
        table,
        "`rq_contended` u32",
        "device sets, host clears",
        backpressure(Layout::rqContendedOffset));
    row(table, "`fq_freeze_active` u32", "host", backpressure(Layout::fqFreezeActiveOffset));
    row(
        table,
        "`fq_contended` u32",
        "device sets, host clears",
        backpressure(Layout::fqContendedOffset));
    row(
        table,
        "`handoff_schema` u32",
        "device, at init",
        layout -> layout.facts().hasCountedEntries() ? (Object) layout.handoffSchemaOffset() : "-");
    row(table, "size", "", Layout::headerBytes);
    return table.toString();
  }

  private static Function<Layout, Object> backpressure(Function<Layout, Integer> offset) {
    return layout -> layout.facts().hasBackpressureBlock() ? (Object) offset.apply(layout) : "-";
  }

  private static void row(
      StringBuilder table, String name, String writer, Function<Layout, ?> value) {
    table.append("| ").append(name).append(" | ").append(writer).append(" |");
    Layout.all().forEach(layout -> table.append(' ').append(value.apply(layout)).append(" |"));
    table.append('\n');
  }

  private static String regions() {
    StringBuilder table =
        new StringBuilder(
            """
            | layout | cores | AICPU task | AICore task | sched phase | orch phase | size |
            |---|---:|---:|---:|---:|---:|---:|
            """);
    for (Layout layout : Layout.all()) {
      for (int cores : List.of(1, 24, layout.platform().maxCores())) {
        table.append(
            String.format(
                "| `%s` | %d | %d | %d | %d | %d | %d |%n",
                layout.id(),
                cores,
                layout.poolsOffset(BufferKind.AICPU_TASK, cores),
                layout.poolsOffset(BufferKind.AICORE_TASK, cores),
                layout.poolsOffset(BufferKind.SCHED_PHASE, cores),
                layout.poolsOffset(BufferKind.ORCH_PHASE, cores),
                layout.regionBytes(cores)));
      }
    }
    return table.toString();
  }

  private static String buffers() {
    StringBuilder table =
        new StringBuilder(
            """
            | kind | record, bytes | records | `count` u32 at | size |
            |---|---:|---:|---:|---:|
            """);
    for (BufferKind kind : BufferKind.TIMED) {
      BufferLayout buffer = ANY.buffer(kind);
      table.append(
          String.format(
              "| %s | %d | %d | %d | %d |%n",
              kind.label(),
              kind.recordBytes(),
              buffer.records(),
              buffer.countOffset(),
              buffer.sizeBytes()));
    }
    return table.toString();
  }

  private static String kinds() {
    StringBuilder table =
        new StringBuilder("| value | kind | one pool per | from level |\n|---:|---|---|---:|\n");
    for (BufferKind kind : BufferKind.TIMED) {
      table.append(
          String.format(
              "| %d | %s | %s | %d |%n",
              kind.ordinal(),
              kind.label(),
              kind.isPerCore() ? "core" : "AICPU thread",
              kind.minimumLevel()));
    }
    return table.toString();
  }

  private static String phases() {
    StringBuilder table = new StringBuilder("| value |");
    List<PhaseNumbering> numberings = List.of(PhaseNumbering.values());
    WireFact.PHASE_KINDS
        .valueNames()
        .forEach(name -> table.append(" `").append(name).append("` |"));
    table.append("\n|---:|").append("---|".repeat(numberings.size())).append('\n');
    int most = numberings.stream().mapToInt(PhaseNumbering::size).max().orElseThrow();
    for (int number = 0; number < most; number++) {
      table.append("| ").append(number).append(" |");
      for (PhaseNumbering numbering : numberings) {
        SchedPhaseKind kind = numbering.kind(number);
        String name = kind == null ? "-" : "`" + kind.jsonName() + "`";
        String task = kind != null && numbering.namesTask(kind) ? ", names a task" : "";
        String written = kind == null || numbering.isWritten(number) ? "" : ", never written";
        table.append(' ').append(name).append(task).append(written).append(" |");
      }
      table.append('\n');
    }
    return table.toString();
  }

  private static String violations() {
    StringBuilder table = new StringBuilder("| `reason` | the device wrote |\n|---|---|\n");
    for (AbiViolation violation : AbiViolation.ALL) {
      table.append(String.format("| `%s` | %s |%n", violation.label(), violation.meaning()));
    }
    return table.toString();
  }
}

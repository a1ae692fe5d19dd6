package dev.sluice.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import dev.sluice.bridge.NativeTools;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Compares sizes and offsets of the Java layouts with the table exported by the C library, as laid
 * out by a C compiler. Works both ways: a row without a Java number fails, and so does a Java
 * number without a row.
 */
class LayoutConformanceTest {
  private static final int ROW_BYTES = 3 * Native.POINTER_SIZE + Long.BYTES;

  @Test
  void shouldAgreeWithTheStructsInC() throws IllegalAccessException {
    assertEquals(javaNumbers(), cNumbers());
  }

  private static Map<String, Long> cNumbers() {
    Path library = Path.of(System.getProperty(NativeTools.PATH_PROPERTY), "libsluice_attach.so");
    Function table = NativeLibrary.getInstance(library.toString()).getFunction("sluice_abi_table");
    LongByReference rows = new LongByReference();
    Pointer row = table.invokePointer(new Object[] {rows});
    Map<String, Long> numbers = new TreeMap<>();
    for (long i = 0; i < rows.getValue(); i++, row = row.share(ROW_BYTES)) {
      String name =
          row.getPointer(0).getString(0)
              + " "
              + row.getPointer(Native.POINTER_SIZE).getString(0)
              + "."
              + row.getPointer(2L * Native.POINTER_SIZE).getString(0);
      Long before = numbers.put(name, row.getLong(3L * Native.POINTER_SIZE));
      assertEquals(null, before, "two rows for " + name);
    }
    return numbers;
  }

  private static Map<String, Long> javaNumbers() throws IllegalAccessException {
    Map<String, Long> numbers = new TreeMap<>();
    for (Layout layout : Layout.all()) {
      header(numbers, layout);
    }
    Layout any = Layout.all().get(0);
    PoolLayout pool = any.pool();
    long queue = PoolLayout.FREE_QUEUE_OFFSET;
    put(numbers, "all Pool.sizeof", pool.sizeBytes());
    put(numbers, "all Pool.free_queue", queue);
    put(numbers, "all Pool.buffer_ptrs", PoolLayout.BUFFER_PTRS_OFFSET);
    put(numbers, "all Pool.head", pool.headOffset());
    put(numbers, "all Pool.tail", pool.tailOffset());
    // Sub-structs of a pool.
    put(numbers, "all ActiveHead.sizeof", queue);
    put(numbers, "all FreeQueue.sizeof", pool.freeQueueBytes());
    put(numbers, "all FreeQueue.buffer_ptrs", PoolLayout.BUFFER_PTRS_OFFSET - queue);
    put(numbers, "all FreeQueue.head", pool.headOffset() - queue);
    put(numbers, "all FreeQueue.tail", pool.tailOffset() - queue);
    for (String word :
        new String[] {
          "current_buf_ptr",
          "current_buf_seq",
          "total_record_count",
          "dropped_record_count",
          "live_record_count",
          "published_record_count",
          "published_buffer_count"
        }) {
      long offset = constants(PoolLayout.class).get(word);
      put(numbers, "all Pool." + word, offset);
      put(numbers, "all ActiveHead." + word, offset);
    }
    record(numbers, "ReadyQueueEntry", ReadyEntryLayout.class);
    record(numbers, "Terminal", TerminalLayout.class);
    record(numbers, "AicpuTaskRecord", AicpuTaskRecord.class);
    record(numbers, "AicoreTaskRecord", AicoreTaskRecord.class);
    phaseRecord(numbers, "SchedPhaseRecord", SchedPhaseRecord.KIND_AT_20);
    phaseRecord(numbers, "SchedPhaseRecord44", SchedPhaseRecord.KIND_AT_44);
    record(numbers, "OrchPhaseRecord", OrchPhaseRecord.class);
    buffer(numbers, "AicpuTaskBuffer", any.buffer(BufferKind.AICPU_TASK));
    buffer(numbers, "AicoreTaskBuffer", any.buffer(BufferKind.AICORE_TASK));
    buffer(numbers, "SchedPhaseBuffer", any.buffer(BufferKind.SCHED_PHASE));
    buffer(numbers, "OrchPhaseBuffer", any.buffer(BufferKind.ORCH_PHASE));
    for (BufferKind kind : BufferKind.TIMED) {
      namedBuffer(numbers, BufferLayout.of(kind, kind.defaultRecords(), true));
    }
    record(numbers, "PmuRecord", PmuRecord.class);
    record(numbers, "ScopeStatsRecord", ScopeStatsRecord.class);
    namedBuffer(numbers, "PmuBuffer", BufferLayout.of(BufferKind.PMU, 512, true));
    namedBuffer(numbers, "ScopeStatsBuffer", BufferLayout.of(BufferKind.SCOPE_STATS, 512, true));
    return numbers;
  }

  private static String camelCase(String snake) {
    return Arrays.stream(snake.split("_"))
        .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
        .collect(Collectors.joining());
  }

  private static void namedBuffer(Map<String, Long> numbers, BufferLayout layout) {
    namedBuffer(numbers, "Named" + camelCase(layout.kind().label()) + "Buffer", layout);
  }

  private static void namedBuffer(Map<String, Long> numbers, String struct, BufferLayout layout) {
    buffer(numbers, struct, layout);
    put(numbers, "all " + struct + ".run_epoch", layout.runEpochOffset());
    put(numbers, "all " + struct + ".local_seq", layout.localSeqOffset());
  }

  private static void header(Map<String, Long> numbers, Layout layout) {
    String of = layout.id() + " DataHeader.";
    put(numbers, of + "sizeof", layout.headerBytes());
    put(numbers, of + "queues", layout.entryOffset(0, 0));
    put(numbers, of + "queue_heads", layout.queueHeadOffset(0));
    put(numbers, of + "queue_tails", layout.queueTailOffset(0));
    put(numbers, of + "num_cores", layout.numCoresOffset());
    put(numbers, of + "level", layout.levelOffset());
    put(numbers, of + "num_sched_phase_threads", layout.numSchedPhaseThreadsOffset());
    put(numbers, of + "num_orch_phase_threads", layout.numOrchPhaseThreadsOffset());
    put(numbers, of + "num_phase_cores", layout.numPhaseCoresOffset());
    put(numbers, of + "core_to_thread", layout.coreToThreadOffset());
    if (layout.facts().hasBackpressureBlock()) {
      put(numbers, of + "rq_freeze_active", layout.rqFreezeActiveOffset());
      put(numbers, of + "rq_contended", layout.rqContendedOffset());
      put(numbers, of + "fq_freeze_active", layout.fqFreezeActiveOffset());
      put(numbers, of + "fq_contended", layout.fqContendedOffset());
    }
    if (layout.facts().hasCountedEntries()) {
      put(numbers, of + "handoff_schema", layout.handoffSchemaOffset());
      String region = layout.id() + " Region.";
      put(numbers, region + "sizeof", layout.regionBytes(1));
      put(numbers, region + "aicpu_task", layout.poolsOffset(BufferKind.AICPU_TASK, 1));
      put(numbers, region + "aicore_task", layout.poolsOffset(BufferKind.AICORE_TASK, 1));
      put(numbers, region + "sched_phase", layout.poolsOffset(BufferKind.SCHED_PHASE, 1));
      put(numbers, region + "orch_phase", layout.poolsOffset(BufferKind.ORCH_PHASE, 1));
      put(numbers, region + "terminals", layout.terminalOffset(0, BufferKind.AICPU_TASK, 0, 1));
      put(numbers, region + "second_bank", layout.terminalOffset(1, BufferKind.AICPU_TASK, 0, 1));
      int last = layout.queueCount() - 1;
      put(
          numbers,
          region + "last_terminal",
          layout.terminalOffset(2, BufferKind.ORCH_PHASE, last, 1));
      otherRegions(numbers, layout);
    }
  }

  private static void otherRegions(Map<String, Long> numbers, Layout layout) {
    String of = layout.id() + " PmuHeader.";
    queues(numbers, of, layout.region(Region.PMU));
    put(numbers, of + "num_cores", layout.region(Region.PMU).wordsOffset());
    put(numbers, of + "event_type", layout.pmuEventTypeOffset());
    state(numbers, layout.id() + " PmuState.", layout.pool(BufferKind.PMU));
    if (layout.platform() == Platform.A5) {
      put(numbers, layout.id() + " PmuState.aicore_ring_ptr", layout.pmuRingPointerOffset());
      put(
          numbers,
          layout.id() + " PmuState.mismatch_record_count",
          layout.pool(BufferKind.PMU).mismatchedRecordCountOffset());
    }
    of = layout.id() + " ScopeStatsHeader.";
    queues(numbers, of, layout.region(Region.SCOPE_STATS));
    ScopeStatsHeader header = layout.scopeStatsHeader();
    put(numbers, of + "num_instances", layout.region(Region.SCOPE_STATS).wordsOffset());
    put(numbers, of + "task_window_cap", header.taskWindowOffset());
    put(numbers, of + "dep_pool_cap", header.depPoolOffset());
    put(numbers, of + "heap_cap", header.heapOffset());
    put(numbers, of + "tensormap_cap", header.tensormapOffset());
    put(numbers, of + "fatal_latched", header.fatalOffset());
    state(numbers, layout.id() + " ScopeStatsState.", layout.pool(BufferKind.SCOPE_STATS));
  }

  private static void queues(Map<String, Long> numbers, String of, RegionLayout region) {
    put(numbers, of + "sizeof", region.headerBytes());
    put(numbers, of + "queues", region.entryOffset(0, 0));
    put(numbers, of + "queue_heads", region.queueHeadOffset(0));
    put(numbers, of + "queue_tails", region.queueTailOffset(0));
  }

  private static void state(Map<String, Long> numbers, String of, PoolLayout pool) {
    put(numbers, of + "sizeof", pool.sizeBytes());
    put(numbers, of + "buffer_ptrs", pool.slotOffset(0));
    put(numbers, of + "head", pool.headOffset());
    put(numbers, of + "tail", pool.tailOffset());
    put(numbers, of + "current_buf_ptr", pool.currentBufPtrOffset());
    put(numbers, of + "current_buf_seq", pool.currentBufSeqOffset());
    put(numbers, of + "total_record_count", pool.totalRecordCountOffset());
    put(numbers, of + "dropped_record_count", pool.droppedRecordCountOffset());
  }

  /**
   * Records every {@code X_OFFSET} of the class, which must be a field of the struct, and its size.
   */
  private static void record(Map<String, Long> numbers, String struct, Class<?> type)
      throws IllegalAccessException {
    constants(type)
        .forEach(
            (name, value) ->
                put(
                    numbers,
                    "all " + struct + "." + (name.equals("size_bytes") ? "sizeof" : name),
                    value));
  }

  private static void phaseRecord(Map<String, Long> numbers, String struct, SchedPhaseRecord record)
      throws IllegalAccessException {
    String of = "all " + struct + ".";
    record(numbers, struct, SchedPhaseRecord.class);
    put(numbers, of + "loop_iter", record.loopIterOffset());
    put(numbers, of + "kind", record.kindOffset());
    put(numbers, of + "tasks_processed", record.tasksProcessedOffset());
    put(numbers, of + "pop_hit", record.popHitOffset());
    put(numbers, of + "pop_miss", record.popMissOffset());
    put(numbers, of + "shared_depth_at_start", record.sharedDepthAtStartOffset());
    put(numbers, of + "shared_depth_at_end", record.sharedDepthAtEndOffset());
  }

  /** Returns the constants under their C names: lower case, without {@code _OFFSET}. */
  private static Map<String, Long> constants(Class<?> type) throws IllegalAccessException {
    Map<String, Long> constants = new TreeMap<>();
    for (Field field : type.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers()) && field.getType() == int.class) {
        String name = field.getName().toLowerCase(Locale.ROOT).replaceFirst("_offset$", "");
        constants.put(name, (long) field.getInt(null));
      }
    }
    return constants;
  }

  private static void buffer(Map<String, Long> numbers, String struct, BufferLayout layout) {
    put(numbers, "all " + struct + ".sizeof", layout.sizeBytes());
    put(numbers, "all " + struct + ".records", layout.recordsOffset());
    put(numbers, "all " + struct + ".count", layout.countOffset());
  }

  private static void put(Map<String, Long> numbers, String name, long value) {
    numbers.put(name, value);
  }
}

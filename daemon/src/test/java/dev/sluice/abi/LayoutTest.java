package dev.sluice.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the compiler-measured numbers of abi.md with the layout arithmetic. */
class LayoutTest {
  @ParameterizedTest
  @CsvSource({
    // id, T, Q, max cores, heads, tails, num_cores, core_to_thread, header
    "l2-2026.06/a2a3,   4,  992,  72, 126976, 126992, 127008, 127028, 127104",
    "l2-2026.07/a2a3,   4,  992,  72, 126976, 126992, 127008, 127028, 127104",
    "chip-2026.08/a2a3, 4,  992,  72, 126976, 126992, 127008, 127028, 127168",
    "l2-2026.06/a5,     7, 1520, 108, 340480, 340508, 340536, 340556, 340672",
    "l2-2026.07/a5,     7, 1520, 108, 340480, 340508, 340536, 340556, 340672",
    "chip-2026.08/a5,   5, 1456, 108, 232960, 232980, 233000, 233020, 233152",
    "chip-2026.09/a2a3, 4,  992,  72, 126976, 126992, 127008, 127028, 127104",
    "chip-2026.09/a5,   5, 1456, 108, 232960, 232980, 233000, 233020, 233152"
  })
  void shouldPlaceTheHeader(
      String id,
      int queues,
      int entries,
      int maxCores,
      int heads,
      int tails,
      int numCores,
      int coreToThread,
      int header) {
    Layout layout = Layout.parse(id);
    assertEquals(queues, layout.queueCount());
    assertEquals(entries, layout.queueEntries());
    assertEquals(maxCores, layout.platform().maxCores());
    assertEquals(0, layout.entryOffset(0, 0));
    assertEquals((entries + 1) * 32, layout.entryOffset(1, 1));
    assertEquals(heads, layout.queueHeadOffset(0));
    assertEquals(heads + 4, layout.queueHeadOffset(1));
    assertEquals(tails, layout.queueTailOffset(0));
    assertEquals(numCores, layout.numCoresOffset());
    assertEquals(numCores + 4, layout.levelOffset());
    assertEquals(numCores + 8, layout.numSchedPhaseThreadsOffset());
    assertEquals(numCores + 12, layout.numOrchPhaseThreadsOffset());
    assertEquals(numCores + 16, layout.numPhaseCoresOffset());
    assertEquals(coreToThread, layout.coreToThreadOffset());
    assertEquals(header, layout.headerBytes());
    assertEquals(id, layout.id());
  }

  @ParameterizedTest
  @CsvSource({"chip-2026.08/a2a3, 127100", "chip-2026.08/a5, 233128"})
  void shouldPlaceTheBackpressureBlock(String id, int first) {
    Layout layout = Layout.parse(id);
    assertEquals(first, layout.rqFreezeActiveOffset());
    assertEquals(first + 4, layout.rqContendedOffset());
    assertEquals(first + 8, layout.fqFreezeActiveOffset());
    assertEquals(first + 12, layout.fqContendedOffset());
  }

  @ParameterizedTest
  @CsvSource({
    // id, schema word, bank, first terminal, last of the last bank, region
    "chip-2026.09/a2a3, 127100,  9728, 156288, 185408, 185472",
    "chip-2026.09/a5,   233128, 14464, 276544, 319872, 319936"
  })
  void shouldPlaceTheSchemaWordAndTheTerminals(
      String id, int schema, int bank, int first, int last, int region) {
    Layout layout = Layout.parse(id);
    assertEquals(schema, layout.handoffSchemaOffset());
    assertEquals(bank, layout.terminalBankBytes(1));
    assertEquals(first, layout.terminalOffset(0, BufferKind.AICPU_TASK, 0, 1));
    int cores = layout.platform().maxCores();
    int threads = layout.queueCount();
    assertEquals(
        first + bank + 64 * cores, layout.terminalOffset(1, BufferKind.AICORE_TASK, 0, 24));
    assertEquals(
        first + 64 * (2 * cores + 1), layout.terminalOffset(0, BufferKind.SCHED_PHASE, 1, 24));
    assertEquals(last, layout.terminalOffset(2, BufferKind.ORCH_PHASE, threads - 1, 1));
    assertEquals(region, layout.regionBytes(24));
  }

  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.06/a2a3", "l2-2026.07/a2a3", "l2-2026.06/a5", "l2-2026.07/a5"})
  void shouldHaveNoBackpressureBlockBeforeTheThirdGeneration(String id) {
    Layout layout = Layout.parse(id);
    assertThrows(IllegalStateException.class, layout::rqFreezeActiveOffset);
    assertThrows(IllegalStateException.class, layout::fqContendedOffset);
  }

  @ParameterizedTest
  @CsvSource({
    // id, cores, AicpuTask, AicoreTask, sched, orch, total: abi.md, Layouts
    "l2-2026.06/a2a3, 1, 127104, 127296, 127488, 128256, 129024",
    "l2-2026.06/a2a3, 3, 127104, 127680, 128256, 129024, 129792",
    "l2-2026.07/a2a3, 24, 127104, 131712, 136320, 137088, 137856",
    "l2-2026.07/a2a3, 48, 127104, 136320, 145536, 146304, 147072",
    "l2-2026.06/a2a3, 72, 127104, 140928, 154752, 155520, 156288",
    "chip-2026.08/a2a3, 1, 127168, 127360, 127552, 128320, 129088",
    "chip-2026.08/a2a3, 3, 127168, 127744, 128320, 129088, 129856",
    "chip-2026.08/a2a3, 24, 127168, 131776, 136384, 137152, 137920",
    "chip-2026.08/a2a3, 48, 127168, 136384, 145600, 146368, 147136",
    "chip-2026.08/a2a3, 72, 127168, 140992, 154816, 155584, 156352",
    "l2-2026.06/a5, 3, 340672, 341248, 341824, 343168, 344512",
    "l2-2026.07/a5, 72, 340672, 354496, 368320, 369664, 371008",
    "l2-2026.06/a5, 108, 340672, 361408, 382144, 383488, 384832",
    "chip-2026.08/a5, 3, 233152, 233728, 234304, 235264, 236224",
    "chip-2026.08/a5, 72, 233152, 246976, 260800, 261760, 262720",
    "chip-2026.08/a5, 108, 233152, 253888, 274624, 275584, 276544",
    "chip-2026.09/a2a3, 1, 127104, 140928, 154752, 155520, 156288",
    "chip-2026.09/a2a3, 72, 127104, 140928, 154752, 155520, 156288",
    "chip-2026.09/a5, 24, 233152, 253888, 274624, 275584, 276544"
  })
  void shouldPlaceThePools(
      String id, int cores, int aicpu, int aicore, int sched, int orch, int total) {
    Geometry geometry = new Geometry(Layout.parse(id), cores, 1, 1, 4);
    assertEquals(aicpu, geometry.poolOffset(BufferKind.AICPU_TASK, 0));
    assertEquals(aicore, geometry.poolOffset(BufferKind.AICORE_TASK, 0));
    assertEquals(sched, geometry.poolOffset(BufferKind.SCHED_PHASE, 0));
    assertEquals(orch, geometry.poolOffset(BufferKind.ORCH_PHASE, 0));
    assertEquals(total, geometry.poolsEnd());
    assertEquals(
        aicore + 192 * (cores - 1), geometry.poolOffset(BufferKind.AICORE_TASK, cores - 1));
  }

  @ParameterizedTest
  @CsvSource({
    // kind, wire number, records, record bytes, count, size: abi.md, Buffers and Kinds
    "aicpu_task,  0,  1000, 32,   32000,   32064",
    "sched_phase, 1, 16384, 64, 1048576, 1048640",
    "orch_phase,  2, 16384, 32,  524288,  524352",
    "aicore_task, 3,  1024, 32,   32768,   32832"
  })
  void shouldShapeTheBuffers(
      String label, int wire, int records, int recordBytes, int count, int size) {
    BufferKind kind = BufferKind.ofNumber(wire);
    assertEquals(label, kind.label());
    for (Layout layout : Layout.all()) {
      BufferLayout buffer = layout.buffer(kind);
      assertEquals(records, buffer.records());
      assertEquals(count, buffer.countOffset());
      assertEquals(size, buffer.sizeBytes());
      assertEquals(recordBytes, kind.recordBytes());
    }
    assertEquals(wire, kind.ordinal());
    assertEquals(wire, kind.wireNumber());
  }

  @Test
  void shouldShapeAPool() {
    PoolLayout pool = Layout.parse("l2-2026.06/a2a3").pool();
    assertEquals(192, pool.sizeBytes());
    assertEquals(128, pool.freeQueueBytes());
    assertEquals(96, pool.headOffset());
    assertEquals(100, pool.tailOffset());
    assertEquals(64, pool.slotOffset(0));
    assertEquals(88, pool.slotOffset(3));
    assertEquals(64, pool.slotOffset(4));
    // Indices run freely modulo 2^32.
    assertEquals(88, pool.slotOffset(-1));
    assertEquals(64, pool.slotOffset(Integer.MIN_VALUE));
  }

  @ParameterizedTest
  @CsvSource({"1, 72, 76, 192", "2, 80, 84, 192", "8, 128, 132, 192", "16, 192, 196, 256"})
  void shouldMoveTheFreeQueueWithItsSlots(int slots, int head, int tail, int size) {
    PoolLayout pool = overridden(new LayoutOverrides(slots, 0, 0, 0, 0, 0)).pool();
    assertEquals(head, pool.headOffset());
    assertEquals(tail, pool.tailOffset());
    assertEquals(size, pool.sizeBytes());
  }

  @Test
  void shouldFollowOverrides() {
    Layout layout = overridden(new LayoutOverrides(8, 64, 10, 20, 30, 16));
    assertEquals(64, layout.queueEntries());
    assertEquals(4 * 64 * 32, layout.queueHeadOffset(0));
    assertEquals(Layout.align64(layout.coreToThreadOffset() + 72), layout.headerBytes(), "header");
    assertEquals(10, layout.buffer(BufferKind.AICPU_TASK).records());
    assertEquals(20 * 64, layout.buffer(BufferKind.SCHED_PHASE).countOffset());
    assertEquals(1024, layout.buffer(BufferKind.ORCH_PHASE).sizeBytes());
    assertEquals(16, layout.buffer(BufferKind.AICORE_TASK).records());
  }

  private static Layout overridden(LayoutOverrides overrides) {
    return Layout.of(Generation.L2_2026_07, Platform.A2A3, overrides);
  }

  @Test
  void shouldRefuseConstantsThatCannotBe() {
    refuses(new LayoutOverrides(3, 0, 0, 0, 0, 0), "slot count 3 is not a power of two");
    refuses(new LayoutOverrides(128, 0, 0, 0, 0, 0), "slot count 128");
    refuses(new LayoutOverrides(-4, 0, 0, 0, 0, 0), "slot count -4");
    refuses(new LayoutOverrides(0, 1, 0, 0, 0, 0), "ready queue of 1 entries");
    refuses(new LayoutOverrides(0, 65537, 0, 0, 0, 0), "ready queue of 65537 entries");
    refuses(new LayoutOverrides(0, 0, -1, 0, 0, 0), "aicpu_task: -1 records");
    refuses(new LayoutOverrides(0, 0, 0, (1 << 20) + 1, 0, 0), "sched_phase: 1048577 records");
    refuses(new LayoutOverrides(0, 0, 0, 0, 0, 1000), "aicore_task: 1000 records");
    refuses(new LayoutOverrides(0, 0, 0, 0, 0, Integer.MIN_VALUE), "records per buffer");
  }

  private static void refuses(LayoutOverrides overrides, String reason) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> overridden(overrides)).getMessage();
    assertTrue(message.contains(reason), message);
  }

  @Test
  void shouldNameTheLayouts() {
    assertEquals(8, Layout.ids().size());
    String message =
        assertThrows(IllegalArgumentException.class, () -> Layout.parse("l3")).getMessage();
    assertTrue(message.contains("chip-2026.08/a5"), message);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 1, 4, num_cores 0",
    "73, 1, 1, 4, num_cores 73",
    "24, 0, 1, 4, sched_threads 0",
    "24, 5, 1, 4, sched_threads 5",
    "24, 3, 2, 4, orch_threads 2",
    "24, 3, -1, 4, orch_threads -1",
    "24, 3, 1, 0, level 0",
    "24, 3, 1, 5, level 5",
    "2147483647, 3, 1, 4, num_cores 2147483647"
  })
  void shouldRefuseGeometriesThatCannotBe(
      int cores, int sched, int orch, int level, String reason) {
    Layout layout = Layout.parse("chip-2026.08/a2a3");
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Geometry(layout, cores, sched, orch, level))
            .getMessage();
    assertTrue(message.contains(reason), message);
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 0, 0, 24", "2, 24, 0, 0, 24", "3, 24, 4, 0, 24", "4, 24, 4, 1, 24"})
  void shouldUseKindsByLevel(int level, int aicpu, int sched, int orch, int aicore) {
    Geometry geometry = new Geometry(Layout.parse("l2-2026.06/a2a3"), 24, 3, 1, level);
    assertEquals(aicpu, geometry.activeInstances(BufferKind.AICPU_TASK));
    assertEquals(sched, geometry.activeInstances(BufferKind.SCHED_PHASE));
    assertEquals(orch, geometry.activeInstances(BufferKind.ORCH_PHASE));
    assertEquals(aicore, geometry.activeInstances(BufferKind.AICORE_TASK));
  }

  @Test
  void shouldKnowWireNumbersAndNothingElse() {
    assertEquals(null, BufferKind.ofNumber(6));
    assertEquals(null, BufferKind.ofNumber(-1));
    assertEquals(Generation.CHIP_2026_08, Generation.ofWireNumber(3));
    assertEquals(null, Generation.ofWireNumber(0));
    assertEquals(Platform.A5, Platform.ofWireNumber(2));
    assertEquals(null, Platform.ofWireNumber(3));
  }

  @ParameterizedTest
  @CsvSource({
    // layout, heads, tails, words, header, region of 24 cores
    "a2a3, pmu,         18432, 18448, 18464, 18496, 23104",
    "a5,   pmu,         34560, 34580, 34600, 34624, 42496",
    "a2a3, scope_stats,  1024,  1040,  1056,  1152,  1344",
    "a5,   scope_stats,  1280,  1300,  1320,  1408,  1600"
  })
  void shouldPlaceTheOtherRegions(
      String platform, String label, int heads, int tails, int words, int header, int bytes) {
    Layout layout = Layout.parse("chip-2026.09/" + platform);
    Region region = Region.ofLabel(label);
    RegionLayout of = layout.region(region);
    assertEquals(heads, of.queueHeadOffset(0));
    assertEquals(tails, of.queueTailOffset(0));
    assertEquals(words, of.wordsOffset());
    assertEquals(header, of.headerBytes());
    assertEquals(header, layout.poolsOffset(region.kinds().get(0), 24));
    assertEquals(bytes, layout.regionBytes(region, 24));
  }

  @ParameterizedTest
  @CsvSource({
    // kind, platform: slots, head, tail, pointer, sequence, total, dropped, mismatched
    "pmu,         a2a3, 4, 32, 36, 128, 136, 144, 140,  -1",
    "pmu,         a5,   4, 32, 36, 128, 144, 148, 152, 156",
    "scope_stats, a2a3, 8, 64, 68, 128, 136, 144, 140,  -1"
  })
  void shouldShapeTheStates(
      String label,
      String platform,
      int slots,
      int head,
      int tail,
      int pointer,
      int sequence,
      int total,
      int dropped,
      int mismatched) {
    PoolLayout pool =
        Layout.parse("chip-2026.09/" + platform).pool(Region.ofLabel(label).kinds().get(0));
    assertEquals(slots, pool.slotCount());
    assertEquals(0, pool.slotOffset(0));
    assertEquals(head, pool.headOffset());
    assertEquals(tail, pool.tailOffset());
    assertEquals(pointer, pool.currentBufPtrOffset());
    assertEquals(sequence, pool.currentBufSeqOffset());
    assertEquals(total, pool.totalRecordCountOffset());
    assertEquals(dropped, pool.droppedRecordCountOffset());
    assertEquals(mismatched, pool.mismatchedRecordCountOffset());
    assertEquals(192, pool.sizeBytes());
  }

  @ParameterizedTest
  @CsvSource({
    // kind: records, record bytes, records at, count, epoch, sequence, size
    "pmu,         512, 64,  0, 32768, 32776, 32784, 32832",
    "scope_stats, 512, 80, 64,     0,     8,    16, 41024"
  })
  void shouldShapeTheOtherBuffers(
      String label, int records, int bytes, int first, int count, int epoch, int seq, int size) {
    BufferKind kind = Region.ofLabel(label).kinds().get(0);
    BufferLayout buffer = Layout.parse("chip-2026.09/a2a3").buffer(kind);
    assertEquals(records, buffer.records());
    assertEquals(bytes, kind.recordBytes());
    assertEquals(first, buffer.recordsOffset());
    assertEquals(count, buffer.countOffset());
    assertEquals(epoch, buffer.runEpochOffset());
    assertEquals(seq, buffer.localSeqOffset());
    assertEquals(size, buffer.sizeBytes());
  }

  @ParameterizedTest
  @CsvSource({"a2a3, 1060, 1076, 1096, 1128, 1132", "a5, 1324, 1340, 1360, 1392, 1396"})
  void shouldPlaceTheCapacities(
      String platform, int window, int depPool, int heap, int tensormap, int fatal) {
    ScopeStatsHeader header = Layout.parse("chip-2026.09/" + platform).scopeStatsHeader();
    assertEquals(window, header.taskWindowOffset());
    assertEquals(depPool, header.depPoolOffset());
    assertEquals(heap, header.heapOffset());
    assertEquals(tensormap, header.tensormapOffset());
    assertEquals(fatal, header.fatalOffset());
  }

  @Test
  void shouldHaveOtherRegionsInTheNewestLayoutOnly() {
    int all = Region.SWIMLANE_ONLY | 1 << Region.PMU.number();
    Layout newest = Layout.parse("chip-2026.09/a2a3");
    Geometry geometry = new Geometry(newest, 24, 3, 1, 4, all, 2);
    assertEquals(24, geometry.activeInstances(BufferKind.PMU));
    assertEquals(0, geometry.activeInstances(BufferKind.SCOPE_STATS));
    Layout older = Layout.parse("chip-2026.08/a2a3");
    assertEquals(
        "region pmu is supported for chip-2026.09 only, not chip-2026.08/a2a3",
        assertThrows(IllegalArgumentException.class, () -> new Geometry(older, 24, 3, 1, 4, all, 2))
            .getMessage());
    assertEquals(
        "the regions lack the swimlane: attach it too; the device need not fill it",
        assertThrows(IllegalArgumentException.class, () -> new Geometry(newest, 24, 3, 1, 4, 4, 2))
            .getMessage());
  }
}

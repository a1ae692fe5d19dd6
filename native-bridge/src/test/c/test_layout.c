/* test_layout.c - run-time offsets against the structs and the numbers of the wire format. */
#include <string.h>

#include "sluice_attach.h"
#include "sluice_layout.h"
#include "sluice_recycle.h"
#include "sluice_region.h"
#include "sluice_shared.h"
#include "test.h"

static uint64_t row(const char *layout, const char *type, const char *field) {
  size_t rows;
  const struct sluice_abi_row *table = sluice_abi_table(&rows);
  for (size_t i = 0; i < rows; i++) {
    if (strcmp(table[i].layout, layout) == 0 && strcmp(table[i].type, type) == 0 &&
        strcmp(table[i].field, field) == 0) {
      return table[i].value;
    }
  }
  test_failed(__FILE__, __LINE__, "no row %s %s %s", layout, type, field);
  return UINT64_MAX;
}

static void defaults_match_the_structs(void) {
  const uint16_t platforms[] = {SLUICE_A2A3, SLUICE_A5};
  for (uint16_t generation = SLUICE_L2_2026_06; generation <= SLUICE_CHIP_2026_09; generation++) {
    for (unsigned p = 0; p < 2; p++) {
      struct sluice_geometry g = {
          .generation = generation, .platform = platforms[p], .num_cores = 3};
      struct sluice_layout l;
      const char *name = sluice_layout_name(generation, platforms[p]);
      CHECK(sluice_layout_init(&l, &g) == NULL);
      CHECK_EQUAL(row(name, "DataHeader", "sizeof"), l.header_bytes);
      CHECK_EQUAL(row(name, "DataHeader", "queue_heads"), l.heads_at);
      CHECK_EQUAL(row(name, "DataHeader", "queue_tails"), l.tails_at);
      CHECK_EQUAL(row(name, "DataHeader", "num_cores"), l.num_cores_at);
      CHECK_EQUAL(row(name, "DataHeader", "level"), l.level_at);
      CHECK_EQUAL(row(name, "DataHeader", "num_sched_phase_threads"), l.sched_threads_at);
      CHECK_EQUAL(row(name, "DataHeader", "num_orch_phase_threads"), l.orch_threads_at);
      CHECK_EQUAL(row(name, "DataHeader", "num_phase_cores"), l.phase_cores_at);
      CHECK_EQUAL(row(name, "DataHeader", "core_to_thread"), l.core_to_thread_at);
      if (generation == SLUICE_CHIP_2026_08) {
        CHECK_EQUAL(row(name, "DataHeader", "rq_freeze_active"), l.backpressure_at);
      } else {
        CHECK_EQUAL(0, l.backpressure_at);
      }
      if (generation == SLUICE_CHIP_2026_09) {
        CHECK_EQUAL(row(name, "DataHeader", "handoff_schema"), l.schema_at);
        CHECK_EQUAL(row(name, "Region", "sizeof"), l.region_bytes);
        CHECK_EQUAL(row(name, "Region", "aicore_task"), l.pools_at[SLUICE_KIND_AICORE_TASK]);
        CHECK_EQUAL(row(name, "Region", "terminals"), l.pools_end + sluice_terminal_in_bank(&l, 0, 0));
        CHECK_EQUAL(row(name, "Region", "last_terminal"),
                    l.pools_end + 2 * l.terminal_bank_bytes +
                        sluice_terminal_in_bank(&l, SLUICE_KIND_ORCH_PHASE, l.threads - 1));
        CHECK_EQUAL(row("all", "NamedAicpuTaskBuffer", "run_epoch"), l.epoch_at[0]);
        CHECK_EQUAL(row("all", "NamedAicoreTaskBuffer", "local_seq"), l.local_seq_at[3]);
      } else {
        CHECK_EQUAL(0, l.schema_at);
        CHECK_EQUAL(0, l.epoch_at[0]);
        CHECK_EQUAL(l.pools_end, l.region_bytes);
      }
      CHECK_EQUAL(row("all", "Pool", "sizeof"), l.pool_bytes);
      CHECK_EQUAL(row("all", "Pool", "head"), l.fq_head_at);
      CHECK_EQUAL(row("all", "Pool", "tail"), l.fq_tail_at);
      CHECK_EQUAL(row("all", "AicpuTaskBuffer", "count"), l.count_at[0]);
      CHECK_EQUAL(row("all", "SchedPhaseBuffer", "count"), l.count_at[1]);
      CHECK_EQUAL(row("all", "OrchPhaseBuffer", "count"), l.count_at[2]);
      CHECK_EQUAL(row("all", "AicoreTaskBuffer", "count"), l.count_at[3]);
      CHECK_EQUAL(row("all", "AicpuTaskBuffer", "sizeof"), l.buffer_bytes[0]);
      CHECK_EQUAL(row("all", "SchedPhaseBuffer", "sizeof"), l.buffer_bytes[1]);
      CHECK_EQUAL(row("all", "OrchPhaseBuffer", "sizeof"), l.buffer_bytes[2]);
      CHECK_EQUAL(row("all", "AicoreTaskBuffer", "sizeof"), l.buffer_bytes[3]);
    }
  }
}

/* Measured with the public headers: cores, pool offsets, region size. */
static void regions_match_the_measured_ones(void) {
  static const struct {
    const char *layout;
    uint32_t cores;
    size_t aicpu, aicore, sched, orch, total;
  } measured[] = {
      {"l2-2026.06/a2a3", 1, 127104, 127296, 127488, 128256, 129024},
      {"l2-2026.07/a2a3", 24, 127104, 131712, 136320, 137088, 137856},
      {"l2-2026.07/a2a3", 72, 127104, 140928, 154752, 155520, 156288},
      {"chip-2026.08/a2a3", 3, 127168, 127744, 128320, 129088, 129856},
      {"chip-2026.08/a2a3", 72, 127168, 140992, 154816, 155584, 156352},
      {"l2-2026.06/a5", 3, 340672, 341248, 341824, 343168, 344512},
      {"l2-2026.07/a5", 108, 340672, 361408, 382144, 383488, 384832},
      {"chip-2026.08/a5", 3, 233152, 233728, 234304, 235264, 236224},
      {"chip-2026.08/a5", 108, 233152, 253888, 274624, 275584, 276544},
      {"chip-2026.09/a2a3", 24, 127104, 140928, 154752, 155520, 156288},
      {"chip-2026.09/a5", 3, 233152, 253888, 274624, 275584, 276544},
  };
  for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++) {
    struct sluice_geometry g = {.num_cores = measured[i].cores};
    struct sluice_layout l;
    CHECK_EQUAL(0, sluice_layout_parse(measured[i].layout, &g.generation, &g.platform));
    CHECK(sluice_layout_init(&l, &g) == NULL);
    CHECK_EQUAL(measured[i].aicpu, l.pools_at[SLUICE_KIND_AICPU_TASK]);
    CHECK_EQUAL(measured[i].aicore, l.pools_at[SLUICE_KIND_AICORE_TASK]);
    CHECK_EQUAL(measured[i].sched, l.pools_at[SLUICE_KIND_SCHED_PHASE]);
    CHECK_EQUAL(measured[i].orch, l.pools_at[SLUICE_KIND_ORCH_PHASE]);
    CHECK_EQUAL(measured[i].total, l.pools_end);
  }
}

static void overrides_move_the_offsets(void) {
  struct sluice_geometry g = {.generation = SLUICE_L2_2026_07,
                              .platform = SLUICE_A2A3,
                              .num_cores = 2,
                              .slot_count = 16,
                              .ready_queue_entries = 100,
                              .buffer_records = {10, 20, 30, 64}};
  struct sluice_layout l;
  CHECK(sluice_layout_init(&l, &g) == NULL);
  CHECK_EQUAL(4 * 100 * 32, l.heads_at);
  CHECK_EQUAL((4 * 100 * 32 + 32 + 20 + 72 + 63) / 64 * 64, l.header_bytes);
  CHECK_EQUAL(64 + 128, l.fq_head_at);
  CHECK_EQUAL(64 + 192, l.pool_bytes);
  CHECK_EQUAL(320, l.count_at[0]);
  CHECK_EQUAL(384, l.buffer_bytes[0]);
  CHECK_EQUAL(1280, l.count_at[1]);
  CHECK_EQUAL(1344, l.buffer_bytes[1]);
}

static void impossible_geometry_is_refused(void) {
  const struct sluice_geometry good = {
      .generation = SLUICE_L2_2026_07, .platform = SLUICE_A2A3, .num_cores = 2};
  struct sluice_layout l;
  struct sluice_geometry g = good;
  CHECK(sluice_layout_init(&l, &g) == NULL);
  g.generation = 9;
  CHECK(sluice_layout_init(&l, &g) != NULL);
  g = good;
  g.num_cores = 73;
  CHECK(sluice_layout_init(&l, &g) != NULL);
  g.num_cores = 0;
  CHECK(sluice_layout_init(&l, &g) != NULL);
  g = good;
  g.slot_count = 6;
  CHECK(sluice_layout_init(&l, &g) != NULL);
  g = good;
  g.buffer_records[SLUICE_KIND_AICORE_TASK] = 1000;
  CHECK(sluice_layout_init(&l, &g) != NULL);
  g = good;
  g.facts = SLUICE_OVERRIDE(SLUICE_FACT_GRID, 2);
  CHECK(sluice_layout_init(&l, &g) != NULL);
  g = good;
  g.ready_queue_entries = 1;
  CHECK(sluice_layout_init(&l, &g) != NULL);
}

static void check_state(const char *name, const char *type, const struct sluice_region_layout *r) {
  CHECK_EQUAL(row(name, type, "sizeof"), r->pool_bytes);
  CHECK_EQUAL(row(name, type, "head"), r->fq_head_at);
  CHECK_EQUAL(row(name, type, "tail"), r->fq_tail_at);
  CHECK_EQUAL(row(name, type, "current_buf_ptr"), r->ptr_at);
  CHECK_EQUAL(row(name, type, "current_buf_seq"), r->seq_at);
  CHECK_EQUAL(row(name, type, "total_record_count"), r->total_at);
  CHECK_EQUAL(row(name, type, "dropped_record_count"), r->dropped_at);
}

static void check_region(const char *name, const char *type, const char *count, const char *buffer,
                         const struct sluice_region_layout *r) {
  CHECK_EQUAL(row(name, type, "sizeof"), r->header_bytes);
  CHECK_EQUAL(row(name, type, "queue_heads"), r->heads_at);
  CHECK_EQUAL(row(name, type, "queue_tails"), r->tails_at);
  CHECK_EQUAL(row(name, type, count), r->words_at);
  CHECK_EQUAL(row("all", buffer, "sizeof"), r->buffer_bytes);
  CHECK_EQUAL(row("all", buffer, "records"), r->records_at);
  CHECK_EQUAL(row("all", buffer, "count"), r->count_at);
  CHECK_EQUAL(row("all", buffer, "run_epoch"), r->epoch_at);
  CHECK_EQUAL(row("all", buffer, "local_seq"), r->local_seq_at);
}

static void other_regions_match_the_structs(void) {
  const uint16_t platforms[] = {SLUICE_A2A3, SLUICE_A5};
  for (unsigned p = 0; p < 2; p++) {
    struct sluice_geometry g = {
        .generation = SLUICE_CHIP_2026_09, .platform = platforms[p], .num_cores = 24};
    const char *name = sluice_layout_name(SLUICE_CHIP_2026_09, platforms[p]);
    struct sluice_layout l;
    struct sluice_region_layout r;
    CHECK(sluice_layout_init(&l, &g) == NULL);
    CHECK_EQUAL(0, sluice_region_init(&r, &l, SLUICE_REGION_PMU));
    check_region(name, "PmuHeader", "num_cores", "PmuBuffer", &r);
    check_state(name, "PmuState", &r);
    CHECK_EQUAL(p == 0 ? 23104 : 42496, r.region_bytes);
    CHECK_EQUAL(0, sluice_region_init(&r, &l, SLUICE_REGION_SCOPE_STATS));
    check_region(name, "ScopeStatsHeader", "num_instances", "ScopeStatsBuffer", &r);
    check_state(name, "ScopeStatsState", &r);
    CHECK_EQUAL(p == 0 ? 1344 : 1600, r.region_bytes);
    CHECK_EQUAL(-1, sluice_region_init(&r, &l, SLUICE_REGION_DEP_GEN));
    g.generation = SLUICE_CHIP_2026_08;
    CHECK(sluice_layout_init(&l, &g) == NULL);
    CHECK_EQUAL(-1, sluice_region_init(&r, &l, SLUICE_REGION_PMU));
  }
}

static void regions_that_overlap_are_refused(void) {
  struct sluice_geometry g = {
      .generation = SLUICE_CHIP_2026_09, .platform = SLUICE_A2A3, .num_cores = 24};
  struct sluice_layout l;
  const uint32_t both = SLUICE_REGION(SLUICE_REGION_SWIMLANE) | SLUICE_REGION(SLUICE_REGION_PMU);
  uint64_t offsets[SLUICE_REGIONS] = {[SLUICE_REGION_PMU] = 262144};
  uint64_t sizes[SLUICE_REGIONS] = {[SLUICE_REGION_SWIMLANE] = 185472,
                                    [SLUICE_REGION_PMU] = 23104};
  const uint64_t bytes = 262144 + 23104;
  CHECK(sluice_layout_init(&l, &g) == NULL);
  CHECK(sluice_regions_are_sound(offsets, sizes, bytes, &l, both));
  CHECK(sluice_regions_are_sound(offsets, sizes, bytes, &l, 0));
  CHECK(!sluice_regions_are_sound(offsets, sizes, bytes - 1, &l, both));
  offsets[SLUICE_REGION_PMU] = 185472 - 64;
  CHECK(!sluice_regions_are_sound(offsets, sizes, bytes, &l, both));
  offsets[SLUICE_REGION_PMU] = 185472;
  CHECK(sluice_regions_are_sound(offsets, sizes, bytes, &l, both));
  offsets[SLUICE_REGION_PMU] = 185480;
  CHECK(!sluice_regions_are_sound(offsets, sizes, bytes, &l, both));
  offsets[SLUICE_REGION_PMU] = 262144;
  sizes[SLUICE_REGION_PMU] = 23103;
  CHECK(!sluice_regions_are_sound(offsets, sizes, bytes, &l, both));
  sizes[SLUICE_REGION_PMU] = 0;
  CHECK(!sluice_regions_are_sound(offsets, sizes, bytes, &l, both));
  CHECK(sluice_regions_are_sound(offsets, sizes, bytes, &l, 0));
}

static void full_buffers_of_other_regions_are_recycled(void) {
  static _Alignas(64) uint8_t memory[1 << 18];
  struct sluice_geometry g = {
      .generation = SLUICE_CHIP_2026_09, .platform = SLUICE_A5, .num_cores = 3};
  struct sluice_region_layout pmu;
  struct sluice_recycler r = {.host_base = memory, .device_base = 1 << 20, .arena_bytes = 1 << 18};
  CHECK(sluice_layout_init(&r.layout, &g) == NULL);
  CHECK_EQUAL(0, sluice_region_init(&pmu, &r.layout, SLUICE_REGION_PMU));
  const size_t buffer = 1 << 17;
  uint8_t *entry = memory + sluice_region_entry_at(&pmu, 1, 0);
  store32_relaxed(memory + buffer + pmu.count_at, 77);
  store32_relaxed(entry + SLUICE_ENTRY_CORE, 2);
  store64_relaxed(entry + SLUICE_ENTRY_PTR, r.device_base + buffer);
  store32_relaxed(entry + SLUICE_ENTRY_BYTES + SLUICE_ENTRY_CORE, 3); /* no such core */
  store64_relaxed(entry + SLUICE_ENTRY_BYTES + SLUICE_ENTRY_PTR, r.device_base + buffer);
  store32_relaxed(memory + pmu.tails_at + 4, 2);
  CHECK_EQUAL(0, sluice_recycle_region(&r, &pmu, 0, 0, 9));
  CHECK_EQUAL(2, sluice_recycle_region(&r, &pmu, 0, 1, 9));
  CHECK_EQUAL(2, load32_relaxed(memory + pmu.heads_at + 4));
  const uint8_t *state = memory + sluice_state_at(&pmu, 2);
  CHECK_EQUAL(1, load32_relaxed(state + pmu.fq_tail_at));
  CHECK_EQUAL(r.device_base + buffer, load64_relaxed(state));
  CHECK_EQUAL(0, load32_relaxed(memory + buffer + pmu.count_at));
  CHECK_EQUAL(77, r.lost_records[SLUICE_KIND_PMU]);
  CHECK_EQUAL(1, r.lost_buffers[SLUICE_KIND_PMU]);
}

const struct test layout_tests[] = {
    {"layout: defaults match the structs", defaults_match_the_structs},
    {"layout: regions match the measured ones", regions_match_the_measured_ones},
    {"layout: overrides move the offsets", overrides_move_the_offsets},
    {"layout: impossible geometry is refused", impossible_geometry_is_refused},
    {"layout: other regions match the structs", other_regions_match_the_structs},
    {"layout: regions that overlap are refused", regions_that_overlap_are_refused},
    {"layout: full buffers of other regions are recycled", full_buffers_of_other_regions_are_recycled},
    {NULL, NULL},
};

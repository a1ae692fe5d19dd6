#include "sluice_layout.h"

#include <string.h>

#define MAX_SLOTS 64 /* as the daemon */
#define MAX_RECORDS (1u << 20)
#define MAX_QUEUE_ENTRIES (1u << 16)

/* In the order of enum sluice_fact. */
#define L2_2026_06_FACTS(queues) \
  { queues, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
#define L2_2026_07_FACTS(queues) \
  { queues, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0 }
#define CHIP_2026_08_FACTS(queues) \
  { queues, 0, 1, 0, 2, 0, 0, 0, 0, 2, 1, 1, 1, 0, 0, 0 }

#define CHIP_2026_09_FACTS(queues) \
  { queues, 1, 0, 1, 3, 1, 1, 2, 2, 3, 1, 1, 1, 1, 1, 1 }

static const uint8_t queues_of[] = {4, 5, 7};
static const uint8_t banks_of[] = {0, 2, 3};
static const uint8_t values_of[SLUICE_FACTS] = {3, 2, 2, 2, 5, 2, 2, 3, 3, 4, 2, 2, 2, 2, 2, 2};

static const struct {
  const char *name;
  uint16_t generation;
  uint16_t platform;
  uint8_t facts[SLUICE_FACTS];
} known[] = {
    {"l2-2026.06/a2a3", SLUICE_L2_2026_06, SLUICE_A2A3, L2_2026_06_FACTS(0)},
    {"l2-2026.06/a5", SLUICE_L2_2026_06, SLUICE_A5, L2_2026_06_FACTS(2)},
    {"l2-2026.07/a2a3", SLUICE_L2_2026_07, SLUICE_A2A3, L2_2026_07_FACTS(0)},
    {"l2-2026.07/a5", SLUICE_L2_2026_07, SLUICE_A5, L2_2026_07_FACTS(2)},
    {"chip-2026.08/a2a3", SLUICE_CHIP_2026_08, SLUICE_A2A3, CHIP_2026_08_FACTS(0)},
    {"chip-2026.08/a5", SLUICE_CHIP_2026_08, SLUICE_A5, CHIP_2026_08_FACTS(1)},
    {"chip-2026.09/a2a3", SLUICE_CHIP_2026_09, SLUICE_A2A3, CHIP_2026_09_FACTS(0)},
    {"chip-2026.09/a5", SLUICE_CHIP_2026_09, SLUICE_A5, CHIP_2026_09_FACTS(1)},
};

#define KNOWN (sizeof known / sizeof known[0])

static size_t align_up(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

static int is_power_of_two(uint32_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

const char *sluice_layout_name(uint32_t generation, uint32_t platform) {
  for (size_t i = 0; i < KNOWN; i++) {
    if (known[i].generation == generation && known[i].platform == platform) {
      return known[i].name;
    }
  }
  return NULL;
}

int sluice_layout_parse(const char *name, uint16_t *generation, uint16_t *platform) {
  for (size_t i = 0; i < KNOWN; i++) {
    if (strcmp(known[i].name, name) == 0) {
      *generation = known[i].generation;
      *platform = known[i].platform;
      return 0;
    }
  }
  return -1;
}

uint64_t sluice_platform_hz(uint32_t platform) {
  return platform == SLUICE_A5 ? 1000000000u : 50000000u;
}

static void place_header(struct sluice_layout *l) {
  l->heads_at = (size_t)l->threads * l->queue_entries * SLUICE_ENTRY_BYTES;
  l->tails_at = l->heads_at + 4 * (size_t)l->threads;
  l->num_cores_at = l->tails_at + 4 * (size_t)l->threads;
  l->level_at = l->num_cores_at + 4;
  l->sched_threads_at = l->num_cores_at + 8;
  l->orch_threads_at = l->num_cores_at + 12;
  l->phase_cores_at = l->num_cores_at + 16;
  l->core_to_thread_at = l->num_cores_at + 20;
  size_t end = align_up(l->core_to_thread_at + l->max_cores, 4);
  if (l->facts[SLUICE_FACT_BACKPRESSURE] == 1) {
    l->backpressure_at = end;
    end += sizeof(struct Backpressure);
  }
  if (sluice_entries_are_counted(l)) {
    l->schema_at = end;
    end += 4;
  }
  l->header_bytes = align_up(end, 64);
}

static void place_pools(struct sluice_layout *l) {
  l->fq_head_at = SLUICE_POOL_SLOTS + 8 * (size_t)l->slots;
  l->fq_tail_at = l->fq_head_at + 4;
  /* The padding that follows the indices in the device's FreeQueue is 52 bytes for any slot
   * count. */
  l->pool_bytes = SLUICE_POOL_SLOTS + align_up(8 * (size_t)l->slots + 8 + 52, 64);

  uint32_t grid = l->facts[SLUICE_FACT_GRID] == 1 ? l->max_cores : l->cores;
  l->pool_count[SLUICE_KIND_AICPU_TASK] = grid;
  l->pool_count[SLUICE_KIND_AICORE_TASK] = grid;
  l->pool_count[SLUICE_KIND_SCHED_PHASE] = l->threads;
  l->pool_count[SLUICE_KIND_ORCH_PHASE] = l->threads;

  /* The order in the region differs from the order of the kind numbers. */
  static const uint8_t order[SLUICE_KINDS] = {SLUICE_KIND_AICPU_TASK, SLUICE_KIND_AICORE_TASK,
                                              SLUICE_KIND_SCHED_PHASE, SLUICE_KIND_ORCH_PHASE};
  size_t at = l->header_bytes;
  for (unsigned i = 0; i < SLUICE_KINDS; i++) {
    l->pools_at[order[i]] = at;
    at += l->pool_count[order[i]] * l->pool_bytes;
  }
  l->pools_end = at;
  l->terminal_bank_bytes = 2 * (size_t)(grid + l->threads) * SLUICE_TERMINAL_BYTES;
  l->region_bytes = at + banks_of[l->facts[SLUICE_FACT_TERMINAL_BANKS]] * l->terminal_bank_bytes;
}

static void size_buffers(struct sluice_layout *l) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    l->record_bytes[kind] = kind == SLUICE_KIND_SCHED_PHASE ? 64 : 32;
    l->count_at[kind] = (size_t)l->record_bytes[kind] * l->records[kind];
    size_t end = l->count_at[kind] + 4;
    if (l->facts[SLUICE_FACT_BUFFER_IDENTITY] == 1) {
      l->epoch_at[kind] = align_up(end, 8);
      l->local_seq_at[kind] = l->epoch_at[kind] + 8;
      end = l->local_seq_at[kind] + 4;
    }
    l->buffer_bytes[kind] = align_up(end, 64);
  }
}

const char *sluice_layout_init(struct sluice_layout *l, const struct sluice_geometry *g) {
  static const uint32_t default_records[SLUICE_KINDS] = {
      SLUICE_AICPU_TASK_RECORDS, SLUICE_SCHED_PHASE_RECORDS, SLUICE_ORCH_PHASE_RECORDS,
      SLUICE_AICORE_TASK_RECORDS};
  memset(l, 0, sizeof *l);
  size_t i = 0;
  while (i < KNOWN && (known[i].generation != g->generation || known[i].platform != g->platform)) {
    i++;
  }
  if (i == KNOWN) {
    return "no such generation and platform";
  }
  l->generation = known[i].generation;
  l->platform = known[i].platform;
  for (unsigned fact = 0; fact < SLUICE_FACTS; fact++) {
    unsigned override = g->facts >> 4 * fact & 15;
    l->facts[fact] = override != 0 ? (uint8_t)(override - 1) : known[i].facts[fact];
    if (l->facts[fact] >= values_of[fact]) {
      return "override of a fact with an unknown value";
    }
  }
  l->threads = queues_of[l->facts[SLUICE_FACT_QUEUES]];
  l->max_cores = l->platform == SLUICE_A5 ? 108 : 72;
  /* As the reference computes it: 8 + 4 buffers per core, 2 * 16 per thread. */
  l->queue_entries =
      g->ready_queue_entries != 0 ? g->ready_queue_entries : 12 * l->max_cores + 32 * l->threads;
  l->slots = g->slot_count != 0 ? g->slot_count : SLUICE_SLOTS;
  l->cores = g->num_cores;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    l->records[kind] =
        g->buffer_records[kind] != 0 ? g->buffer_records[kind] : default_records[kind];
    if (l->records[kind] > MAX_RECORDS) {
      return "more than 1048576 records per buffer";
    }
  }
  if (l->cores < 1 || l->cores > l->max_cores) {
    return "number of cores outside the layout";
  }
  if (!is_power_of_two(l->slots) || l->slots > MAX_SLOTS) {
    /* slot = index % slots must stay continuous when the free-running index wraps at 2^32 */
    return "the slot count must be a power of two, at most 64";
  }
  if (l->queue_entries < 2 || l->queue_entries > MAX_QUEUE_ENTRIES) {
    return "ready queue entries outside 2..65536";
  }
  if (!is_power_of_two(l->records[SLUICE_KIND_AICORE_TASK])) {
    return "AICore records per buffer must be a power of two";
  }
  size_buffers(l);
  place_header(l);
  place_pools(l);
  return NULL;
}

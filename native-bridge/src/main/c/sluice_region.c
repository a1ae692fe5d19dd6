#include "sluice_region.h"

#include <string.h>

#define STATE_BYTES 192
#define STATE_PTR 128
#define PMU_RING_BYTES 128

const uint8_t sluice_other_regions[SLUICE_OTHER_REGIONS] = {SLUICE_REGION_PMU,
                                                            SLUICE_REGION_SCOPE_STATS};

static size_t align_up(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

static void place_queues(struct sluice_region_layout *r) {
  r->heads_at = (size_t)r->threads * r->queue_entries * SLUICE_ENTRY_BYTES;
  r->tails_at = r->heads_at + 4 * (size_t)r->threads;
  r->words_at = r->tails_at + 4 * (size_t)r->threads;
}

static void init_pmu(struct sluice_region_layout *r, const struct sluice_layout *l) {
  int is_a5 = l->platform == SLUICE_A5;
  r->kind = SLUICE_KIND_PMU;
  r->queue_entries = 2 * l->max_cores;
  r->pools = l->cores;
  r->slots = 4;
  r->records = SLUICE_PMU_RECORDS;
  r->record_bytes = sizeof(struct PmuRecord);
  r->count_at = (size_t)r->records * r->record_bytes;
  r->epoch_at = r->count_at + 8;
  r->local_seq_at = r->count_at + 16;
  r->buffer_bytes = align_up(r->local_seq_at + 4, 64);
  place_queues(r);
  r->header_bytes = align_up(r->words_at + 8, 64);
  r->seq_at = is_a5 ? 144 : 136;
  r->total_at = is_a5 ? 148 : 144;
  r->dropped_at = is_a5 ? 152 : 140;
  size_t end = r->header_bytes + (size_t)r->pools * STATE_BYTES;
  if (is_a5) {
    r->ring_table_at = end + (size_t)r->pools * PMU_RING_BYTES;
    end = r->ring_table_at + 8 * (size_t)r->pools;
  }
  r->region_bytes = end;
}

static void init_scope_stats(struct sluice_region_layout *r) {
  r->kind = SLUICE_KIND_SCOPE_STATS;
  r->queue_entries = 8;
  r->pools = 1;
  r->slots = 8;
  r->records = SLUICE_SCOPE_STATS_RECORDS;
  r->record_bytes = sizeof(struct ScopeStatsRecord);
  r->records_at = 64;
  r->epoch_at = 8;
  r->local_seq_at = 16;
  r->buffer_bytes = r->records_at + (size_t)r->records * r->record_bytes;
  place_queues(r);
  r->header_bytes = align_up(align_up(r->words_at + 36, 8) + 40, 64);
  r->seq_at = 136;
  r->total_at = 144;
  r->dropped_at = 140;
  r->region_bytes = r->header_bytes + STATE_BYTES;
}

int sluice_region_init(struct sluice_region_layout *r, const struct sluice_layout *l,
                       unsigned number) {
  memset(r, 0, sizeof *r);
  r->region = number;
  r->threads = l->threads;
  r->pool_bytes = STATE_BYTES;
  r->ptr_at = STATE_PTR;
  if (l->generation != SLUICE_CHIP_2026_09) {
    return -1;
  }
  switch (number) {
    case SLUICE_REGION_PMU:
      init_pmu(r, l);
      break;
    case SLUICE_REGION_SCOPE_STATS:
      init_scope_stats(r);
      break;
    default:
      return -1;
  }
  r->fq_head_at = 8 * (size_t)r->slots;
  r->fq_tail_at = r->fq_head_at + 4;
  return 0;
}

static size_t least_bytes(const struct sluice_layout *layout, unsigned number) {
  struct sluice_region_layout region;
  if (number == SLUICE_REGION_SWIMLANE) {
    return layout->region_bytes;
  }
  return sluice_region_init(&region, layout, number) == 0 ? region.region_bytes : 1;
}

int sluice_regions_are_sound(const uint64_t offsets[SLUICE_REGIONS],
                             const uint64_t sizes[SLUICE_REGIONS], uint64_t arena_bytes,
                             const struct sluice_layout *layout, uint32_t asked) {
  uint32_t wanted = asked != 0 ? asked : SLUICE_REGION(SLUICE_REGION_SWIMLANE);
  for (unsigned i = 0; i < SLUICE_REGIONS; i++) {
    if ((wanted & SLUICE_REGION(i)) != 0 && sizes[i] < least_bytes(layout, i)) {
      return 0;
    }
    if (sizes[i] > arena_bytes || offsets[i] > arena_bytes - sizes[i] || offsets[i] % 64 != 0) {
      return 0;
    }
    for (unsigned before = 0; before < i; before++) {
      if (sizes[i] > 0 && sizes[before] > 0 && offsets[i] < offsets[before] + sizes[before] &&
          offsets[before] < offsets[i] + sizes[i]) {
        return 0;
      }
    }
  }
  return 1;
}

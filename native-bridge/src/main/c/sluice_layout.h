/*
 * sluice_layout.h - the offsets of one region as run-time values, with the overrides of a rebuilt
 * runtime applied.
 *
 * sluice_abi.h has the same numbers as types, for the defaults only.
 */
#ifndef SLUICE_LAYOUT_H
#define SLUICE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "sluice_abi.h"
#include "sluice_attach.h"

#define SLUICE_MAX_THREADS 7
#define SLUICE_MAX_CORES 108
#define SLUICE_ENTRY_BYTES 32

/* Inside an ActiveHead, and so inside a pool. */
#define SLUICE_POOL_PTR 0
#define SLUICE_POOL_SEQ 8
#define SLUICE_POOL_TOTAL 12
#define SLUICE_POOL_DROPPED 16
#define SLUICE_POOL_LIVE 20
#define SLUICE_POOL_PUBLISHED_RECORDS 24
#define SLUICE_POOL_PUBLISHED_BUFFERS 28
#define SLUICE_POOL_SLOTS 64

/* Inside a ready queue entry. */
#define SLUICE_ENTRY_CORE 0
#define SLUICE_ENTRY_KIND 4
#define SLUICE_ENTRY_PTR 8
#define SLUICE_ENTRY_SEQ 16
#define SLUICE_ENTRY_RECORDS 20
#define SLUICE_ENTRY_EPOCH 24

/* The line of a producer in a terminal bank. */
#define SLUICE_TERMINAL_BYTES 64
#define SLUICE_TERMINAL_EPOCH 0
#define SLUICE_TERMINAL_TOTAL 8
#define SLUICE_TERMINAL_DROPPED 12
#define SLUICE_TERMINAL_PUBLISHED_RECORDS 16
#define SLUICE_TERMINAL_PUBLISHED_BUFFERS 20
#define SLUICE_TERMINAL_LIVE 24

struct sluice_layout {
  uint32_t generation;
  uint32_t platform;
  uint8_t facts[SLUICE_FACTS];
  uint32_t threads;       /* ready queues, and stride of the phase pools */
  uint32_t queue_entries; /* of one ready queue; one stays unused */
  uint32_t max_cores;
  uint32_t cores;
  uint32_t slots;

  uint32_t records[SLUICE_KINDS]; /* per buffer */
  uint32_t record_bytes[SLUICE_KINDS];
  size_t count_at[SLUICE_KINDS]; /* inside a buffer */
  size_t epoch_at[SLUICE_KINDS]; /* inside a buffer; 0 for none */
  size_t local_seq_at[SLUICE_KINDS];
  size_t buffer_bytes[SLUICE_KINDS];

  /* inside the region */
  size_t heads_at;
  size_t tails_at;
  size_t num_cores_at;
  size_t level_at;
  size_t sched_threads_at;
  size_t orch_threads_at;
  size_t phase_cores_at;
  size_t core_to_thread_at;
  size_t backpressure_at; /* 0 for none */
  size_t schema_at;       /* 0 for none */
  size_t header_bytes;
  size_t pools_at[SLUICE_KINDS]; /* first pool of a kind */
  uint32_t pool_count[SLUICE_KINDS];
  size_t pool_bytes;
  size_t pools_end;
  size_t terminal_bank_bytes;
  size_t region_bytes;

  /* inside a pool */
  size_t fq_head_at;
  size_t fq_tail_at;
};

/*
 * Fills layout for the geometry's generation, platform, cores and overrides (0 = the layout's
 * default). Returns NULL, or what is wrong with the geometry.
 */
const char *sluice_layout_init(struct sluice_layout *layout,
                               const struct sluice_geometry *geometry);

/* "l2-2026.06/a2a3" and so on; NULL if unknown. */
const char *sluice_layout_name(uint32_t generation, uint32_t platform);

/* The reverse of sluice_layout_name: 0, or -1 if no layout has this name. */
int sluice_layout_parse(const char *name, uint16_t *generation, uint16_t *platform);

/* Timestamp ticks per second of a platform. */
uint64_t sluice_platform_hz(uint32_t platform);

static inline size_t sluice_pool_at(const struct sluice_layout *l, unsigned kind,
                                    unsigned instance) {
  return l->pools_at[kind] + instance * l->pool_bytes;
}

/* Names for single facts. */
static inline int sluice_entries_are_unordered(const struct sluice_layout *l) {
  return l->facts[SLUICE_FACT_ENTRY_ORDER] == 0;
}

static inline int sluice_entries_are_counted(const struct sluice_layout *l) {
  return l->facts[SLUICE_FACT_READY_ENTRY] == 1;
}

/* Offset of a pool's line in its bank; lines are in pool order. */
static inline size_t sluice_terminal_in_bank(const struct sluice_layout *l, unsigned kind,
                                             unsigned instance) {
  size_t pool = (l->pools_at[kind] - l->header_bytes) / l->pool_bytes + instance;
  return pool * SLUICE_TERMINAL_BYTES;
}

static inline size_t sluice_entry_at(const struct sluice_layout *l, unsigned queue,
                                     unsigned index) {
  return ((size_t)queue * l->queue_entries + index) * SLUICE_ENTRY_BYTES;
}

#endif

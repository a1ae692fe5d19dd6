/*
 * sluice_twin.c - buffers from the device to the arena, and the life of a pair of regions.
 */
#include <stdlib.h>
#include <string.h>

#include "sluice_internal.h"
#include "sluice_shared.h"
#include "sluice_twin_parts.h"

/* Between two queues and two lots of loans: a buffer takes microseconds to copy. */
#define ENTRIES_PER_STEP 8

/* l2-2026.06 has no barrier between entry and tail: so long may it take to see an entry whole. */
#define TORN_NS 200000u

/* Pools that moved without an entry, and counters; rarely when nothing has moved for a while. */
#define SWEEP_NS 2000000u
#define IDLE_SWEEP_NS 20000000u
#define IDLE_AFTER_NS 100000000u

#define ZERO_BYTES 65536u

/* ---- device to arena: buffers ---------------------------------------------------------------- */

/* The one copy of a payload. The count of an AICore buffer is a hint: all of its slots (C2). */
static void copy_payload(struct sluice_twin *t, unsigned kind, uint32_t index) {
  const struct sluice_layout *l = &t->layout;
  size_t at = twin_buffer_offset(t, kind, index);
  uint32_t count = l->records[kind];
  size_t bytes = l->count_at[kind] + sizeof count;
  if (kind != SLUICE_KIND_AICORE_TASK) {
    sluice_device_read(&t->memory, at + l->count_at[kind], &count, sizeof count);
    uint32_t clamped = count <= l->records[kind] ? count : l->records[kind];
    bytes = clamped * (size_t)l->record_bytes[kind];
  }
  if (bytes != 0) {
    sluice_device_read(&t->memory, at, t->arena + at, bytes);
  }
  if (kind != SLUICE_KIND_AICORE_TASK && t->memory.failure == 0) {
    /* After the payload: if this process dies in between, nothing is salvaged that never came. */
    store32_release(t->arena + at + l->count_at[kind], count);
  }
  t->stats.payload_bytes += bytes;
}

struct entry {
  uint32_t instance;
  uint32_t kind;
  uint64_t address;
  uint32_t seq;
};

static struct entry read_entry(struct sluice_twin *t, unsigned queue, uint32_t at) {
  uint8_t bytes[SLUICE_ENTRY_BYTES] = {0};
  struct entry e;
  sluice_device_read(&t->memory, t->region_at + sluice_entry_at(&t->layout, queue, at), bytes,
                     sizeof bytes);
  memcpy(&e.instance, bytes + SLUICE_ENTRY_CORE, sizeof e.instance);
  memcpy(&e.kind, bytes + SLUICE_ENTRY_KIND, sizeof e.kind);
  memcpy(&e.address, bytes + SLUICE_ENTRY_PTR, sizeof e.address);
  memcpy(&e.seq, bytes + SLUICE_ENTRY_SEQ, sizeof e.seq);
  return e;
}

/* The buffer that an entry names, if the device has it; else -1. */
static int64_t published_buffer(const struct sluice_twin *t, const struct entry *e) {
  if (e->kind >= SLUICE_KINDS || e->instance >= t->layout.pool_count[e->kind]) {
    return -1;
  }
  int64_t index = twin_buffer_index(t, e->kind, e->address - twin_device_base(t));
  return index >= 0 && t->lent[e->kind][index] ? index : -1;
}

static void publish(struct sluice_twin *t, unsigned queue, const struct entry *e) {
  struct twin_queue *q = &t->queues[queue];
  uint8_t *entry = t->arena + t->region_at + sluice_entry_at(&t->layout, queue, q->tail);
  uint64_t address = twin_translate(t, e->address);
  store32_relaxed(entry + SLUICE_ENTRY_CORE, e->instance);
  store32_relaxed(entry + SLUICE_ENTRY_KIND, e->kind);
  store32_relaxed(entry + SLUICE_ENTRY_SEQ, e->seq);
  store64_relaxed(entry + SLUICE_ENTRY_PTR, address != 0 ? address : NOWHERE);
  q->tail = q->tail + 1 == t->layout.queue_entries ? 0 : q->tail + 1;
  store32_release(t->arena + t->region_at + t->layout.tails_at + 4 * (size_t)queue, q->tail);
}

static int has_room(const struct sluice_twin *t, unsigned queue) {
  uint32_t tail = t->queues[queue].tail;
  uint32_t next = tail + 1 == t->layout.queue_entries ? 0 : tail + 1;
  return next != load32_acquire(t->arena + t->region_at + t->layout.heads_at + 4 * (size_t)queue);
}

/* One entry at the head: 1 if it was passed on, 0 if it has to wait. */
static int forward(struct sluice_twin *t, unsigned queue, uint64_t now_ns, int is_final) {
  struct twin_queue *q = &t->queues[queue];
  int is_l2_06 = t->layout.generation == SLUICE_L2_2026_06;
  struct entry e = read_entry(t, queue, q->head);
  int64_t index = t->memory.failure == 0 ? published_buffer(t, &e) : -1;
  int is_torn =
      index < 0 || (is_l2_06 && (int32_t)(e.seq - t->pools[e.kind][e.instance].next_seq) < 0);
  if (is_l2_06 && is_torn && !is_final) {
    q->torn_since_ns = q->torn_since_ns != 0 ? q->torn_since_ns : now_ns;
    if (now_ns - q->torn_since_ns < TORN_NS) {
      return 0;
    }
  }
  q->torn_since_ns = 0;
  if (index >= 0) {
    /* After the entry: the daemon must see produced what it collects, and popped what it claims. */
    twin_look_at_pool(t, e.kind, e.instance);
    copy_payload(t, e.kind, (uint32_t)index);
  }
  if (t->memory.failure != 0) {
    return 0;
  }
  if (index >= 0) {
    t->lent[e.kind][index] = 0;
    t->pools[e.kind][e.instance].next_seq = e.seq + 1;
    t->pools[e.kind][e.instance].looks = LOOKS;
    t->stats.buffers++;
  } else {
    t->stats.violations++;
  }
  publish(t, queue, &e);
  if (is_l2_06) {
    /* So that "not yet visible" can be told from an earlier lap; before the head (C10). */
    sluice_device_store64(
        &t->memory,
        t->region_at + sluice_entry_at(&t->layout, queue, q->head) + SLUICE_ENTRY_PTR, 0);
  }
  q->head = q->head + 1 == t->layout.queue_entries ? 0 : q->head + 1;
  return 1;
}

static unsigned forward_queue(struct sluice_twin *t, unsigned queue, uint32_t tail, uint64_t now_ns,
                              int is_final) {
  struct twin_queue *q = &t->queues[queue];
  /* A wild tail is shown to the daemon, which counts it, and goes with the next one that is not. */
  uint8_t *shown = t->arena + t->region_at + t->layout.tails_at + 4 * (size_t)queue;
  twin_set32(shown, tail < t->layout.queue_entries ? q->tail : tail);
  unsigned moved = 0;
  while (q->head != tail && tail < t->layout.queue_entries && moved < ENTRIES_PER_STEP) {
    if (!has_room(t, queue)) {
      t->stats.waits++;
      break;
    }
    if (!forward(t, queue, now_ns, is_final)) {
      break;
    }
    moved++;
  }
  if (moved > 0) {
    sluice_device_store32(&t->memory, t->region_at + t->layout.heads_at + 4 * (size_t)queue,
                          q->head);
  }
  return moved;
}

static unsigned forward_queues(struct sluice_twin *t, uint64_t now_ns, int is_final) {
  uint32_t tails[SLUICE_MAX_THREADS];
  unsigned moved = 0;
  sluice_device_read(&t->memory, t->region_at + t->layout.tails_at, tails, 4 * t->layout.threads);
  for (unsigned queue = 0; queue < t->layout.threads && t->memory.failure == 0; queue++) {
    moved += forward_queue(t, queue, tails[queue], now_ns, is_final);
  }
  return moved;
}

/* ---- a run ----------------------------------------------------------------------------------- */

unsigned sluice_twin_step(struct sluice_twin *t, uint64_t now_ns, int is_final) {
  unsigned moved = forward_queues(t, now_ns, is_final);
  moved += twin_lend_all(t);
  t->worked_ns = moved > 0 ? now_ns : t->worked_ns;
  uint64_t interval = now_ns - t->worked_ns < IDLE_AFTER_NS ? SWEEP_NS : IDLE_SWEEP_NS;
  if (now_ns - t->swept_ns >= interval) {
    twin_sweep(t);
    t->swept_ns = now_ns;
  }
  t->stats.looks++;
  return moved;
}

static void zero(struct sluice_twin *t, size_t from, size_t bytes) {
  static const uint8_t zeros[ZERO_BYTES];
  for (size_t done = 0; done < bytes; done += ZERO_BYTES) {
    size_t chunk = bytes - done < ZERO_BYTES ? bytes - done : ZERO_BYTES;
    sluice_device_write(&t->memory, from + done, zeros, chunk);
  }
}

void sluice_twin_begin(struct sluice_twin *t) {
  const struct sluice_layout *l = &t->layout;
  zero(t, 0, t->buffers_at);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    int is_task = kind == SLUICE_KIND_AICPU_TASK || kind == SLUICE_KIND_AICORE_TASK;
    if (is_task) {
      /* start_time 0 is how a reader tells a slot that was never written. */
      zero(t, t->buffer_at[kind], t->buffers[kind] * l->buffer_bytes[kind]);
    }
    memset(t->lent[kind], 0, t->buffers[kind]);
    memset(t->pools[kind], 0, l->pool_count[kind] * sizeof *t->pools[kind]);
  }
  memset(t->queues, 0, sizeof t->queues);
  t->swept_ns = 0;
  t->worked_ns = 0;
  t->broken = NULL;
  /* Cores, level and core_to_thread as the daemon has set them; the last bulk write of the run. */
  size_t at = t->region_at + l->num_cores_at;
  sluice_device_write(&t->memory, at, t->arena + at, l->header_bytes - l->num_cores_at);
  twin_lend_all(t);
}

unsigned sluice_twin_backlog(struct sluice_twin *t) {
  uint32_t tails[SLUICE_MAX_THREADS];
  unsigned backlog = 0;
  sluice_device_read(&t->memory, t->region_at + t->layout.tails_at, tails, 4 * t->layout.threads);
  for (unsigned queue = 0; queue < t->layout.threads && t->memory.failure == 0; queue++) {
    uint32_t entries = t->layout.queue_entries;
    if (tails[queue] < entries) {
      backlog += (tails[queue] + entries - t->queues[queue].head) % entries;
    }
  }
  return backlog;
}

void sluice_twin_end(struct sluice_twin *t) {
  twin_sweep(t);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < t->layout.pool_count[kind]; i++) {
      twin_forget_free(t, kind, i);
    }
    for (uint32_t index = 0; index < t->buffers[kind] && t->memory.failure == 0; index++) {
      if (t->lent[kind][index]) {
        copy_payload(t, kind, index);
        t->stats.leftovers++;
      }
    }
  }
}

/* ---- life ------------------------------------------------------------------------------------ */

static int allocate(struct sluice_twin *t) {
  int is_made = 1;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    t->lent[kind] = calloc(t->buffers[kind] + 1u, 1);
    t->pools[kind] = calloc(t->layout.pool_count[kind], sizeof *t->pools[kind]);
    is_made = is_made && t->lent[kind] != NULL && t->pools[kind] != NULL;
  }
  if (t->layout.platform == SLUICE_A5) {
    t->snapshot = malloc(t->layout.region_bytes - t->layout.header_bytes);
    is_made = is_made && t->snapshot != NULL;
  }
  return is_made;
}

int sluice_twin_make(struct sluice_twin *t, const struct sluice_geometry *geometry,
                     const struct sluice_arena *arena, uint8_t *base, char *error,
                     size_t error_bytes) {
  memset(t, 0, sizeof *t);
  sluice_layout_init(&t->layout, geometry); /* was checked at attach */
  t->arena = base;
  t->arena_bytes = arena->bytes;
  t->region_at = arena->region_offset;
  t->buffers_at = arena->bytes;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    t->buffer_at[kind] = arena->buffer_offset[kind];
    t->buffers[kind] = arena->buffers[kind];
    if (t->buffers[kind] != 0 && (t->buffer_at[kind] == 0 || t->buffer_at[kind] % 64 != 0)) {
      return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                         "the daemon does not tell where the buffers are, which a relay needs");
    }
    if (t->buffers[kind] != 0 && t->buffer_at[kind] < t->buffers_at) {
      t->buffers_at = t->buffer_at[kind];
    }
  }
  int code = allocate(t) ? sluice_device_memory_make(&t->memory, arena->bytes,
                                                     t->layout.platform == SLUICE_A2A3, error,
                                                     error_bytes)
                         : sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "out of memory");
  if (code != SLUICE_OK) {
    sluice_twin_free(t);
  }
  return code;
}

void sluice_twin_free(struct sluice_twin *t) {
  sluice_device_memory_free(&t->memory);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    free(t->lent[kind]);
    free(t->pools[kind]);
    t->lent[kind] = NULL;
    t->pools[kind] = NULL;
  }
  free(t->snapshot);
  t->snapshot = NULL;
}

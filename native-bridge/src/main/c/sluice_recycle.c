#include "sluice_recycle.h"

#include <stddef.h>

#include "sluice_abi.h"
#include "sluice_shared.h"

/*
 * Records a loan. The ledger of the dead host may list the buffer as held by that host, and no
 * queue shows it once the device has popped it.
 */
static void note_loan(struct sluice_recycler *r, unsigned kind, size_t bytes, uint64_t buffer) {
  if (r->lent == NULL || r->buffer_at[kind] == 0) {
    return;
  }
  uint64_t number = (buffer - r->device_base - r->buffer_at[kind]) / bytes;
  for (unsigned before = 0; before < kind; before++) {
    number += r->buffers[before];
  }
  if (number < r->lent_max) {
    r->lent[number / 8] |= (uint8_t)(1u << number % 8);
  }
}

int sluice_push_free(struct sluice_recycler *r, unsigned kind, unsigned instance, uint64_t buffer) {
  const struct sluice_layout *l = &r->layout;
  uint8_t *pool = r->region + sluice_pool_at(l, kind, instance);
  uint32_t tail = load32_relaxed(pool + l->fq_tail_at); /* written by this side only */
  uint32_t head =
      load32_acquire(pool + l->fq_head_at); /* the device has read the slots before head */
  if (tail - head >= l->slots) {
    return -1;
  }
  note_loan(r, kind, l->buffer_bytes[kind], buffer);
  store64_guarded(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(tail % l->slots), buffer);
  store32_release(pool + l->fq_tail_at, tail + 1);
  return 0;
}

/*
 * Counts the records of an AICore buffer. Its count is only a hint (abi.md, rule C2), so every slot
 * is checked. A core writes slots in order, and the first start time is cleared before a buffer is
 * lent: if it is 0, nothing was written, and a later slot with an older token is left from an
 * earlier use.
 */
static uint32_t written_by_core(const struct sluice_layout *l, const uint8_t *buffer) {
  uint32_t written = 0;
  uint32_t last = 0;
  uint32_t slots = load64_relaxed(buffer) != 0 ? l->records[SLUICE_KIND_AICORE_TASK] : 0;
  for (uint32_t i = 0; i < slots; i++) {
    const uint8_t *record = buffer + (size_t)i * l->record_bytes[SLUICE_KIND_AICORE_TASK];
    uint32_t token = load32_relaxed(record + offsetof(struct AicoreTaskRecord, reg_task_id));
    if (load64_relaxed(record) != 0 && (written == 0 || (int32_t)(token - last) > 0)) {
      written++;
      last = token;
    }
  }
  return written;
}

uint32_t sluice_reset_buffer(struct sluice_recycler *r, unsigned kind, uint64_t buffer) {
  const struct sluice_layout *l = &r->layout;
  uint8_t *bytes = r->host_base + (buffer - r->device_base);
  uint32_t count = load32_relaxed(bytes + l->count_at[kind]);
  count = count <= l->records[kind] ? count : l->records[kind];
  if (kind == SLUICE_KIND_AICORE_TASK) {
    count = written_by_core(l, bytes);
    for (uint32_t i = 0; i < l->records[kind]; i++) {
      store64_relaxed(bytes + (size_t)i * l->record_bytes[kind], 0);
    }
  }
  store32_relaxed(bytes + l->count_at[kind], 0);
  r->lost_records[kind] += count;
  r->lost_buffers[kind] += count > 0;
  return count;
}

static int is_plausible(const struct sluice_recycler *r, uint32_t kind, uint32_t instance,
                        uint64_t buffer) {
  const struct sluice_layout *l = &r->layout;
  if (kind >= SLUICE_KINDS || instance >= l->pool_count[kind] || buffer < r->device_base) {
    return 0;
  }
  uint64_t offset = buffer - r->device_base;
  if (r->buffer_at[kind] != 0) {
    uint64_t inside = offset - r->buffer_at[kind];
    return inside % l->buffer_bytes[kind] == 0 && inside / l->buffer_bytes[kind] < r->buffers[kind];
  }
  return offset % 64 == 0 && offset <= r->arena_bytes &&
         l->buffer_bytes[kind] <= r->arena_bytes - offset;
}

int sluice_read_entry(const struct sluice_layout *l, const uint8_t *at, struct sluice_entry *e) {
  if (sluice_entries_are_unordered(l)) {
    e->buffer = load64_relaxed(at + SLUICE_ENTRY_PTR);
    if (e->buffer == 0) {
      return -1;
    }
    /* Honours the order of a device that does have a barrier before the pointer. */
    fence_acquire(at + SLUICE_ENTRY_PTR);
    e->kind = load32_relaxed(at + SLUICE_ENTRY_KIND);
    e->instance = load32_relaxed(at + SLUICE_ENTRY_CORE);
    e->seq = load32_relaxed(at + SLUICE_ENTRY_SEQ);
  } else {
    e->buffer = load64_guarded(at + SLUICE_ENTRY_PTR);
    e->kind = load32_guarded(at + SLUICE_ENTRY_KIND);
    e->instance = load32_guarded(at + SLUICE_ENTRY_CORE);
    e->seq = load32_guarded(at + SLUICE_ENTRY_SEQ);
  }
  return 0;
}

void sluice_release_entry(const struct sluice_layout *l, uint8_t *at, uint8_t *head_word,
                          uint32_t next_head) {
  if (sluice_entries_are_unordered(l)) {
    store64_relaxed(at + SLUICE_ENTRY_PTR, 0);
  }
  store32_release(head_word, next_head);
}

unsigned sluice_recycle_queue(struct sluice_recycler *r, unsigned queue, unsigned limit) {
  const struct sluice_layout *l = &r->layout;
  uint8_t *head_word = r->region + l->heads_at + 4 * (size_t)queue;
  uint32_t head = load32_relaxed(head_word);
  uint32_t tail = load32_acquire(r->region + l->tails_at + 4 * (size_t)queue);
  unsigned popped = 0;
  if (head >= l->queue_entries || tail >= l->queue_entries) {
    return 0;
  }
  while (head != tail && popped < limit) {
    uint8_t *at = r->region + sluice_entry_at(l, queue, head);
    struct sluice_entry e;
    if (sluice_read_entry(l, at, &e) != 0) {
      break;
    }
    head = (head + 1) % l->queue_entries;
    sluice_release_entry(l, at, head_word, head);
    popped++;
    if (is_plausible(r, e.kind, e.instance, e.buffer)) {
      sluice_reset_buffer(r, e.kind, e.buffer);
      /* If the free queue is full, the device needs no buffer; this one then belongs to neither
       * side until the next daemon. */
      sluice_push_free(r, e.kind, e.instance, e.buffer);
    }
  }
  return popped;
}

unsigned sluice_step_over_cleared(struct sluice_recycler *r, unsigned queue, uint32_t until) {
  const struct sluice_layout *l = &r->layout;
  uint8_t *head_word = r->region + l->heads_at + 4 * (size_t)queue;
  uint32_t head = load32_relaxed(head_word);
  unsigned stepped = 0;
  while (sluice_entries_are_unordered(l) && head < l->queue_entries &&
         until < l->queue_entries && head != until &&
         load64_relaxed(r->region + sluice_entry_at(l, queue, head) + SLUICE_ENTRY_PTR) == 0) {
    head = (head + 1) % l->queue_entries;
    store32_release(head_word, head);
    stepped++;
  }
  return stepped;
}

void sluice_release_freezes(struct sluice_recycler *r) {
  if (r->layout.backpressure_at != 0) {
    uint8_t *flags = r->region + r->layout.backpressure_at;
    store32_release(flags + offsetof(struct Backpressure, rq_freeze_active), 0);
    store32_release(flags + offsetof(struct Backpressure, fq_freeze_active), 0);
  }
}

/* Whether the entry names a plausible place for a buffer of this region's kind. */
static int is_buffer(const struct sluice_recycler *r, const struct sluice_region_layout *region,
                     const struct sluice_entry *e) {
  uint64_t offset = e->buffer - r->device_base;
  return e->instance < region->pools && e->buffer >= r->device_base && offset % 64 == 0 &&
         offset <= r->arena_bytes && region->buffer_bytes <= r->arena_bytes - offset;
}

unsigned sluice_recycle_region(struct sluice_recycler *r, const struct sluice_region_layout *region,
                               size_t region_offset, unsigned queue, unsigned limit) {
  uint8_t *base = r->host_base + region_offset;
  uint8_t *head_word = base + region->heads_at + 4 * (size_t)queue;
  uint32_t head = load32_relaxed(head_word);
  uint32_t tail = load32_acquire(base + region->tails_at + 4 * (size_t)queue);
  unsigned popped = 0;
  while (head < region->queue_entries && tail < region->queue_entries && head != tail &&
         popped < limit) {
    uint8_t *at = base + sluice_region_entry_at(region, queue, head);
    struct sluice_entry e;
    sluice_read_entry(&r->layout, at, &e); /* cannot fail: these layouts order their entries */
    head = (head + 1) % region->queue_entries;
    sluice_release_entry(&r->layout, at, head_word, head);
    popped++;
    if (!is_buffer(r, region, &e)) {
      continue;
    }
    uint8_t *count_word = r->host_base + (e.buffer - r->device_base) + region->count_at;
    uint32_t count = load32_relaxed(count_word);
    r->lost_records[region->kind] += count <= region->records ? count : region->records;
    r->lost_buffers[region->kind] += count > 0;
    store32_relaxed(count_word, 0);
    uint8_t *state = base + sluice_state_at(region, e.instance);
    uint32_t free_tail = load32_relaxed(state + region->fq_tail_at);
    if (free_tail - load32_acquire(state + region->fq_head_at) < region->slots) {
      note_loan(r, region->kind, region->buffer_bytes, e.buffer);
      store64_guarded(state + 8 * (size_t)(free_tail % region->slots), e.buffer);
      store32_release(state + region->fq_tail_at, free_tail + 1);
    }
  }
  return popped;
}

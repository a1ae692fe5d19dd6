#include "sluice_recycle.h"

#include "sluice_shared.h"

int sluice_push_free(struct sluice_recycler *r, unsigned kind, unsigned instance, uint64_t buffer) {
  const struct sluice_layout *l = &r->layout;
  uint8_t *pool = r->region + sluice_pool_at(l, kind, instance);
  uint32_t tail = load32_relaxed(pool + l->fq_tail_at); /* our own word */
  uint32_t head =
      load32_acquire(pool + l->fq_head_at); /* the device has read the slots before head */
  if (tail - head >= l->slots) {
    return -1;
  }
  store64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(tail % l->slots), buffer);
  store32_release(pool + l->fq_tail_at, tail + 1);
  return 0;
}

/* Prepares a popped buffer for its next life and returns how many records it held. */
static uint32_t reset_buffer(struct sluice_recycler *r, unsigned kind, uint64_t buffer) {
  const struct sluice_layout *l = &r->layout;
  uint8_t *bytes = r->host_base + (buffer - r->device_base);
  uint32_t count = load32_relaxed(bytes + l->count_at[kind]);
  count = count <= l->records[kind] ? count : l->records[kind];
  if (kind == SLUICE_KIND_AICORE_TASK) {
    /* start_time 0 is how a reader tells an unwritten slot from a record of an earlier life. */
    for (uint32_t i = 0; i < l->records[kind]; i++) {
      store64_relaxed(bytes + (size_t)i * l->record_bytes[kind], 0);
    }
  }
  store32_relaxed(bytes + l->count_at[kind], 0);
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
    uint8_t *entry = r->region + sluice_entry_at(l, queue, head);
    uint64_t buffer = load64_relaxed(entry + SLUICE_ENTRY_PTR);
    if (buffer == 0) {
      break; /* l2-2026.06 has no barrier between entry and tail: not yet visible */
    }
    uint32_t kind = load32_relaxed(entry + SLUICE_ENTRY_KIND);
    uint32_t instance = load32_relaxed(entry + SLUICE_ENTRY_CORE);
    if (l->generation == SLUICE_L2_2026_06) {
      store64_relaxed(entry + SLUICE_ENTRY_PTR,
                      0); /* so that "not yet visible" works in the next lap too */
    }
    head = (head + 1) % l->queue_entries;
    store32_release(head_word, head);
    popped++;
    if (is_plausible(r, kind, instance, buffer)) {
      r->lost_records[kind] += reset_buffer(r, kind, buffer);
      r->lost_buffers[kind]++;
      /* A full free queue needs nothing; the buffer then waits, in nobody's hands, for the next
       * daemon. */
      sluice_push_free(r, kind, instance, buffer);
    }
  }
  return popped;
}

/*
 * floor.c - one tight loop that drains, refills at once and copies the payload: the floor that
 * remains without everything else that a daemon does. Nothing that does the same work can be much
 * faster on the same machine.
 */
#include <sched.h>

#include "baselines.h"
#include "sluice_shared.h"

/* With fewer CPUs than busy threads, the producer needs this CPU. */
#define EMPTY_PASSES_PER_YIELD 1000

/*
 * First and last slot prove a full AICore buffer: its core writes the slots in order, so tokens
 * exactly as far apart as the slots exclude a gap or stale records between them.
 */
static bool is_full_aicore(const struct host *h, unsigned core, const uint8_t *records,
                           uint32_t slots) {
  const struct AicoreTaskRecord *first = (const void *)records;
  const struct AicoreTaskRecord *last = first + slots - 1;
  const struct accepted *a = &h->accepted[SLUICE_KIND_AICORE_TASK][core];
  bool is_newer = !a->has_token || (int32_t)(first->reg_task_id - a->last_token) > 0;
  return is_newer && first->start_time != 0 && last->start_time != 0 &&
         last->reg_task_id == first->reg_task_id + slots - 1;
}

static uint32_t count_aicore(struct host *h, unsigned core, const uint8_t *records,
                             uint32_t slots) {
  if (is_full_aicore(h, core, records, slots)) {
    host_accept_aicore(h, core, records + (size_t)(slots - 1) * sizeof(struct AicoreTaskRecord));
    return slots;
  }
  uint32_t accepted = 0;
  for (uint32_t i = 0; i < slots; i++) {
    accepted += host_accept_aicore(h, core, records + i * sizeof(struct AicoreTaskRecord));
  }
  return accepted;
}

static void take(struct host *h, const struct ready *e) {
  const uint8_t *records = host_buffer(h, e);
  uint32_t slots = host_slots(h, e);
  sink_write(h->sink, records, (size_t)slots * h->wire.layout.record_bytes[e->kind]);
  h->books[e->kind].collected +=
      e->kind == SLUICE_KIND_AICORE_TASK ? count_aicore(h, e->instance, records, slots) : slots;
}

static bool pass(struct host *h) {
  struct ready e;
  bool found = false;
  for (unsigned queue = 0; queue < h->wire.layout.threads; queue++) {
    while (host_pop(h, queue, &e)) {
      found = true;
      /* Push the spare buffer first, so that the device does not wait for the copy. */
      host_refill_on_entry(h, &e);
      take(h, &e);
      host_give_back(h, &e);
      host_refill(h, e.kind, e.instance);
    }
  }
  return found;
}

void floor_serve(struct host *h) {
  unsigned empty = 0;
  while (!atomic_load_explicit(&h->is_ending, memory_order_relaxed)) {
    if (pass(h)) {
      empty = 0;
    } else if (++empty % EMPTY_PASSES_PER_YIELD == 0) {
      sched_yield();
    } else {
      spin_hint();
    }
  }
  while (pass(h)) {
  }
}

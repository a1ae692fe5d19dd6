/* fake_host.c - the host side of the protocol in the fake daemon: drain, refill, check, settle. */
#include "fake_host.h"

#include <string.h>

#include "sluice_shared.h"

/* ---- records ----------------------------------------------------------------------------- */

/* Extends the low bits of an index to 64 bits: the nearest value after the last one. */
static uint64_t extend(uint64_t last, uint64_t low, unsigned bits) {
  uint64_t next = last == NO_INDEX ? 0 : last + 1;
  uint64_t mask = ((uint64_t)1 << bits) - 1;
  return next + ((low - next) & mask);
}

static bool matches(const struct fake_daemon *f, unsigned kind, unsigned instance,
                    const uint8_t *record, uint64_t last, uint64_t *index) {
  union {
    struct AicpuTaskRecord aicpu;
    struct AicoreTaskRecord aicore;
    struct SchedPhaseRecord sched;
    struct SchedPhaseRecord44 sched44;
    uint8_t bytes[64];
    struct OrchPhaseRecord orch;
  } got, want;
  static const uint8_t class_of[SLUICE_KINDS] = {SLUICE_CLASS_TASK, SLUICE_CLASS_SCHED,
                                                 SLUICE_CLASS_ORCH, SLUICE_CLASS_TASK};
  size_t bytes = f->host.layout.record_bytes[kind];
  uint64_t stream = content_stream(f->content.seed, class_of[kind], instance);
  struct content_group group;
  struct content_task task;
  memset(&want, 0, sizeof want);
  memcpy(&got, record, bytes);
  switch (kind) {
    case SLUICE_KIND_AICPU_TASK:
      *index = extend(last, got.aicpu.reg_task_id, 32);
      group = content_task_group(&f->content, stream, instance, *index);
      task = content_task(&f->content, &group, stream, instance, *index);
      content_aicpu_task(&want.aicpu, &task, *index);
      break;
    case SLUICE_KIND_SCHED_PHASE:
      *index = f->content.is_phase_44
                   ? 2 * (uint64_t)got.sched44.loop_iter + (got.sched44.kind != 1)
                   : 2 * (uint64_t)got.sched.loop_iter + (got.sched.kind != 1);
      *index = extend(last, *index, 33);
      content_sched_phase(want.bytes, &f->content, stream, *index);
      break;
    case SLUICE_KIND_ORCH_PHASE:
      *index = extend(last, got.orch.submit_idx, 32);
      group = content_orch_group(&f->content, stream, *index);
      content_orch_phase(&want.orch, &f->content, &group, stream, *index);
      break;
    default:
      *index = extend(last, got.aicore.reg_task_id, 32);
      group = content_task_group(&f->content, stream, instance, *index);
      task = content_task(&f->content, &group, stream, instance, *index);
      content_aicore_task(&want.aicore, &task, *index);
      break;
  }
  return memcmp(&got, &want, bytes) == 0;
}

static void take_record(struct fake_daemon *f, unsigned kind, unsigned instance,
                        const uint8_t *record, uint64_t *accepted) {
  struct fake_pool *p = &f->pools[kind][instance];
  uint64_t index;
  if (!matches(f, kind, instance, record, p->last_index, &index)) {
    f->kinds[kind].wrong++;
    return;
  }
  f->kinds[kind].gaps += index - (p->last_index == NO_INDEX ? 0 : p->last_index + 1);
  p->last_index = index;
  ++*accepted;
}

/* Reads all records of a buffer; for AICore buffers the count is only a hint. */
static void read_buffer(struct fake_daemon *f, unsigned kind, unsigned instance,
                        const uint8_t *buffer, uint64_t *accepted) {
  const struct sluice_layout *l = &f->host.layout;
  uint32_t count = load32_relaxed(buffer + l->count_at[kind]);
  if (count > l->records[kind]) {
    f->clamped++;
    count = l->records[kind];
  }
  if (kind == SLUICE_KIND_AICORE_TASK) {
    count = l->records[kind];
  }
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *record = buffer + (size_t)i * l->record_bytes[kind];
    if (kind != SLUICE_KIND_AICORE_TASK || load64_relaxed(record) != 0) {
      take_record(f, kind, instance, record, accepted);
    }
  }
}

/* ---- buffers and queues -------------------------------------------------------------------- */

/* Returns the index of the buffer of this kind at a device address, or -1. */
static int64_t buffer_index(const struct fake_daemon *f, unsigned kind, uint64_t address) {
  uint64_t offset = address - f->host.device_base - f->plan.buffer_at[kind];
  uint64_t index = offset / f->host.layout.buffer_bytes[kind];
  bool is_start = offset % f->host.layout.buffer_bytes[kind] == 0;
  return is_start && index < f->plan.buffers[kind] ? (int64_t)index : -1;
}

static uint64_t buffer_address(const struct fake_daemon *f, unsigned kind, uint32_t index) {
  return f->host.device_base + f->plan.buffer_at[kind] +
         index * (uint64_t)f->host.layout.buffer_bytes[kind];
}

static uint8_t *buffer_bytes(const struct fake_daemon *f, unsigned kind, uint32_t index) {
  return f->host.host_base + f->plan.buffer_at[kind] +
         index * (size_t)f->host.layout.buffer_bytes[kind];
}

void fake_give_back(struct fake_daemon *f, unsigned kind, unsigned instance, uint32_t index) {
  uint8_t *bytes = buffer_bytes(f, kind, index);
  if (kind == SLUICE_KIND_AICORE_TASK) {
    memset(bytes, 0, f->host.layout.count_at[kind]);
  }
  store32_relaxed(bytes + f->host.layout.count_at[kind], 0);
  f->buffers[kind][index].with_device = true; /* before the device can see it */
  if (sluice_push_free(&f->host, kind, instance, buffer_address(f, kind, index)) != 0) {
    f->buffers[kind][index].with_device = false;
    struct fake_pool *p = &f->pools[kind][instance];
    p->spare[p->spares++] = index;
  }
}

static void push_spares(struct fake_daemon *f) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < private_arena_pools(&f->geometry, kind); i++) {
      if (f->pools[kind][i].spares > 0) {
        fake_give_back(f, kind, i, f->pools[kind][i].spare[--f->pools[kind][i].spares]);
      }
    }
  }
}

static void accept_entry(struct fake_daemon *f, uint32_t kind, uint32_t instance, uint64_t address,
                         uint32_t seq) {
  if (kind >= SLUICE_KINDS || instance >= private_arena_pools(&f->geometry, kind)) {
    f->violations++;
    return;
  }
  int64_t index = buffer_index(f, kind, address);
  if (index < 0 || !f->buffers[kind][index].with_device) {
    f->violations++;
    return;
  }
  struct fake_pool *p = &f->pools[kind][instance];
  if ((int32_t)(seq - p->next_seq) < 0) {
    f->violations++; /* possibly held by the device again, but this entry is stale */
    return;
  }
  f->sequence_gaps += seq != p->next_seq;
  p->next_seq = seq + 1;
  f->buffers[kind][index].with_device = false;
  f->kinds[kind].buffers++;
  read_buffer(f, kind, instance, buffer_bytes(f, kind, (uint32_t)index), &f->kinds[kind].collected);
  if (!f->is_holding) {
    fake_give_back(f, kind, instance, (uint32_t)index);
  }
}

static unsigned drain_queue(struct fake_daemon *f, unsigned queue) {
  const struct sluice_layout *l = &f->host.layout;
  uint8_t *head_word = f->host.region + l->heads_at + 4 * (size_t)queue;
  uint32_t head = load32_relaxed(head_word);
  uint32_t tail = load32_acquire(f->host.region + l->tails_at + 4 * (size_t)queue);
  unsigned popped = 0;
  if (tail >= l->queue_entries) {
    return 0; /* out of range: check again later */
  }
  while (head != tail) {
    uint8_t *at = f->host.region + sluice_entry_at(l, queue, head);
    struct sluice_entry e;
    if (sluice_read_entry(l, at, &e) != 0) {
      break;
    }
    head = (head + 1) % l->queue_entries;
    sluice_release_entry(l, at, head_word, head);
    accept_entry(f, e.kind, e.instance, e.buffer, e.seq);
    popped++;
  }
  return popped;
}

unsigned fake_drain_all(struct fake_daemon *f) {
  unsigned popped = 0;
  for (unsigned queue = 0; queue < f->host.layout.threads; queue++) {
    popped += drain_queue(f, queue);
  }
  push_spares(f);
  return popped;
}

/* ---- the end of a session -------------------------------------------------------------------- */

static bool is_in_free_queue(const struct fake_daemon *f, unsigned kind, uint64_t address) {
  const struct sluice_layout *l = &f->host.layout;
  for (unsigned i = 0; i < private_arena_pools(&f->geometry, kind); i++) {
    const uint8_t *pool = f->host.region + sluice_pool_at(l, kind, i);
    uint32_t tail = load32_relaxed(pool + l->fq_tail_at);
    for (uint32_t at = load32_relaxed(pool + l->fq_head_at); at != tail; at++) {
      if (load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(at % l->slots)) == address) {
        return true;
      }
    }
  }
  return false;
}

/* Identifies the pool of a held buffer by the pools' current pointers. */
static void salvage_buffer(struct fake_daemon *f, unsigned kind, uint32_t index) {
  const struct sluice_layout *l = &f->host.layout;
  uint64_t address = buffer_address(f, kind, index);
  for (unsigned i = 0; i < private_arena_pools(&f->geometry, kind); i++) {
    const uint8_t *pool = f->host.region + sluice_pool_at(l, kind, i);
    if (load64_relaxed(pool + SLUICE_POOL_PTR) == address) {
      uint64_t wrong = f->kinds[kind].wrong;
      read_buffer(f, kind, i, buffer_bytes(f, kind, index), &f->kinds[kind].salvaged);
      /*
       * The last record may be incomplete: a phase raises its count before it writes the fields,
       * and an AICore slot gets its token, which makes it a record, after its times.
       */
      if (kind != SLUICE_KIND_AICPU_TASK && f->kinds[kind].wrong == wrong + 1) {
        f->kinds[kind].wrong = wrong;
      }
    }
  }
}

static void salvage(struct fake_daemon *f) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; i < f->plan.buffers[kind]; i++) {
      if (f->buffers[kind][i].with_device &&
          !is_in_free_queue(f, kind, buffer_address(f, kind, i))) {
        salvage_buffer(f, kind, i);
      }
    }
  }
}

void fake_settle(struct fake_daemon *f) {
  const struct sluice_layout *l = &f->host.layout;
  for (unsigned idle = 0; idle < 2;) {
    idle = fake_drain_all(f) == 0 ? idle + 1 : 0;
  }
  if (!f->saw_detach) {
    salvage(f);
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < l->pool_count[kind]; i++) {
      const uint8_t *pool = f->host.region + sluice_pool_at(l, kind, i);
      f->kinds[kind].produced += load32_relaxed(pool + SLUICE_POOL_TOTAL);
      f->kinds[kind].dropped += load32_relaxed(pool + SLUICE_POOL_DROPPED);
    }
  }
  memcpy(f->core_to_thread, f->host.region + l->core_to_thread_at, l->max_cores);
}

#include "faults.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "queues.h"

#define INJECTIONS 3
#define TORN_PART_NS 3000
#define BAD_TAIL_NS 50000
#define NULL_VISIBLE_NS 200000
#define STALL_NS 200000000
#define WRAP_STEPS 1024
#define WRAP_STEP_NS 2000000

const struct fault_info fault_infos[FAULTS] = {
    [FAULT_WRONG_KIND] = {"wrong-kind", "an entry names a buffer in use under another kind"},
    [FAULT_FOREIGN_POINTER] = {"foreign-pointer", "an entry points outside the arena"},
    [FAULT_MISALIGNED_POINTER] = {"misaligned-pointer", "an entry points 32 bytes into a buffer"},
    [FAULT_REPEATED_POINTER] = {"repeated-pointer", "a buffer is published twice"},
    [FAULT_NULL_POINTER] = {"null-pointer",
                            "an entry points nowhere (l2-2026.06: for 200 us, then a repeat)"},
    [FAULT_BAD_CORE_INDEX] = {"bad-core-index", "an entry names a core that does not exist"},
    [FAULT_BAD_KIND] = {"bad-kind", "an entry of kind 9"},
    [FAULT_BAD_TAIL] = {"bad-tail", "a ready queue tail beyond the queue for 50 us"},
    [FAULT_COUNT_OVERFLOW] = {"count-overflow", "a full buffer whose count is above its capacity"},
    [FAULT_TORN_ENTRY] = {"torn-entry",
                          "l2-2026.06: tail first, entry in parts later, pointer last"},
    [FAULT_SEQUENCE_GAP] = {"sequence-gap", "a pool skips a sequence number; no record is missing"},
    [FAULT_COUNTER_WRAP] = {"counter-wrap",
                            "core 0: 2^32 more AicpuTask records, all dropped, within 2 s"},
    [FAULT_STALE_CONTENDED] = {"stale-contended", "chip-2026.08: contended flags without need"},
    [FAULT_STALL] = {"stall", "the first lane stops for 200 ms"},
    [FAULT_ENTRY_COUNT] = {"entry-count", "an entry whose record count is above the capacity"},
    [FAULT_WRONG_EPOCH] = {"wrong-epoch",
                           "a buffer is published under another run: its records are lost"},
    [FAULT_SCHEMA_FLIP] = {"schema-flip", "the schema word of the header becomes 2"},
    [FAULT_NO_TERMINAL] = {"no-terminal", "three producers write no line in the terminal bank"},
    [FAULT_KILL] = {"kill",
                    "SIGKILL to itself after 20 to 80 % of the duration (of 1 s with --tasks)"},
    [FAULT_NO_FLUSH] = {"no-flush", "ends without flush and without detach"},
};

/* Faults that add an entry after a correct one. */
#define ENTRY_FAULTS                                                                       \
  (1u << FAULT_WRONG_KIND | 1u << FAULT_FOREIGN_POINTER | 1u << FAULT_MISALIGNED_POINTER | \
   1u << FAULT_REPEATED_POINTER | 1u << FAULT_NULL_POINTER | 1u << FAULT_BAD_CORE_INDEX |  \
   1u << FAULT_BAD_KIND | 1u << FAULT_BAD_TAIL | 1u << FAULT_STALE_CONTENDED)

static uint64_t next_random(struct faults *f) {
  f->random += SLUICE_CONTENT_K;
  return content_stream(f->random, 0, 0);
}

void faults_init(struct faults *f, uint32_t enabled, uint64_t seed) {
  memset(f, 0, sizeof *f);
  f->enabled = enabled;
  f->random = seed;
  for (unsigned i = 0; i < FAULTS; i++) {
    f->next_at[i] = 2 + next_random(f) % 4;
  }
}

static bool is_due(const struct faults *f, enum fault fault) {
  return (f->enabled & 1u << fault) != 0 && f->injected[fault] < INJECTIONS &&
         f->publishes >= f->next_at[fault];
}

static void was_injected(struct faults *f, enum fault fault) {
  f->injected[fault]++;
  f->next_at[fault] = f->publishes + 2 + next_random(f) % 6;
}

static void spin_for(uint64_t ns) {
  uint64_t until = clock_ns() + ns;
  while (clock_ns() < until) {
    spin_hint();
  }
}

uint32_t faults_before_publish(struct lane *l, struct pool *p, uint8_t *buffer) {
  struct faults *f = &l->faults;
  f->publishes++;
  uint32_t capacity = l->device->layout.records[p->kind];
  uint8_t *count = count_word(l, p, buffer);
  uint32_t announced = load32_relaxed(count);
  if (is_due(f, FAULT_COUNT_OVERFLOW) && load32_relaxed(count) == capacity) {
    store32_release(count, capacity + 100); /* the host must trust its own capacity */
    was_injected(f, FAULT_COUNT_OVERFLOW);
  }
  if (is_due(f, FAULT_SEQUENCE_GAP)) {
    p->seq_skew++;
    const struct sluice_layout *layout = &l->device->layout;
    if (layout->epoch_at[p->kind] != 0) {
      uint8_t *seq = buffer + layout->local_seq_at[p->kind];
      store32_release(seq, load32_relaxed(seq) + 1);
    }
    was_injected(f, FAULT_SEQUENCE_GAP);
  }
  if (is_due(f, FAULT_ENTRY_COUNT)) {
    announced = capacity + 7;
    was_injected(f, FAULT_ENTRY_COUNT);
  }
  if (is_due(f, FAULT_SCHEMA_FLIP)) {
    store32_release(l->device->region + l->device->layout.schema_at, 2);
    was_injected(f, FAULT_SCHEMA_FLIP);
  }
  return announced;
}

uint64_t faults_epoch(struct faults *f, uint64_t epoch) {
  if (f->enabled != 0 && is_due(f, FAULT_WRONG_EPOCH)) {
    was_injected(f, FAULT_WRONG_EPOCH);
    return epoch + 1;
  }
  return epoch;
}

bool faults_forget_terminal(struct faults *f) {
  bool is_forgotten =
      (f->enabled & 1u << FAULT_NO_TERMINAL) != 0 && f->injected[FAULT_NO_TERMINAL] < INJECTIONS;
  f->injected[FAULT_NO_TERMINAL] += is_forgotten;
  return is_forgotten;
}

bool faults_publish_torn(struct lane *l, struct pool *p, uint8_t *buffer, uint32_t seq) {
  struct faults *f = &l->faults;
  const struct sluice_layout *layout = &l->device->layout;
  if (!is_due(f, FAULT_TORN_ENTRY) || !sluice_entries_are_unordered(layout)) {
    return false;
  }
  uint8_t *entry = l->device->region + sluice_entry_at(layout, l->queue, l->tail);
  l->tail = l->tail + 1 == layout->queue_entries ? 0 : l->tail + 1;
  store32_release(l->tail_word, l->tail);
  spin_for(TORN_PART_NS);
  store32_release(entry + SLUICE_ENTRY_CORE, p->instance);
  spin_for(TORN_PART_NS);
  store32_release(entry + SLUICE_ENTRY_KIND, p->kind);
  store32_release(entry + SLUICE_ENTRY_SEQ, seq);
  spin_for(TORN_PART_NS);
  store64_release(entry + SLUICE_ENTRY_PTR, (uint64_t)(uintptr_t)buffer);
  was_injected(f, FAULT_TORN_ENTRY);
  return true;
}

/* A pool other than p with a buffer in use by the device; NULL if none. */
static struct pool *pool_in_use(struct lane *l, const struct pool *p) {
  for (unsigned i = 0; i < l->core_count; i++) {
    if (&l->cores[i].aicore != p && l->cores[i].aicore.buffer != NULL) {
      return &l->cores[i].aicore;
    }
    if (&l->cores[i].aicpu != p && l->cores[i].aicpu.buffer != NULL) {
      return &l->cores[i].aicpu;
    }
  }
  return NULL;
}

static void put(struct lane *l, const struct pool *p, uint32_t core, uint32_t kind, uint64_t ptr) {
  ready_put(l, core, kind, ptr, p->seq + p->seq_skew, 1);
}

static void null_entry(struct lane *l, const struct pool *p, uint8_t *buffer, uint32_t seq) {
  uint8_t *entry = l->device->region + sluice_entry_at(&l->device->layout, l->queue, l->tail);
  ready_put(l, p->instance, p->kind, 0, seq, 1);
  if (sluice_entries_are_unordered(&l->device->layout)) {
    /* A null pointer means "not yet visible" there: alone it would block the queue forever. */
    spin_for(NULL_VISIBLE_NS);
    store64_release(entry + SLUICE_ENTRY_PTR, (uint64_t)(uintptr_t)buffer);
  }
}

static void bad_tail(struct lane *l) {
  store32_release(l->tail_word, l->device->layout.queue_entries + 5);
  spin_for(BAD_TAIL_NS);
  store32_release(l->tail_word, l->tail);
}

static void stale_contended(struct lane *l) {
  uint8_t *words = l->device->region + l->device->layout.backpressure_at;
  store32_release(words + offsetof(struct Backpressure, rq_contended), 1);
  store32_release(words + offsetof(struct Backpressure, fq_contended), 1);
}

static void inject(struct lane *l, enum fault fault, struct pool *p, uint8_t *buffer,
                   const struct pool *other, uint32_t seq) {
  uint64_t in_use = (uint64_t)(uintptr_t)other->buffer;
  uint64_t published = (uint64_t)(uintptr_t)buffer;
  uint64_t beyond = (uint64_t)(uintptr_t)(l->device->arena + l->device->arena_bytes) + 4096;
  switch (fault) {
    case FAULT_WRONG_KIND:
      put(l, other, other->instance, other->kind ^ 3u, in_use); /* aicpu task <-> aicore task */
      break;
    case FAULT_FOREIGN_POINTER:
      put(l, other, other->instance, other->kind, beyond);
      break;
    case FAULT_MISALIGNED_POINTER:
      put(l, other, other->instance, other->kind, in_use + 32);
      break;
    case FAULT_REPEATED_POINTER:
      ready_put(l, p->instance, p->kind, published, seq, 1);
      break;
    case FAULT_NULL_POINTER:
      null_entry(l, p, buffer, seq);
      break;
    case FAULT_BAD_CORE_INDEX:
      put(l, other, l->device->layout.max_cores + 7, other->kind, in_use);
      break;
    case FAULT_BAD_KIND:
      put(l, other, other->instance, 9, in_use);
      break;
    case FAULT_BAD_TAIL:
      bad_tail(l);
      break;
    case FAULT_STALE_CONTENDED:
      stale_contended(l);
      break;
    default:
      break;
  }
}

void faults_after_publish(struct lane *l, struct pool *p, uint8_t *buffer, uint32_t seq) {
  struct faults *f = &l->faults;
  const struct pool *other = pool_in_use(l, p);
  for (unsigned fault = 0; fault < FAULTS; fault++) {
    if ((ENTRY_FAULTS & 1u << fault) != 0 && is_due(f, fault) && other != NULL &&
        ready_has_space(l)) {
      inject(l, fault, p, buffer, other, seq);
      was_injected(f, fault);
    }
  }
}

/* Steps slowly enough that a host polling every few milliseconds never misses half a turn. */
static bool wrap_counters(struct lane *l, uint64_t now_ns) {
  struct faults *f = &l->faults;
  struct pool *p = &l->cores[0].aicpu;
  if (f->phantom == (uint64_t)1 << 32) {
    return false;
  }
  if (now_ns >= f->next_phantom_ns) {
    f->phantom += ((uint64_t)1 << 32) / WRAP_STEPS;
    f->next_phantom_ns = now_ns + WRAP_STEP_NS;
    f->injected[FAULT_COUNTER_WRAP] = f->phantom == (uint64_t)1 << 32;
    p->phantom = f->phantom;
    pool_store_total(p);
    pool_drop(l, p, 0);
  }
  return true;
}

bool faults_between_runs(struct lane *l, uint64_t now_ns) {
  struct faults *f = &l->faults;
  if (is_due(f, FAULT_STALL)) {
    struct timespec t = {.tv_nsec = STALL_NS};
    nanosleep(&t, NULL);
    was_injected(f, FAULT_STALL);
  }
  return (f->enabled & 1u << FAULT_COUNTER_WRAP) != 0 && wrap_counters(l, now_ns);
}

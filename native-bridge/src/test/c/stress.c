#include "stress.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "queues.h"
#include "sluice_shared.h"
#include "test.h"

#define KIND SLUICE_KIND_AICPU_TASK
#define WORDS (STRESS_RECORDS * sizeof(struct AicpuTaskRecord) / sizeof(uint64_t))
#define FIRST_INDEX (UINT32_MAX - 303) /* a multiple of the slots */
#define ORDERS 120                     /* permutations of five stores */

/* ---- rig ------------------------------------------------------------------------------------- */

static uint8_t *pool_words(const struct stress *s, unsigned pool) {
  return s->memory + sluice_pool_at(&s->device.layout, KIND, pool);
}

/* Moves both indices of a queue that holds the buffers of the plan. */
static void start_near_the_wrap(struct stress *s, unsigned pool) {
  const struct sluice_layout *l = &s->device.layout;
  uint8_t *words = pool_words(s, pool);
  uint32_t seeded = load32_relaxed(words + l->fq_tail_at);
  for (uint32_t i = 0; i < seeded; i++) {
    struct stress_pool *p = &s->pools[pool];
    uint64_t address = load64_guarded(words + SLUICE_POOL_SLOTS + 8 * (size_t)i);
    size_t at = address - s->wire.device_base - s->plan.buffer_at[KIND];
    uint32_t buffer = (uint32_t)(at / l->buffer_bytes[KIND]) / STRESS_POOLS;
    p->is_with_device[buffer] = true;
    p->push_index[buffer] = FIRST_INDEX + i;
  }
  store32_relaxed(words + l->fq_head_at, FIRST_INDEX);
  store32_relaxed(words + l->fq_tail_at, FIRST_INDEX + seeded);
}

static void observe_flags(struct lane *l);

struct stress *stress_new(struct stress_shape shape, uint64_t rounds) {
  struct stress *s = calloc(1, sizeof *s);
  struct sluice_geometry *g = &s->options.geometry;
  s->shape = shape;
  s->rounds = rounds;
  s->random = 0x9E3779B97F4A7C15u;
  *g = (struct sluice_geometry){.generation = shape.generation,
                                .platform = SLUICE_A2A3,
                                .level = 2,
                                .num_cores = STRESS_POOLS,
                                .sched_threads = 1,
                                .slot_count = shape.slots,
                                .ready_queue_entries = shape.queue_entries,
                                .buffer_records = {STRESS_RECORDS, 8, 8, 8},
                                .synthetic_origin_ticks = 1000,
                                .synthetic_period_ticks = 400};
  const uint32_t per_pool[SLUICE_KINDS] = {shape.buffers, 0, 0, 4};
  CHECK(sluice_layout_init(&s->device.layout, g) == NULL);
  private_arena_plan(&s->plan, &s->device.layout, g, per_pool);
  s->memory = aligned_alloc(4096, s->plan.bytes);
  s->wire = (struct sluice_recycler){.layout = s->device.layout,
                                     .region = s->memory,
                                     .device_base = (uint64_t)(uintptr_t)s->memory,
                                     .host_base = s->memory,
                                     .arena_bytes = s->plan.bytes};
  uint32_t handed[SLUICE_KINDS];
  private_arena_init(&s->plan, &s->wire, g, handed);
  for (unsigned pool = 0; pool < STRESS_POOLS; pool++) {
    start_near_the_wrap(s, pool);
    for (uint32_t i = 0; i < shape.buffers; i++) {
      if (!s->pools[pool].is_with_device[i]) {
        s->pools[pool].spare[s->pools[pool].spares++] = i;
      }
    }
    s->pools[pool].next_seq = FIRST_INDEX;
  }
  s->device.options = &s->options;
  s->device.region = s->memory;
  s->device.arena = (uint8_t *)s;
  s->device.sched_threads = 1;
  s->device.host_step = observe_flags;
  CHECK_EQUAL(0, device_init(&s->device));
  for (unsigned pool = 0; pool < STRESS_POOLS; pool++) {
    struct pool *p = &s->device.cores[pool].aicpu;
    size_t at = (size_t)(p->buffer - s->memory) - s->plan.buffer_at[KIND];
    p->seq = FIRST_INDEX;
    s->is_held[pool][at / s->device.layout.buffer_bytes[KIND] / STRESS_POOLS] = true;
  }
  return s;
}

void stress_free(struct stress *s) {
  device_free(&s->device);
  free(s->memory);
  free(s);
}

/* The plan deals buffers out round-robin, so every STRESS_POOLSth one belongs to the pool. */
static uint8_t *buffer_at(const struct stress *s, unsigned pool, uint32_t buffer) {
  size_t index = (size_t)buffer * STRESS_POOLS + pool;
  return s->memory + s->plan.buffer_at[KIND] + index * s->device.layout.buffer_bytes[KIND];
}

/* Returns the pool's buffer at an address, or -1. */
static int find_buffer(const struct stress *s, unsigned pool, uint64_t address) {
  for (uint32_t i = 0; i < s->shape.buffers; i++) {
    if (address == (uint64_t)(uintptr_t)buffer_at(s, pool, i)) {
      return (int)i;
    }
  }
  return -1;
}

/* Never 0, the value that the host wipes with. */
static uint64_t content(unsigned pool, uint32_t seq, unsigned word) {
  return (((uint64_t)seq << 16) + word * STRESS_POOLS + pool) * 2 + 1;
}

/* ---- device ---------------------------------------------------------------------------------- */

static uint64_t next_random(struct stress *s) {
  s->random ^= s->random << 13;
  s->random ^= s->random >> 7;
  s->random ^= s->random << 17;
  return s->random;
}

static void fill(struct stress *s, struct pool *p) {
  uint64_t *words = (uint64_t *)(void *)p->buffer;
  uint8_t *count = p->buffer + s->device.layout.count_at[KIND];
  bool is_clean = load32_guarded(count) == 0;
  for (unsigned i = 0; i < WORDS; i++) {
    is_clean &= words[i] == 0;
    words[i] = content(p->instance, p->seq, i);
  }
  s->not_clean += !is_clean;
  store32_guarded(count, STRESS_RECORDS);
}

/* Five stores that become visible in the given permutation, as on a device without a barrier. */
static void put_in_any_order(struct stress *s, struct lane *l, const struct pool *p, unsigned order,
                             void (*between_stores)(struct stress *s)) {
  const struct sluice_layout *layout = &s->device.layout;
  uint8_t *entry = s->memory + sluice_entry_at(layout, l->queue, l->tail);
  unsigned left[5] = {0, 1, 2, 3, 4};
  l->tail = l->tail + 1 == layout->queue_entries ? 0 : l->tail + 1;
  fence_release(l->tail_word);
  for (unsigned count = 5; count > 0; count--) {
    unsigned pick = order % count;
    order /= count;
    unsigned store = left[pick];
    left[pick] = left[count - 1];
    switch (store) {
      case 0:
        store32_relaxed(entry + SLUICE_ENTRY_CORE, p->instance);
        break;
      case 1:
        store32_relaxed(entry + SLUICE_ENTRY_KIND, p->kind);
        break;
      case 2:
        store64_relaxed(entry + SLUICE_ENTRY_PTR, (uint64_t)(uintptr_t)p->buffer);
        break;
      case 3:
        store32_relaxed(entry + SLUICE_ENTRY_SEQ, p->seq);
        break;
      default:
        store32_relaxed(l->tail_word, l->tail);
        break;
    }
    if (between_stores != NULL) {
      between_stores(s);
    } else {
      for (uint64_t pause = next_random(s) % 64; pause > 0; pause--) {
        spin_hint();
      }
    }
  }
}

static void publish(struct stress *s, struct lane *l, struct pool *p, uint64_t round,
                    void (*between_stores)(struct stress *s)) {
  s->is_held[p->instance][find_buffer(s, p->instance, (uint64_t)(uintptr_t)p->buffer)] = false;
  if (s->is_weak) {
    while (!ready_has_space(l)) {
      sched_yield();
    }
    /* Single-threaded, every order follows every other, in every position of the queue. */
    uint64_t order = between_stores != NULL ? round + round / ORDERS : next_random(s);
    put_in_any_order(s, l, p, (unsigned)(order % ORDERS), between_stores);
    return;
  }
  while (!ready_publish(l, p, p->buffer, p->seq)) {
    sched_yield(); /* l2 generations give up at once or soon, but nothing is dropped here */
  }
}

void stress_device_round(struct stress *s, uint64_t round,
                         void (*between_stores)(struct stress *s)) {
  struct lane *l = &s->device.lanes[0];
  struct pool *p = &s->device.cores[round % STRESS_POOLS].aicpu;
  fill(s, p);
  publish(s, l, p, round, between_stores);
  s->is_popping = true;
  while (!free_wait(l, p)) {
    sched_yield();
  }
  s->is_popping = false;
  p->buffer = free_take(l, p);
  p->seq++;
  int buffer = find_buffer(s, p->instance, (uint64_t)(uintptr_t)p->buffer);
  if (buffer < 0 || s->is_held[p->instance][buffer]) {
    s->doubled++;
    return;
  }
  s->is_held[p->instance][buffer] = true;
}

/*
 * While chip-2026.08 waits for a buffer, this lane has raised the flag. If it reads 0, the host has
 * cleared it since, so the freeze is open, or was open and has been released.
 */
static void observe_flags(struct lane *l) {
  struct stress *s = (struct stress *)(void *)l->device->arena;
  size_t at = l->device->layout.backpressure_at;
  const uint8_t *flags = s->memory + at;
  if (at == 0 || !s->is_popping ||
      load32_acquire(flags + offsetof(struct Backpressure, fq_contended)) != 0) {
    return;
  }
  uint64_t openings = s->openings;
  if (load32_acquire(flags + offsetof(struct Backpressure, fq_freeze_active)) == 0) {
    s->unseen += s->releases != openings;
  }
}

/* ---- host ------------------------------------------------------------------------------------ */

static void push_spares(struct stress *s, unsigned pool) {
  const struct sluice_layout *l = &s->device.layout;
  struct stress_pool *p = &s->pools[pool];
  while (p->spares > 0) {
    uint32_t buffer = p->spare[0];
    uint64_t address = (uint64_t)(uintptr_t)buffer_at(s, pool, buffer);
    p->push_index[buffer] = load32_relaxed(pool_words(s, pool) + l->fq_tail_at);
    p->is_with_device[buffer] = true;
    if (sluice_push_free(&s->wire, KIND, pool, address) != 0) {
      p->is_with_device[buffer] = false;
      return;
    }
    p->spares--;
    memmove(p->spare, p->spare + 1, p->spares * sizeof p->spare[0]);
  }
}

/* Checks a taken buffer and clears it for the device. */
static void read_and_wipe(struct stress *s, unsigned pool, uint32_t buffer, uint32_t seq) {
  uint64_t *words = (uint64_t *)(void *)buffer_at(s, pool, buffer);
  uint8_t *count = (uint8_t *)words + s->device.layout.count_at[KIND];
  bool is_whole = load32_guarded(count) == STRESS_RECORDS;
  for (unsigned i = 0; i < WORDS; i++) {
    is_whole &= words[i] == content(pool, seq, i);
    words[i] = 0;
  }
  store32_guarded(count, 0);
  s->torn += !is_whole;
}

/* Returns the entry's buffer if it agrees with the ledger, else -1. Like DrainAgent.takeHead. */
static int believe(const struct stress *s, const struct sluice_entry *e) {
  if (e->kind != KIND || e->instance >= STRESS_POOLS) {
    return -1;
  }
  const struct stress_pool *p = &s->pools[e->instance];
  int buffer = find_buffer(s, e->instance, e->buffer);
  if (buffer < 0 || !p->is_with_device[buffer] || e->seq != p->next_seq) {
    return -1;
  }
  uint32_t popped = load32_acquire(pool_words(s, e->instance) + s->device.layout.fq_head_at);
  return (int32_t)(popped - p->push_index[buffer]) > 0 ? buffer : -1;
}

enum stress_look stress_host_look(struct stress *s) {
  const struct sluice_layout *l = &s->device.layout;
  uint8_t *head_word = s->memory + l->heads_at;
  uint32_t head = load32_relaxed(head_word);
  if (load32_acquire(s->memory + l->tails_at) == head) {
    return STRESS_NOTHING;
  }
  uint8_t *at = s->memory + sluice_entry_at(l, 0, head);
  struct sluice_entry e;
  int buffer = sluice_read_entry(l, at, &e) == 0 ? believe(s, &e) : -1;
  if (buffer < 0 && sluice_entries_are_unordered(l)) {
    s->not_whole++;
    return STRESS_NOT_WHOLE;
  }
  head = head + 1 == l->queue_entries ? 0 : head + 1;
  if (s->keeps_old) {
    store32_release(head_word, head);
  } else {
    sluice_release_entry(l, at, head_word, head);
  }
  if (buffer < 0) {
    s->violations++;
    return STRESS_TAKEN;
  }
  struct stress_pool *p = &s->pools[e.instance];
  p->is_with_device[buffer] = false;
  p->next_seq = e.seq + 1;
  read_and_wipe(s, e.instance, (uint32_t)buffer, e.seq);
  s->taken++;
  p->spare[p->spares++] = (uint32_t)buffer;
  push_spares(s, e.instance);
  return STRESS_TAKEN;
}

void stress_host_gate(struct stress *s, bool has_worked) {
  static const size_t contended_at[] = {offsetof(struct Backpressure, rq_contended),
                                        offsetof(struct Backpressure, fq_contended)};
  static const size_t freeze_at[] = {offsetof(struct Backpressure, rq_freeze_active),
                                     offsetof(struct Backpressure, fq_freeze_active)};
  if (s->device.layout.backpressure_at == 0) {
    return;
  }
  uint8_t *flags = s->memory + s->device.layout.backpressure_at;
  for (unsigned gate = 0; gate < 2; gate++) {
    if (!s->is_frozen[gate] && load32_acquire(flags + contended_at[gate]) != 0) {
      s->openings += gate;
      store32_release(flags + freeze_at[gate], 1);
      store32_release(flags + contended_at[gate], 0);
      s->is_frozen[gate] = true;
    }
    if (s->is_frozen[gate] && !has_worked) {
      s->releases += gate;
      store32_release(flags + freeze_at[gate], 0);
      s->is_frozen[gate] = false;
    }
  }
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *device_main(void *argument) {
  struct stress *s = argument;
  for (uint64_t round = 0; round < s->rounds && s->doubled == 0; round++) {
    stress_device_round(s, round, NULL);
  }
  atomic_store_explicit(&s->device_is_done, true, memory_order_release);
  return NULL;
}

void stress_run(struct stress *s) {
  pthread_t device;
  CHECK_EQUAL(0, pthread_create(&device, NULL, device_main, s));
  for (unsigned idle = 0;;) {
    bool is_last = atomic_load_explicit(&s->device_is_done, memory_order_acquire);
    bool has_worked = false;
    while (stress_host_look(s) == STRESS_TAKEN) {
      has_worked = true;
    }
    for (unsigned pool = 0; pool < STRESS_POOLS; pool++) {
      push_spares(s, pool);
    }
    stress_host_gate(s, has_worked);
    if (is_last && !has_worked) {
      break;
    }
    idle = has_worked ? 0 : idle + 1;
    if (idle % 16 == 15) {
      sched_yield();
    }
  }
  pthread_join(device, NULL);
}

unsigned stress_misplaced(const struct stress *s) {
  const struct sluice_layout *l = &s->device.layout;
  unsigned misplaced = 0;
  for (unsigned pool = 0; pool < STRESS_POOLS; pool++) {
    const uint8_t *words = pool_words(s, pool);
    uint32_t tail = load32_acquire(words + l->fq_tail_at);
    for (uint32_t i = 0; i < s->shape.buffers; i++) {
      uint64_t address = (uint64_t)(uintptr_t)buffer_at(s, pool, i);
      unsigned places = s->device.cores[pool].aicpu.buffer == (uint8_t *)(uintptr_t)address;
      for (uint32_t at = load32_acquire(words + l->fq_head_at); at != tail; at++) {
        places +=
            load64_guarded(words + SLUICE_POOL_SLOTS + 8 * (size_t)(at % l->slots)) == address;
      }
      for (uint32_t spare = 0; spare < s->pools[pool].spares; spare++) {
        places += s->pools[pool].spare[spare] == i;
      }
      misplaced += places != 1;
    }
  }
  return misplaced;
}

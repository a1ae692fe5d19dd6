/*
 * test_stress.c - the queue words under two threads, over many rounds. The machine decides in which
 * order stores become visible; entries that arrive in pieces, which x86 never shows, are simulated
 * store by store. Under ThreadSanitizer the same tests prove the memory ordering itself.
 *
 * SLUICE_STRESS_SCALE multiplies the rounds; the build profile memory-order sets it.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "queues.h"
#include "stress.h"
#include "test.h"

#define ROUNDS 60000

/* With these, both queues fill up, and the free queue runs dry. */
static const struct stress_shape tight = {.queue_entries = 4, .slots = 2, .buffers = 5};
static const struct stress_shape dry = {.queue_entries = 65, .slots = 4, .buffers = 3};

static uint64_t scaled(uint64_t rounds) {
  const char *scale = getenv("SLUICE_STRESS_SCALE");
  return scale != NULL ? rounds * strtoull(scale, NULL, 10) : rounds;
}

static void check(const struct stress *s) {
  CHECK_EQUAL(s->rounds, s->taken);
  CHECK_EQUAL(0, s->torn);
  CHECK_EQUAL(0, s->violations);
  CHECK_EQUAL(0, s->doubled);
  CHECK_EQUAL(0, s->not_clean);
  CHECK_EQUAL(0, s->unseen);
  CHECK_EQUAL(0, stress_misplaced(s));
}

static void race(struct stress_shape shape, uint16_t generation, bool is_weak) {
  shape.generation = generation;
  struct stress *s = stress_new(shape, scaled(ROUNDS));
  s->is_weak = is_weak;
  stress_run(s);
  check(s);
  stress_free(s);
}

static void l2_06_races(void) {
  race(tight, SLUICE_L2_2026_06, false);
  race(dry, SLUICE_L2_2026_06, false);
}

static void l2_06_races_in_any_order(void) {
  race(tight, SLUICE_L2_2026_06, true);
  race(dry, SLUICE_L2_2026_06, true);
}

static void l2_07_races(void) {
  race(tight, SLUICE_L2_2026_07, false);
  race(dry, SLUICE_L2_2026_07, false);
}

static void chip_08_races(void) {
  race(tight, SLUICE_CHIP_2026_08, false);
  race(dry, SLUICE_CHIP_2026_08, false);
}

static void chip_09_races(void) {
  race(tight, SLUICE_CHIP_2026_09, false);
  race(dry, SLUICE_CHIP_2026_09, false);
}

/* ---- every order ----------------------------------------------------------------------------- */

static void look(struct stress *s) {
  stress_host_look(s);
}

/* Two pools alternate through five entries, so that each entry held one of the other pool before,
 * whose buffer the device holds again by now: the stale content is plausible. */
static struct stress *every_order(bool keeps_old) {
  struct stress_shape shape = {SLUICE_L2_2026_06, 5, 4, 3};
  struct stress *s = stress_new(shape, 2 * 120 * 120);
  s->is_weak = true;
  s->keeps_old = keeps_old;
  for (uint64_t round = 0; round < s->rounds && s->torn == 0; round++) {
    stress_device_round(s, round, look);
  }
  return s;
}

static void entries_in_pieces_are_never_believed(void) {
  struct stress *s = every_order(false);
  check(s);
  CHECK(s->not_whole > s->rounds / 2); /* the host did see incomplete entries */
  stress_free(s);
}

/* Shows why rule C10 exists, and that the previous test can fail. */
static void old_pointers_would_be_believed(void) {
  struct stress *s = every_order(true);
  CHECK_EQUAL(1, s->torn);
  stress_free(s);
}

/* ---- the client's host ----------------------------------------------------------------------- */

/* Real lanes, each on its own thread, against the guard's recycling. */
struct lane_race {
  struct options options;
  struct device device;
  struct sluice_recycler host;
  struct private_arena plan;
  pthread_t host_thread;
  _Atomic bool is_over;
};

static void *recycle_all(void *argument) {
  struct lane_race *r = argument;
  bool is_last;
  unsigned popped;
  do {
    is_last = atomic_load_explicit(&r->is_over, memory_order_acquire);
    popped = 0;
    for (unsigned queue = 0; queue < r->host.layout.threads; queue++) {
      popped += sluice_recycle_queue(&r->host, queue, 64);
    }
    if (popped == 0) {
      sched_yield();
    }
  } while (!is_last || popped > 0);
  return NULL;
}

static void make_race(struct lane_race *r, uint16_t generation, uint64_t tasks) {
  static const uint32_t per_pool[SLUICE_KINDS] = {4, 3, 3, 4};
  struct sluice_geometry *g = &r->options.geometry;
  uint32_t handed[SLUICE_KINDS];
  *g = (struct sluice_geometry){.generation = generation,
                                .platform = SLUICE_A5,
                                .level = 4,
                                .num_cores = 4,
                                .sched_threads = 2,
                                .orch_threads = 1,
                                .ready_queue_entries = 64,
                                .buffer_records = {32, 32, 32, 32},
                                .synthetic_origin_ticks = 1000,
                                .synthetic_period_ticks = 400};
  CHECK(sluice_layout_init(&r->device.layout, g) == NULL);
  private_arena_plan(&r->plan, &r->device.layout, g, per_pool);
  uint8_t *memory = aligned_alloc(4096, r->plan.bytes);
  r->host = (struct sluice_recycler){.layout = r->device.layout,
                                     .region = memory,
                                     .device_base = (uint64_t)(uintptr_t)memory,
                                     .host_base = memory,
                                     .arena_bytes = r->plan.bytes};
  memcpy(r->host.buffer_at, r->plan.buffer_at, sizeof r->host.buffer_at);
  memcpy(r->host.buffers, r->plan.buffers, sizeof r->host.buffers);
  private_arena_init(&r->plan, &r->host, g, handed);
  r->options.tasks = tasks;
  r->device.options = &r->options;
  r->device.region = memory;
  r->device.sched_threads = g->sched_threads;
  r->device.content = content_of(g);
  r->device.crowded = true;
  r->device.deadline_ns = UINT64_MAX;
  CHECK_EQUAL(0, device_init(&r->device));
  r->device.go_ns = clock_ns();
}

static void run_race(struct lane_race *r) {
  CHECK_EQUAL(0, pthread_create(&r->host_thread, NULL, recycle_all, r));
  for (unsigned i = 0; i < r->device.lane_count; i++) {
    struct lane *l = &r->device.lanes[i];
    CHECK_EQUAL(0, pthread_create(&l->thread, NULL, lane_main, l));
  }
  atomic_store_explicit(&r->device.go, true, memory_order_release);
  for (unsigned i = 0; i < r->device.lane_count; i++) {
    pthread_join(r->device.lanes[i].thread, NULL);
  }
  atomic_store_explicit(&r->is_over, true, memory_order_release);
  pthread_join(r->host_thread, NULL);
}

static void lanes_race_the_guards_host(void) {
  static const uint16_t generations[] = {SLUICE_L2_2026_06, SLUICE_L2_2026_07, SLUICE_CHIP_2026_08,
                                         SLUICE_CHIP_2026_09};
  for (unsigned i = 0; i < 4; i++) {
    struct lane_race *r = aligned_alloc(64, (sizeof *r + 63) / 64 * 64);
    memset(r, 0, sizeof *r);
    make_race(r, generations[i], scaled(40000));
    run_race(r);
    /* The count of an AICore buffer is a hint, so AICore cannot be checked without a ledger. */
    for (unsigned kind = 0; kind < SLUICE_KIND_AICORE_TASK; kind++) {
      uint64_t produced = 0;
      uint64_t dropped = 0;
      for (unsigned pool = 0; pool < r->host.layout.pool_count[kind]; pool++) {
        const uint8_t *words = r->host.region + sluice_pool_at(&r->host.layout, kind, pool);
        produced += load32_relaxed(words + SLUICE_POOL_TOTAL);
        dropped += load32_relaxed(words + SLUICE_POOL_DROPPED);
      }
      CHECK(produced > 0);
      CHECK_EQUAL(produced, r->host.lost_records[kind] + dropped);
      CHECK(dropped == 0 || generations[i] < SLUICE_CHIP_2026_08);
    }
    device_free(&r->device);
    free(r->host.region);
    free(r);
  }
}

const struct test stress_tests[] = {
    {"stress: an entry in pieces is never believed", entries_in_pieces_are_never_believed},
    {"stress: without rule C10 it would be", old_pointers_would_be_believed},
    {"stress: l2-2026.06", l2_06_races},
    {"stress: l2-2026.06, stores in any order", l2_06_races_in_any_order},
    {"stress: l2-2026.07", l2_07_races},
    {"stress: chip-2026.08, with freezes", chip_08_races},
    {"stress: chip-2026.09", chip_09_races},
    {"stress: lanes against the guard's host", lanes_race_the_guards_host},
    {NULL, NULL},
};

/*
 * test_relay.c - one look of the relay at a time: this file plays the device on the stand-in's
 * memory and the daemon on the arena, so that every interleaving is the one that was meant.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private_arena.h"
#include "sluice_attach.h"
#include "sluice_recycle.h"
#include "sluice_shared.h"
#include "sluice_twin.h"
#include "test.h"

#define CODE 507899
#define MS 1000000u

struct rig {
  struct sluice_geometry geometry;
  struct private_arena plan;
  struct sluice_recycler daemon; /* the arena's host side */
  struct sluice_twin twin;
  uint8_t *device; /* where the device sees its memory */
  uint64_t now;
};

static void *standin(const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/cann/libcann_standin.so", products);
  void *library = dlopen(path, RTLD_NOW);
  return library != NULL ? dlsym(library, name) : NULL;
}

static long ask(const char *name) {
  long (*function)(void);
  *(void **)&function = standin(name);
  return function();
}

static long calls(const char *call) {
  long (*function)(const char *);
  *(void **)&function = standin("standin_calls");
  return function(call);
}

static void fail_nth(const char *call, int nth) {
  void (*function)(const char *, int, int);
  *(void **)&function = standin("standin_fail");
  function(call, nth, CODE);
}

static void reset(void) {
  void (*function)(void);
  *(void **)&function = standin("standin_reset");
  function();
}

/* What a runtime has done long before: the process has the libraries, the thread its device. */
static void use_board(const char *board) {
  char folder[512];
  char path[600];
  snprintf(folder, sizeof folder, "%s/cann", products);
  snprintf(path, sizeof path, "%s/libascendcl.so", folder);
  setenv("SLUICE_CANN_DIRECTORY", folder, 1);
  setenv("SLUICE_STANDIN_DEVICE", "here", 1);
  setenv("SLUICE_STANDIN_BOARD", board, 1);
  int (*set)(int32_t);
  *(void **)&set = dlsym(dlopen(path, RTLD_NOW), "aclrtSetDevice");
  CHECK_EQUAL(0, set(0));
  reset();
}

static int make_rig(struct rig *r, uint16_t generation, uint16_t platform) {
  static const uint32_t per_pool[SLUICE_KINDS] = {6, 6, 6, 6};
  memset(r, 0, sizeof *r);
  r->geometry = (struct sluice_geometry){.generation = generation,
                                         .platform = platform,
                                         .level = 4,
                                         .num_cores = 2,
                                         .sched_threads = 1,
                                         .orch_threads = 1,
                                         .ready_queue_entries = 8,
                                         .buffer_records = {16, 16, 16, 16}};
  use_board(platform == SLUICE_A5 ? "a5" : "a2a3");
  struct sluice_layout *l = &r->daemon.layout;
  CHECK(sluice_layout_init(l, &r->geometry) == NULL);
  private_arena_plan(&r->plan, l, &r->geometry, per_pool);
  r->daemon.host_base = aligned_alloc(4096, r->plan.bytes);
  r->daemon.region = r->daemon.host_base;
  r->daemon.device_base = (uint64_t)(uintptr_t)r->daemon.host_base;
  r->daemon.arena_bytes = r->plan.bytes;
  struct sluice_arena arena = {.bytes = r->plan.bytes, .rotation_offset = r->plan.rotation_at};
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    arena.buffers[kind] = r->daemon.buffers[kind] = r->plan.buffers[kind];
    arena.buffer_offset[kind] = r->daemon.buffer_at[kind] = r->plan.buffer_at[kind];
  }
  uint32_t handed[SLUICE_KINDS];
  private_arena_init(&r->plan, &r->daemon, &r->geometry, handed);
  char error[256] = "";
  int code =
      sluice_twin_make(&r->twin, &r->geometry, &arena, r->daemon.host_base, error, sizeof error);
  if (code == SLUICE_OK) {
    r->device = r->twin.memory.pointer;
    sluice_twin_begin(&r->twin);
  }
  return code;
}

static void free_rig(struct rig *r) {
  sluice_twin_free(&r->twin);
  free(r->daemon.host_base);
  CHECK_EQUAL(0, ask("standin_live"));
  CHECK_EQUAL(0, ask("standin_leaked"));
}

static unsigned look(struct rig *r) {
  r->now += MS;
  return sluice_twin_step(&r->twin, r->now, 0);
}

/* ---- the device ------------------------------------------------------------------------------ */

static uint8_t *device_pool(struct rig *r, unsigned kind, unsigned instance) {
  return r->device + sluice_pool_at(&r->daemon.layout, kind, instance);
}

/* Takes the next buffer of a pool as its current one. */
static uint64_t pop(struct rig *r, unsigned kind, unsigned instance) {
  const struct sluice_layout *l = &r->daemon.layout;
  uint8_t *pool = device_pool(r, kind, instance);
  uint32_t head = load32_relaxed(pool + l->fq_head_at);
  CHECK(head != load32_acquire(pool + l->fq_tail_at));
  uint64_t buffer = load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(head % l->slots));
  store32_release(pool + l->fq_head_at, head + 1);
  store64_release(pool + SLUICE_POOL_PTR, buffer);
  return buffer;
}

static void write_records(struct rig *r, unsigned kind, unsigned instance, uint64_t buffer,
                          uint32_t count, uint8_t fill) {
  const struct sluice_layout *l = &r->daemon.layout;
  uint8_t *bytes = (uint8_t *)(uintptr_t)buffer;
  uint8_t *total = device_pool(r, kind, instance) + SLUICE_POOL_TOTAL;
  memset(bytes, fill, count * (size_t)l->record_bytes[kind]);
  store32_relaxed(bytes + l->count_at[kind], count);
  store32_relaxed(total, load32_relaxed(total) + count);
}

static void write_entry(struct rig *r, unsigned queue, unsigned at, uint32_t kind,
                        uint32_t instance, uint64_t buffer, uint32_t seq) {
  uint8_t *entry = r->device + sluice_entry_at(&r->daemon.layout, queue, at);
  store32_relaxed(entry + SLUICE_ENTRY_CORE, instance);
  store32_relaxed(entry + SLUICE_ENTRY_KIND, kind);
  store32_relaxed(entry + SLUICE_ENTRY_SEQ, seq);
  store64_release(entry + SLUICE_ENTRY_PTR, buffer);
}

static uint8_t *device_tail(struct rig *r, unsigned queue) {
  return r->device + r->daemon.layout.tails_at + 4 * (size_t)queue;
}

static void publish(struct rig *r, unsigned queue, uint32_t kind, uint32_t instance,
                    uint64_t buffer, uint32_t seq) {
  uint32_t tail = load32_relaxed(device_tail(r, queue));
  write_entry(r, queue, tail, kind, instance, buffer, seq);
  store32_release(device_tail(r, queue), (tail + 1) % r->daemon.layout.queue_entries);
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static uint32_t arena_tail(struct rig *r, unsigned queue) {
  return load32_acquire(r->daemon.region + r->daemon.layout.tails_at + 4 * (size_t)queue);
}

static uint64_t arena_entry(struct rig *r, unsigned queue, unsigned at) {
  return load64_relaxed(r->daemon.region + sluice_entry_at(&r->daemon.layout, queue, at) +
                        SLUICE_ENTRY_PTR);
}

static uint64_t twin_of(struct rig *r, uint64_t buffer) {
  return buffer - (uint64_t)(uintptr_t)r->device + r->daemon.device_base;
}

static void take_all(struct rig *r, unsigned queue) {
  store32_release(r->daemon.region + r->daemon.layout.heads_at + 4 * (size_t)queue,
                  arena_tail(r, queue));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void carry_a_buffer(uint16_t generation, uint16_t platform, unsigned kind) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, generation, platform));
  const struct sluice_layout *l = &r.daemon.layout;
  uint8_t *pool = r.daemon.region + sluice_pool_at(l, kind, 0);
  uint64_t buffer = pop(&r, kind, 0);
  pop(&r, kind, 0);
  write_records(&r, kind, 0, buffer, 16, 0x5A);
  publish(&r, 1, kind, 0, buffer, 0);
  CHECK_EQUAL(1, look(&r));
  CHECK_EQUAL(1, arena_tail(&r, 1));
  CHECK(arena_entry(&r, 1, 0) == twin_of(&r, buffer));
  uint8_t *copy = (uint8_t *)(uintptr_t)twin_of(&r, buffer);
  CHECK(copy[0] == 0x5A && memcmp(copy, copy + 1, 16 * (size_t)l->record_bytes[kind] - 1) == 0);
  CHECK_EQUAL(16, load32_relaxed(copy + l->count_at[kind]));
  CHECK_EQUAL(16, load32_relaxed(pool + SLUICE_POOL_TOTAL));
  CHECK_EQUAL(2, load32_relaxed(pool + l->fq_head_at));
  CHECK(load64_relaxed(pool + SLUICE_POOL_PTR) ==
        twin_of(&r, load64_relaxed(device_pool(&r, kind, 0) + SLUICE_POOL_PTR)));
  /* Towards the device: the head has moved, and in the oldest generation the entry is cleared. */
  CHECK_EQUAL(1, load32_relaxed(r.device + l->heads_at + 4));
  uint64_t left = load64_relaxed(r.device + sluice_entry_at(l, 1, 0) + SLUICE_ENTRY_PTR);
  CHECK(left == (generation == SLUICE_L2_2026_06 ? 0 : buffer));
  /* Back again. */
  CHECK_EQUAL(0, sluice_push_free(&r.daemon, kind, 0, twin_of(&r, buffer)));
  CHECK_EQUAL(1, look(&r));
  CHECK_EQUAL(5, load32_relaxed(device_pool(&r, kind, 0) + l->fq_tail_at));
  CHECK(load64_relaxed(device_pool(&r, kind, 0) + SLUICE_POOL_SLOTS) == buffer);
  CHECK_EQUAL(0, load32_relaxed((uint8_t *)(uintptr_t)buffer + l->count_at[kind]));
  CHECK_EQUAL(1, r.twin.stats.buffers);
  CHECK_EQUAL(0, look(&r));
  free_rig(&r);
}

static void carries_every_kind_in_every_layout(void) {
  for (uint16_t generation = SLUICE_L2_2026_06; generation <= SLUICE_CHIP_2026_08; generation++) {
    for (uint16_t platform = SLUICE_A2A3; platform <= SLUICE_A5; platform++) {
      for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
        carry_a_buffer(generation, platform, kind);
      }
    }
  }
}

static void starts_as_the_daemon_says(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_CHIP_2026_08, SLUICE_A5));
  const struct sluice_layout *l = &r.daemon.layout;
  CHECK_EQUAL(2, load32_relaxed(r.device + l->num_cores_at));
  CHECK_EQUAL(4, load32_relaxed(r.device + l->level_at));
  CHECK_EQUAL(0xFF, r.device[l->core_to_thread_at]);
  CHECK_EQUAL(4, load32_relaxed(device_pool(&r, SLUICE_KIND_ORCH_PHASE, 0) + l->fq_tail_at));
  /* Pools that are not in use were not lent anything; fresh memory of a device is not zero. */
  CHECK_EQUAL(0, load32_relaxed(device_pool(&r, SLUICE_KIND_SCHED_PHASE, 1) + l->fq_tail_at));
  CHECK_EQUAL(0, load32_relaxed(r.device + l->backpressure_at));
  /* A freeze that the daemon opens is not passed on (C5). */
  store32_release(r.daemon.region + l->backpressure_at, 1);
  look(&r);
  CHECK_EQUAL(0, load32_relaxed(r.device + l->backpressure_at));
  /* What the device tells comes with a sweep. */
  r.device[l->core_to_thread_at + 1] = 3;
  store32_release(r.device + l->phase_cores_at, 2);
  for (int i = 0; i < 25; i++) {
    look(&r);
  }
  CHECK_EQUAL(3, r.daemon.region[l->core_to_thread_at + 1]);
  CHECK_EQUAL(2, load32_relaxed(r.daemon.region + l->phase_cores_at));
  free_rig(&r);
}

static void passes_on_what_makes_no_sense(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_07, SLUICE_A2A3));
  uint64_t buffer = pop(&r, SLUICE_KIND_AICPU_TASK, 0);
  uint64_t free_one = load64_relaxed(device_pool(&r, SLUICE_KIND_AICPU_TASK, 1) +
                                     SLUICE_POOL_SLOTS + 8);
  write_records(&r, SLUICE_KIND_AICPU_TASK, 0, buffer, 16, 1);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 0, buffer, 0);
  CHECK_EQUAL(1, look(&r));
  /* Published again: the arena's copy is the daemon's now, and is not touched. */
  write_records(&r, SLUICE_KIND_AICPU_TASK, 0, buffer, 16, 2);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 0, buffer, 1);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 0, 0xdeadbeef00, 2);
  publish(&r, 0, 77, 0, buffer, 3);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 99, buffer, 4);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 0, buffer + 64, 5);
  CHECK_EQUAL(5, look(&r));
  CHECK_EQUAL(6, arena_tail(&r, 0));
  CHECK_EQUAL(5, r.twin.stats.violations);
  CHECK_EQUAL(1, *(uint8_t *)(uintptr_t)twin_of(&r, buffer));
  CHECK(arena_entry(&r, 0, 1) == twin_of(&r, buffer));
  CHECK(arena_entry(&r, 0, 2) == 1); /* nowhere */
  CHECK(arena_entry(&r, 0, 5) == twin_of(&r, buffer) + 64);
  /* One in a free slot is lent, so it may come; the daemon knows that it was not popped. */
  take_all(&r, 0);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 1, free_one, 0);
  CHECK_EQUAL(1, look(&r));
  free_rig(&r);
}

static void waits_for_an_entry_that_is_not_whole(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_06, SLUICE_A5));
  uint64_t buffer = pop(&r, SLUICE_KIND_AICORE_TASK, 1);
  write_records(&r, SLUICE_KIND_AICORE_TASK, 1, buffer, 16, 9);
  store32_release(device_tail(&r, 0), 1);
  CHECK_EQUAL(0, sluice_twin_step(&r.twin, MS, 0));
  CHECK_EQUAL(0, arena_tail(&r, 0));
  write_entry(&r, 0, 0, SLUICE_KIND_AICORE_TASK, 1, buffer, 0);
  CHECK_EQUAL(1, sluice_twin_step(&r.twin, MS + 100000, 0));
  CHECK(arena_entry(&r, 0, 0) == twin_of(&r, buffer));
  /* Not for ever. */
  store32_release(device_tail(&r, 0), 2);
  CHECK_EQUAL(0, sluice_twin_step(&r.twin, 2 * MS, 0));
  CHECK_EQUAL(0, sluice_twin_step(&r.twin, 2 * MS + 199999, 0));
  CHECK_EQUAL(1, sluice_twin_step(&r.twin, 2 * MS + 200000, 0));
  CHECK(arena_entry(&r, 0, 1) == 1);
  /* Nor when nothing more can come. */
  store32_release(device_tail(&r, 0), 3);
  CHECK_EQUAL(1, sluice_twin_step(&r.twin, 2 * MS + 200001, 1));
  free_rig(&r);
}

static void leaves_the_entry_when_the_arena_has_no_room(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_CHIP_2026_08, SLUICE_A2A3));
  for (uint32_t i = 0; i < 7; i++) {
    publish(&r, 0, 99, 0, 0, i);
  }
  CHECK_EQUAL(7, look(&r));
  uint64_t buffer = pop(&r, SLUICE_KIND_AICPU_TASK, 0);
  write_records(&r, SLUICE_KIND_AICPU_TASK, 0, buffer, 16, 3);
  publish(&r, 0, SLUICE_KIND_AICPU_TASK, 0, buffer, 0);
  CHECK_EQUAL(0, look(&r));
  CHECK_EQUAL(7, arena_tail(&r, 0));
  CHECK_EQUAL(7, load32_relaxed(r.device + r.daemon.layout.heads_at));
  CHECK_EQUAL(1, sluice_twin_backlog(&r.twin));
  CHECK(r.twin.stats.waits > 0);
  take_all(&r, 0);
  CHECK_EQUAL(1, look(&r));
  CHECK_EQUAL(0, arena_tail(&r, 0));
  CHECK_EQUAL(0, sluice_twin_backlog(&r.twin));
  free_rig(&r);
}

static void shows_a_wild_tail_and_gets_over_it(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_07, SLUICE_A5));
  store32_release(device_tail(&r, 0), 4000000000u);
  CHECK_EQUAL(0, look(&r));
  CHECK_EQUAL(4000000000u, arena_tail(&r, 0));
  CHECK_EQUAL(0, sluice_twin_backlog(&r.twin));
  store32_release(device_tail(&r, 0), 0);
  CHECK_EQUAL(0, look(&r));
  CHECK_EQUAL(0, arena_tail(&r, 0));
  /* A wild free head is shown, too, and used for nothing. */
  store32_release(device_pool(&r, SLUICE_KIND_AICPU_TASK, 0) + r.daemon.layout.fq_head_at, 99);
  sluice_twin_end(&r.twin);
  CHECK_EQUAL(99, load32_relaxed(r.daemon.region +
                                 sluice_pool_at(&r.daemon.layout, SLUICE_KIND_AICPU_TASK, 0) +
                                 r.daemon.layout.fq_head_at));
  free_rig(&r);
}

static void brings_what_a_device_never_published(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_07, SLUICE_A5));
  const struct sluice_layout *l = &r.daemon.layout;
  uint64_t current = pop(&r, SLUICE_KIND_AICPU_TASK, 0);
  uint64_t stashed = pop(&r, SLUICE_KIND_AICORE_TASK, 1);
  uint64_t next = pop(&r, SLUICE_KIND_AICORE_TASK, 1);
  write_records(&r, SLUICE_KIND_AICPU_TASK, 0, current, 5, 4);
  write_records(&r, SLUICE_KIND_AICORE_TASK, 1, stashed, 16, 5);
  write_records(&r, SLUICE_KIND_AICORE_TASK, 1, next, 2, 6);
  CHECK_EQUAL(0, sluice_twin_step(&r.twin, MS, 1));
  sluice_twin_end(&r.twin);
  CHECK_EQUAL(3, r.twin.stats.leftovers);
  CHECK_EQUAL(5, load32_relaxed((uint8_t *)(uintptr_t)twin_of(&r, current) +
                                l->count_at[SLUICE_KIND_AICPU_TASK]));
  CHECK_EQUAL(5, *(uint8_t *)(uintptr_t)twin_of(&r, stashed));
  CHECK_EQUAL(6, *(uint8_t *)(uintptr_t)twin_of(&r, next));
  CHECK(load64_relaxed(r.daemon.region + sluice_pool_at(l, SLUICE_KIND_AICORE_TASK, 1)) ==
        twin_of(&r, next));
  free_rig(&r);
}

static void stops_at_nonsense_in_the_arena(void) {
  struct rig r;
  CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_07, SLUICE_A2A3));
  const struct sluice_layout *l = &r.daemon.layout;
  uint8_t *pool = r.daemon.region + sluice_pool_at(l, SLUICE_KIND_AICPU_TASK, 0);
  pop(&r, SLUICE_KIND_AICPU_TASK, 0);
  store64_relaxed(pool + SLUICE_POOL_SLOTS, 4711);
  store32_release(pool + l->fq_tail_at, 5);
  look(&r);
  CHECK(r.twin.broken != NULL && strstr(r.twin.broken, "names no buffer") != NULL);
  CHECK_EQUAL(4, load32_relaxed(device_pool(&r, SLUICE_KIND_AICPU_TASK, 0) + l->fq_tail_at));
  r.twin.broken = NULL;
  store32_release(pool + l->fq_tail_at, 400);
  look(&r);
  CHECK(r.twin.broken != NULL && strstr(r.twin.broken, "cannot be") != NULL);
  free_rig(&r);
}

/* Whichever copy fails, nothing after it is believed, and nothing is left behind. */
static void any_copy_may_fail(void) {
  for (int nth = 1; nth <= 150; nth++) {
    struct rig r;
    CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_06, SLUICE_A5));
    uint64_t buffer = pop(&r, SLUICE_KIND_AICPU_TASK, 0);
    uint64_t left = pop(&r, SLUICE_KIND_AICORE_TASK, 0);
    write_records(&r, SLUICE_KIND_AICPU_TASK, 0, buffer, 16, 7);
    write_records(&r, SLUICE_KIND_AICORE_TASK, 0, left, 3, 8);
    publish(&r, 0, SLUICE_KIND_AICPU_TASK, 0, buffer, 0);
    fail_nth("rtMemcpy", nth);
    long before = calls("rtMemcpy");
    look(&r);
    uint32_t tail = arena_tail(&r, 0);
    int was_carried = !sluice_twin_is_broken(&r.twin);
    CHECK(was_carried ? tail == 1 : tail <= 1);
    CHECK(tail == 0 || *(uint8_t *)(uintptr_t)twin_of(&r, buffer) == 7);
    sluice_twin_end(&r.twin);
    long used = calls("rtMemcpy") - before;
    CHECK_EQUAL(used >= nth, sluice_twin_is_broken(&r.twin));
    CHECK(used <= nth || !sluice_twin_is_broken(&r.twin));
    free_rig(&r);
    if (used < nth) {
      CHECK(nth > 10);
      return;
    }
  }
  CHECK(false);
}

static void nothing_is_left_when_it_cannot_be_made(void) {
  static const struct {
    uint16_t platform;
    const char *call;
  } cases[] = {{SLUICE_A2A3, "rtMalloc"},       {SLUICE_A2A3, "halHostRegister"},
               {SLUICE_A2A3, "aclrtGetDevice"}, {SLUICE_A5, "rtMalloc"},
               {SLUICE_A5, "aclrtGetDevice"}};
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct rig r;
    CHECK_EQUAL(SLUICE_OK, make_rig(&r, SLUICE_L2_2026_07, cases[i].platform));
    struct sluice_arena arena = {.bytes = r.plan.bytes};
    for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
      arena.buffers[kind] = r.plan.buffers[kind];
      arena.buffer_offset[kind] = r.plan.buffer_at[kind];
    }
    struct sluice_twin other;
    char error[256] = "";
    fail_nth(cases[i].call, 1);
    CHECK_EQUAL(SLUICE_ERROR_CANN, sluice_twin_make(&other, &r.geometry, &arena,
                                                    r.daemon.host_base, error, sizeof error));
    CHECK(strstr(error, cases[i].call) != NULL);
    arena.buffer_offset[0] = 0;
    CHECK_EQUAL(SLUICE_ERROR_PROTOCOL, sluice_twin_make(&other, &r.geometry, &arena,
                                                        r.daemon.host_base, error, sizeof error));
    free_rig(&r);
  }
}

const struct test relay_tests[] = {
    {"relay: carries every kind in every layout", carries_every_kind_in_every_layout},
    {"relay: starts as the daemon says", starts_as_the_daemon_says},
    {"relay: passes on what makes no sense", passes_on_what_makes_no_sense},
    {"relay: waits for an entry that is not whole", waits_for_an_entry_that_is_not_whole},
    {"relay: leaves the entry when the arena has no room",
     leaves_the_entry_when_the_arena_has_no_room},
    {"relay: shows a wild tail and gets over it", shows_a_wild_tail_and_gets_over_it},
    {"relay: brings what a device never published", brings_what_a_device_never_published},
    {"relay: stops at nonsense in the arena", stops_at_nonsense_in_the_arena},
    {"relay: any copy may fail", any_copy_may_fail},
    {"relay: nothing is left when it cannot be made", nothing_is_left_when_it_cannot_be_made},
    {NULL, NULL},
};

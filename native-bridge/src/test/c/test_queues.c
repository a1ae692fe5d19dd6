/* test_queues.c - queue arithmetic of the device side, step by step on one thread. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "private_arena.h"
#include "queues.h"
#include "tasks.h"
#include "test.h"

/* A device with one lane and its host, in private memory. */
struct rig {
  struct options options;
  struct device device;
  struct sluice_recycler host;
  struct private_arena plan;
  void *memory;
  uint32_t handed[SLUICE_KINDS];
};

static struct rig *new_rig(uint16_t generation, uint32_t queue_entries, uint32_t buffers) {
  struct rig *r = calloc(1, sizeof *r);
  struct sluice_geometry *g = &r->options.geometry;
  *g = (struct sluice_geometry){.generation = generation,
                                .platform = SLUICE_A2A3,
                                .level = 2,
                                .num_cores = 1,
                                .sched_threads = 1,
                                .slot_count = 4,
                                .ready_queue_entries = queue_entries,
                                .buffer_records = {8, 8, 8, 8},
                                .synthetic_origin_ticks = 1000,
                                .synthetic_period_ticks = 400};
  const uint32_t per_pool[SLUICE_KINDS] = {buffers, buffers, buffers, buffers};
  sluice_layout_init(&r->device.layout, g);
  private_arena_plan(&r->plan, &r->device.layout, g, per_pool);
  r->memory = aligned_alloc(4096, r->plan.bytes);
  r->host = (struct sluice_recycler){.layout = r->device.layout,
                                     .region = r->memory,
                                     .device_base = (uint64_t)(uintptr_t)r->memory,
                                     .host_base = r->memory,
                                     .arena_bytes = r->plan.bytes};
  private_arena_init(&r->plan, &r->host, g, r->handed);
  r->device.options = &r->options;
  r->device.region = r->memory;
  r->device.sched_threads = 1;
  r->device.content = content_of(g);
  CHECK_EQUAL(0, device_init(&r->device));
  return r;
}

static void free_rig(struct rig *r) {
  device_free(&r->device);
  free(r->memory);
  free(r);
}

static void ready_queue_fills_and_wraps(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_06, 5, 4);
  struct lane *l = &r->device.lanes[0];
  for (unsigned lap = 0; lap < 7; lap++) {
    for (unsigned i = 0; i < 4; i++) {
      CHECK(ready_has_space(l));
      ready_put(l, 0, 0, 64, i, 0); /* a pointer that the host rejects */
    }
    CHECK(!ready_has_space(l)); /* one entry stays unused to distinguish full from empty */
    CHECK_EQUAL(4, sluice_recycle_queue(&r->host, 0, 100));
    CHECK_EQUAL(0, sluice_recycle_queue(&r->host, 0, 100));
  }
  CHECK_EQUAL(7 * 4 % 5, l->tail);
  free_rig(r);
}

static void free_queue_wraps_at_32_bits(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_06, 8, 4);
  struct lane *l = &r->device.lanes[0];
  struct pool *p = &l->cores[0].aicpu;
  const struct sluice_layout *layout = &r->device.layout;
  p->fq_head = UINT32_MAX - 1;
  store32_relaxed(p->shared + layout->fq_head_at, p->fq_head);
  store32_relaxed(p->shared + layout->fq_tail_at, p->fq_head);
  CHECK(!free_wait(l, p));
  for (uint64_t i = 1; i <= 4; i++) {
    CHECK_EQUAL(0, sluice_push_free(&r->host, p->kind, 0, 4096 * i));
  }
  CHECK_EQUAL(-1, sluice_push_free(&r->host, p->kind, 0, 4096));
  CHECK_EQUAL(2, load32_relaxed(p->shared + layout->fq_tail_at));
  for (uint64_t i = 1; i <= 4; i++) {
    CHECK(free_wait(l, p));
    CHECK_EQUAL(4096 * i, (uintptr_t)free_take(l, p));
  }
  CHECK(!free_wait(l, p));
  CHECK_EQUAL(2, p->fq_head);
  free_rig(r);
}

/* 8 records per buffer, 4 + 1 buffers, a host that never drains. */
static void l2_06_drops_whole_buffers_when_free_queue_is_empty(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_06, 64, 4);
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  core_run(l, c, 8 * 10 + 1); /* one more, because two are in flight */
  /* One is current, three more are seeded: three are published, then the fourth is overwritten. */
  CHECK_EQUAL(80, c->aicpu.total);
  CHECK_EQUAL(3, c->aicpu.seq);
  CHECK_EQUAL(80 - 3 * 8, c->aicpu.dropped);
  CHECK_EQUAL(0, c->aicpu.count);
  CHECK(c->aicpu.buffer != NULL);
  CHECK_EQUAL(c->aicpu.dropped, load32_relaxed(c->aicpu.shared + SLUICE_POOL_DROPPED));
  /* AICore: the last buffer fills up; later records vanish uncounted. */
  CHECK_EQUAL(81, c->aicore.total);
  CHECK_EQUAL(0, c->aicore.dropped);
  CHECK_EQUAL(80 - (7 + 8 + 8 + 8), l->aicore_lost);
  free_rig(r);
}

static void l2_07_publishes_first_and_drops_single_records(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_07, 64, 4);
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  core_run(l, c, 8 * 4 + 1 + 5);
  CHECK_EQUAL(4, c->aicpu.seq); /* all four were published */
  CHECK(c->aicpu.buffer == NULL);
  CHECK_EQUAL(5, c->aicpu.dropped);
  CHECK_EQUAL(0, load64_relaxed(c->aicpu.shared + SLUICE_POOL_PTR));
  CHECK(l->waits.samples >= 5 && l->stall_ns >= 5 * 20000);
  CHECK_EQUAL(0, l->own_sleep_ns); /* a sleep could outlast the 20 us */
  /* After a refill the pool continues with the next record. */
  sluice_recycle_queue(&r->host, 0, 100);
  core_run(l, c, 3);
  CHECK_EQUAL(5, c->aicpu.dropped);
  CHECK_EQUAL(3, c->aicpu.count);
  free_rig(r);
}

/* Host step of a lane that must not block: recycles while the lane waits. */
static struct sluice_recycler *helper;

static void help_lane(struct lane *l) {
  sluice_recycle_queue(helper, l->queue, 1);
}

static void chip_08_blocks_until_refilled(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 64, 4);
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  helper = &r->host;
  r->device.host_step = help_lane;
  core_run(l, c, 100000);
  core_flush(l, c);
  CHECK_EQUAL(100000, c->aicpu.total);
  CHECK_EQUAL(0, c->aicpu.dropped);
  CHECK_EQUAL(0, l->aicore_lost);
  CHECK(l->waits.samples > 0);
  size_t contended = r->device.layout.backpressure_at + offsetof(struct Backpressure, fq_contended);
  CHECK_EQUAL(1, load32_relaxed(r->device.region + contended));
  sluice_recycle_queue(&r->host, 0, 1000);
  CHECK_EQUAL(100000, r->host.lost_records[SLUICE_KIND_AICPU_TASK]);
  free_rig(r);
}

#define LATE_NS 50000000u

static unsigned helper_turns;
static uint64_t helper_since_ns;

static void help_lane_late(struct lane *l) {
  helper_since_ns = helper_turns++ == 0 ? clock_ns() : helper_since_ns;
  if (clock_ns() - helper_since_ns >= LATE_NS) {
    sluice_recycle_queue(helper, l->queue, 100);
  }
}

/* Polls a few thousand times while spinning, then once every half millisecond. */
static void chip_08_sleeps_while_it_waits(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 64, 4);
  struct lane *l = &r->device.lanes[0];
  helper = &r->host;
  helper_turns = 0;
  r->device.host_step = help_lane_late;
  core_run(l, &l->cores[0], 8 * 5);
  CHECK_EQUAL(1, l->waits.samples);
  CHECK(l->stall_ns >= LATE_NS);
  CHECK(helper_turns < 20000);
  CHECK(l->own_sleep_ns > 0 && l->own_sleep_ns < l->stall_ns);
  free_rig(r);
}

static void chip_08_parks_while_frozen(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 64, 4);
  struct lane *l = &r->device.lanes[0];
  uint8_t *freeze = r->device.region + r->device.layout.backpressure_at;
  store32_relaxed(freeze, 1);
  atomic_store(&r->device.abort, true); /* ends every wait at once, which exposes the parking */
  CHECK(!ready_publish(l, &l->cores[0].aicpu, l->cores[0].aicpu.buffer, 0));
  CHECK_EQUAL(1, l->tail); /* but it is published */
  store32_relaxed(freeze, 0);
  CHECK(ready_publish(l, &l->cores[0].aicpu, l->cores[0].aicpu.buffer, 1));
  free_rig(r);
}

static void *freeze_again_and_again(void *argument) {
  struct rig *r = argument;
  uint8_t *freeze = r->device.region + r->device.layout.backpressure_at;
  while (!atomic_load_explicit(&r->device.stop, memory_order_relaxed)) {
    store32_release(freeze, 1);
    store32_release(freeze, 0);
  }
  return NULL;
}

/* A lane that saw its freeze end gets a fresh 30 s for the next one. */
static void chip_08_outlives_freezes_in_a_row(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 64, 4);
  struct lane *l = &r->device.lanes[0];
  pthread_t host;
  unsigned given_up = 0;
  CHECK_EQUAL(0, pthread_create(&host, NULL, freeze_again_and_again, r));
  /* Until it has parked often enough: on a busy machine the other thread starts late. */
  for (unsigned i = 0, parked = 0; parked < 300; i++) {
    uint64_t stalled = l->stall_ns;
    given_up += !ready_publish(l, &l->cores[0].aicpu, (uint8_t *)64, i);
    parked += l->stall_ns != stalled;
    sluice_recycle_queue(&r->host, 0, 1); /* the host rejects its pointer */
  }
  atomic_store_explicit(&r->device.stop, true, memory_order_relaxed);
  pthread_join(host, NULL);
  CHECK_EQUAL(0, given_up);
  free_rig(r);
}

static uint32_t word_of(const struct pool *p, size_t at) {
  return load32_relaxed(p->shared + at);
}

/* One budget covers the whole wait; a publication stays, and each later record waits again. */
static void chip_09_gives_up_after_its_budget(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_09, 64, 4);
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  CHECK_EQUAL(BACKSTOP_NS, r->device.wait_limit_ns);
  r->device.wait_limit_ns = 1000000;
  core_run(l, c, 8 * 4 + 1 + 2);
  CHECK_EQUAL(4, c->aicpu.seq);
  CHECK(c->aicpu.buffer == NULL);
  CHECK_EQUAL(2, c->aicpu.dropped);
  CHECK_EQUAL(3, l->waits.samples - 1); /* the AICore rotation, the switch, two records */
  CHECK(l->stall_ns >= 4 * 1000000);
  CHECK_EQUAL(32, word_of(&c->aicpu, SLUICE_POOL_PUBLISHED_RECORDS));
  CHECK_EQUAL(4, word_of(&c->aicpu, SLUICE_POOL_PUBLISHED_BUFFERS));
  CHECK_EQUAL(0, word_of(&c->aicpu, SLUICE_POOL_LIVE));
  free_rig(r);
}

/*
 * A rotation without a free buffer keeps the old one; the excess is counted when it is published.
 */
static void chip_09_charges_the_excess_later(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_09, 64, 4);
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  r->device.wait_limit_ns = 1000;
  core_run(l, c, 8 * 4 + 3); /* three rotations, the fourth fails */
  CHECK_EQUAL(11, word_of(&c->aicore, SLUICE_POOL_LIVE));
  CHECK_EQUAL(0, c->aicore.dropped);
  core_flush(l, c);
  CHECK_EQUAL(3, c->aicore.dropped);
  CHECK_EQUAL(0, l->aicore_lost);
  CHECK_EQUAL(32, word_of(&c->aicore, SLUICE_POOL_PUBLISHED_RECORDS));
  CHECK_EQUAL(35, word_of(&c->aicore, SLUICE_POOL_TOTAL));
  free_rig(r);
}

static void chip_09_names_what_it_publishes(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_09, 64, 4);
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  const struct sluice_layout *layout = &r->device.layout;
  CHECK_EQUAL(1, load32_relaxed(r->device.region + layout->schema_at));
  core_run(l, c, 8 + 3);
  core_flush(l, c); /* level 2: 8 and 3 records of both kinds */
  uint32_t counts[SLUICE_KINDS] = {0};
  for (unsigned i = 0; i < l->tail; i++) {
    const uint8_t *entry = r->device.region + sluice_entry_at(layout, 0, i);
    const uint8_t *buffer = (const uint8_t *)(uintptr_t)load64_relaxed(entry + SLUICE_ENTRY_PTR);
    uint32_t kind = load32_relaxed(entry + SLUICE_ENTRY_KIND);
    uint32_t records = load32_relaxed(entry + SLUICE_ENTRY_RECORDS);
    CHECK_EQUAL(r->device.run_epoch, load64_relaxed(entry + SLUICE_ENTRY_EPOCH));
    CHECK_EQUAL(r->device.run_epoch, load64_relaxed(buffer + layout->epoch_at[kind]));
    CHECK_EQUAL(load32_relaxed(entry + SLUICE_ENTRY_SEQ),
                load32_relaxed(buffer + layout->local_seq_at[kind]));
    CHECK_EQUAL(records, load32_relaxed(buffer + layout->count_at[kind]));
    counts[kind] += records;
  }
  CHECK_EQUAL(11, counts[SLUICE_KIND_AICPU_TASK]);
  CHECK_EQUAL(11, counts[SLUICE_KIND_AICORE_TASK]);
  free_rig(r);
}

/* A flush that cannot publish keeps the buffer, and for AICore its count, too. */
static void chip_09_keeps_what_it_could_not_flush(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_09, 2, 4); /* room for one entry */
  struct lane *l = &r->device.lanes[0];
  struct core *c = &l->cores[0];
  const struct sluice_layout *layout = &r->device.layout;
  r->device.wait_limit_ns = 1000;
  CHECK(ready_has_space(l));
  ready_put(l, 0, 0, 64, 0, 0);
  core_run(l, c, 5);
  core_flush(l, c);
  CHECK_EQUAL(5, c->aicpu.dropped);
  CHECK(c->aicpu.buffer != NULL);
  CHECK_EQUAL((uintptr_t)c->aicpu.buffer, load64_relaxed(c->aicpu.shared + SLUICE_POOL_PTR));
  CHECK_EQUAL(0, load32_relaxed(c->aicpu.buffer + layout->count_at[SLUICE_KIND_AICPU_TASK]));
  CHECK_EQUAL(5, c->aicore.dropped);
  CHECK_EQUAL((uintptr_t)c->aicore.buffer, load64_relaxed(c->aicore.shared + SLUICE_POOL_PTR));
  CHECK_EQUAL(5, load32_relaxed(c->aicore.buffer + layout->count_at[SLUICE_KIND_AICORE_TASK]));
  free_rig(r);
}

/* The record in flight goes to the new buffer in l2-2026.06, but to its own in chip-2026.08. */
static void records_in_flight_land_where_the_generation_says(void) {
  struct rig *old = new_rig(SLUICE_L2_2026_06, 64, 4);
  struct rig *new = new_rig(SLUICE_CHIP_2026_08, 64, 4);
  struct core *a = &old->device.lanes[0].cores[0];
  struct core *b = &new->device.lanes[0].cores[0];
  core_run(&old->device.lanes[0], a, 9);
  core_run(&new->device.lanes[0], b, 9);
  CHECK_EQUAL(1, a->slot);
  CHECK_EQUAL(7, ((struct AicoreTaskRecord *)(void *)a->slots)->reg_task_id);
  CHECK_EQUAL(0, b->slot);
  CHECK(b->stash.buffer == NULL); /* released by the ACK of task 8 */
  CHECK_EQUAL(1, b->aicore.seq);
  free_rig(old);
  free_rig(new);
}

const struct test queue_tests[] = {
    {"queues: the ready queue fills and wraps", ready_queue_fills_and_wraps},
    {"queues: the free queue wraps at 2^32", free_queue_wraps_at_32_bits},
    {"l2-2026.06: drops whole buffers", l2_06_drops_whole_buffers_when_free_queue_is_empty},
    {"l2-2026.07: publishes first, drops records", l2_07_publishes_first_and_drops_single_records},
    {"chip-2026.08: blocks until refilled", chip_08_blocks_until_refilled},
    {"chip-2026.08: sleeps while it waits", chip_08_sleeps_while_it_waits},
    {"chip-2026.08: parks while frozen", chip_08_parks_while_frozen},
    {"chip-2026.08: freezes in a row", chip_08_outlives_freezes_in_a_row},
    {"chip-2026.09: gives up after its budget", chip_09_gives_up_after_its_budget},
    {"chip-2026.09: charges the excess later", chip_09_charges_the_excess_later},
    {"chip-2026.09: names what it publishes", chip_09_names_what_it_publishes},
    {"chip-2026.09: keeps what it could not flush", chip_09_keeps_what_it_could_not_flush},
    {"tasks: records in flight", records_in_flight_land_where_the_generation_says},
    {NULL, NULL},
};

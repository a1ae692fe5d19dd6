/*
 * test_content.c - the content has the properties in its header: plausible, ordered, and joinable.
 */
#include <string.h>

#include "histogram.h"
#include "sluice_content.h"
#include "test.h"

static const uint32_t flags_of[] = {SLUICE_FLAG_SYNTHETIC,
                                    SLUICE_FLAG_SYNTHETIC | SLUICE_FLAG_JITTERED};

static struct sluice_geometry geometry(uint64_t period) {
  return (struct sluice_geometry){.generation = SLUICE_CHIP_2026_08,
                                  .platform = SLUICE_A2A3,
                                  .level = 4,
                                  .num_cores = 24,
                                  .sched_threads = 3,
                                  .synthetic_seed = 7,
                                  .synthetic_origin_ticks = 1000000,
                                  .synthetic_period_ticks = period};
}

static struct content_task task_of(const struct content *c, unsigned core, uint64_t index) {
  uint64_t stream = content_stream(c->seed, SLUICE_CLASS_TASK, core);
  struct content_group group = content_task_group(c, stream, core, index);
  return content_task(c, &group, stream, core, index);
}

static struct OrchPhaseRecord orch_phase_of(const struct content *c, uint64_t index) {
  uint64_t stream = content_stream(c->seed, SLUICE_CLASS_ORCH, 0);
  struct content_group group = content_orch_group(c, stream, index);
  struct OrchPhaseRecord r;
  content_orch_phase(&r, c, &group, stream, index);
  return r;
}

static void check_tasks_of_core(const struct content *c, unsigned core) {
  uint64_t last_finish = 0;
  for (uint64_t i = 0; i < 3000; i++) {
    struct content_task t = task_of(c, core, i);
    struct AicpuTaskRecord a;
    struct AicoreTaskRecord b;
    content_aicpu_task(&a, &t, i);
    content_aicore_task(&b, &t, i);
    CHECK(a.dispatch_time > last_finish);
    CHECK(b.start_time - b.receive_to_start_cycles > a.dispatch_time);
    CHECK(b.end_time > b.start_time && a.finish_time > b.end_time);
    CHECK_EQUAL(a.reg_task_id, b.reg_task_id);
    CHECK_EQUAL(0, a.pad[0] | a.pad[1] | a.pad[2]);
    last_finish = a.finish_time;
  }
}

/* Includes the minimum period, and an uneven one just above it. */
static void tasks_are_ordered_in_time(void) {
  for (unsigned i = 0; i < 2; i++) {
    struct sluice_geometry g = geometry(5000);
    g.flags = flags_of[i];
    const uint64_t periods[] = {content_least_period(&g), content_least_period(&g) + 7, 5000};
    for (unsigned k = 0; k < 3; k++) {
      g.synthetic_period_ticks = periods[k];
      struct content c = content_of(&g);
      check_tasks_of_core(&c, 5);
      check_tasks_of_core(&c, 20);
    }
  }
}

/* Checks all tasks of the device, in submission order. */
static void check_submission(const struct sluice_geometry *g, uint64_t tasks) {
  struct content c = content_of(g);
  uint64_t last_end = 0;
  for (uint64_t round = 0; round < tasks / g->num_cores; round++) {
    bool seen[SLUICE_MAX_CORES] = {false};
    for (unsigned core = 0; core < g->num_cores; core++) {
      uint64_t n = content_task_number(&c, core, round);
      struct content_task t = task_of(&c, core, round);
      struct OrchPhaseRecord o = orch_phase_of(&c, n);
      CHECK_EQUAL(t.token, o.task_id);
      CHECK(o.end_time <= t.dispatch);
      CHECK_EQUAL(round, n / g->num_cores);
      CHECK(!seen[n % g->num_cores]);
      seen[n % g->num_cores] = true;
      o = orch_phase_of(&c, round * g->num_cores + core);
      CHECK(o.start_time >= last_end && o.end_time > o.start_time);
      last_end = o.end_time;
    }
  }
}

static void orchestrator_submits_before_dispatch(void) {
  static const uint32_t cores[] = {1, 2, 24, 108};
  for (unsigned i = 0; i < 2; i++) {
    for (unsigned k = 0; k < 4; k++) {
      struct sluice_geometry g = geometry(0);
      g.flags = flags_of[i];
      g.num_cores = cores[k];
      g.sched_threads = 1;
      g.synthetic_period_ticks = content_least_period(&g);
      check_submission(&g, 20000);
    }
  }
}

static void check_sched_phases(const struct content *c, uint32_t last_kind) {
  uint64_t stream = content_stream(c->seed, SLUICE_CLASS_SCHED, 1);
  bool seen[16] = {false};
  uint64_t last_end = 0;
  for (uint64_t j = 0; j < 20000; j++) {
    union {
      uint8_t bytes[64];
      struct SchedPhaseRecord at_20;
      struct SchedPhaseRecord44 at_44;
    } record;
    content_sched_phase(record.bytes, c, stream, j);
    struct SchedPhaseRecord r = record.at_20;
    if (c->is_phase_44) {
      r.loop_iter = record.at_44.loop_iter;
      r.kind = record.at_44.kind;
    }
    CHECK_EQUAL(j, 2 * (uint64_t)r.loop_iter + (r.kind != 1));
    CHECK(r.kind <= last_kind);
    CHECK(r.start_time >= last_end && r.end_time > r.start_time);
    seen[r.kind & 15] = true;
    last_end = r.end_time;
  }
  CHECK_EQUAL(c->phase_kinds != 1 && c->phase_kinds != 2, seen[3]); /* wire, if written */
  CHECK(seen[0] && seen[1] && seen[7]);
  CHECK_EQUAL(c->phase_kinds == 2, seen[13]);
  CHECK_EQUAL(c->phase_kinds == 4, !seen[4]); /* not in buffers if AICore schedules */
}

static void sched_phases_tell_their_index(void) {
  struct sluice_geometry g = geometry(5000);
  const uint32_t generations[] = {SLUICE_L2_2026_06, SLUICE_L2_2026_07, SLUICE_CHIP_2026_08,
                                  SLUICE_CHIP_2026_09, SLUICE_CHIP_2026_09};
  const uint32_t last_kind[] = {7, 7, 13, 11, 10};
  for (unsigned i = 0; i < 5; i++) {
    for (unsigned k = 0; k < 2; k++) {
      g.generation = (uint16_t)generations[i];
      g.facts = i == 4 ? SLUICE_OVERRIDE(SLUICE_FACT_PHASE_KINDS, 4) : 0;
      g.flags = flags_of[k];
      g.synthetic_period_ticks = k == 0 ? 5000 : content_least_period(&g);
      struct content c = content_of(&g);
      check_sched_phases(&c, last_kind[i]);
    }
  }
}

/* Long tails on vector cores, none on cube cores, and successive tasks differ. */
static void jittered_tasks_vary(void) {
  struct sluice_geometry g = geometry(5000);
  g.flags = flags_of[1];
  struct content c = content_of(&g);
  for (unsigned core = 0; core < 24; core += 12) { /* cores 0 to 7 are cube cores */
    uint64_t longest = 0;
    uint64_t sum = 0;
    uint64_t last = 0;
    unsigned alike = 0;
    for (uint64_t i = 0; i < 3200; i++) {
      struct content_task t = task_of(&c, core, i);
      uint64_t length = t.end - t.start;
      longest = length > longest ? length : longest;
      sum += length;
      alike += length == last;
      last = length;
    }
    uint64_t mean = sum / 3200;
    CHECK(mean > 3000 && mean < 3600);
    CHECK(core < 8 ? longest < 3 * mean : longest > 7 * mean);
    CHECK(alike < 32);
  }
}

/* Core 5, task 12345, computed independently with other arithmetic. */
#define KNOWN_STREAM 0x3fdabe86cbbeaa11u
#define KNOWN_DISPATCH 62726287
#define KNOWN_FINISH 62729852
#define KNOWN_START 62726838
#define KNOWN_END 62728592
#define KNOWN_TOKEN 4295041367
#define KNOWN_R2S 39

/* The same task with jittered content, orch phase 12345, and sched phase 777 of thread 1. */
#define JITTERED_DISPATCH 62764315
#define JITTERED_FINISH 62773484
#define JITTERED_START 62765478
#define JITTERED_END 62771289
#define JITTERED_TOKEN 8590001517
#define JITTERED_R2S 126
#define JITTERED_ORCH_START 3252060
#define JITTERED_ORCH_END 3252113
#define JITTERED_SCHED_START 4972400
#define JITTERED_SCHED_END 4976213

/* Detects any change of a formula: other programs verify records with them. */
static void content_matches_known_values(void) {
  struct sluice_geometry g = geometry(5000);
  struct content c = content_of(&g);
  CHECK_EQUAL(312, c.task.q);
  CHECK_EQUAL(255, c.task.m);
  CHECK_EQUAL(208, c.step.ticks);
  CHECK_EQUAL(13, c.step.q);
  CHECK_EQUAL(7, c.step.m);
  CHECK_EQUAL(10000, c.sched.ticks);
  CHECK_EQUAL((long long)KNOWN_STREAM, content_stream(7, SLUICE_CLASS_TASK, 5));
  struct content_task t = task_of(&c, 5, 12345);
  CHECK_EQUAL(KNOWN_DISPATCH, t.dispatch);
  CHECK_EQUAL(KNOWN_FINISH, t.finish);
  CHECK_EQUAL(KNOWN_START, t.start);
  CHECK_EQUAL(KNOWN_END, t.end);
  CHECK_EQUAL(KNOWN_TOKEN, t.token);
  CHECK_EQUAL(KNOWN_R2S, t.receive_to_start);
  g.flags = flags_of[1];
  c = content_of(&g);
  t = task_of(&c, 5, 12345);
  CHECK_EQUAL(JITTERED_DISPATCH, t.dispatch);
  CHECK_EQUAL(JITTERED_FINISH, t.finish);
  CHECK_EQUAL(JITTERED_START, t.start);
  CHECK_EQUAL(JITTERED_END, t.end);
  CHECK_EQUAL(JITTERED_TOKEN, t.token);
  CHECK_EQUAL(JITTERED_R2S, t.receive_to_start);
  struct OrchPhaseRecord o = orch_phase_of(&c, 12345);
  CHECK_EQUAL(JITTERED_ORCH_START, o.start_time);
  CHECK_EQUAL(JITTERED_ORCH_END, o.end_time);
  struct SchedPhaseRecord s;
  content_sched_phase((uint8_t *)&s, &c, content_stream(7, SLUICE_CLASS_SCHED, 1), 777);
  CHECK_EQUAL(JITTERED_SCHED_START, s.start_time);
  CHECK_EQUAL(JITTERED_SCHED_END, s.end_time);
}

static void tokens_are_unique(void) {
  struct sluice_geometry g = geometry(5000);
  struct content c = content_of(&g);
  for (uint64_t task = 0; task < 100000; task++) {
    uint64_t token = content_token(&c, task);
    CHECK_EQUAL(task, (token & 0xFFFFFFFF) * 4 + (token >> 32));
  }
  g.flags = flags_of[1];
  c = content_of(&g);
  for (uint64_t task = 0; task < 100000; task++) {
    uint64_t token = content_token(&c, task);
    uint64_t of_ring = token & 0xFFFFFFFF;
    CHECK_EQUAL(task, (of_ring >> 14 << 16) + (token >> 32 << 14) + (of_ring & 16383));
  }
}

static void spans_keep_jitter_below_a_sixteenth(void) {
  for (uint64_t p = 16; p < 100000; p = p * 5 / 4 + 1) {
    struct content_span s = content_span(p);
    CHECK(s.m < s.q && s.m * 2 + 2 > s.q);
    CHECK_EQUAL(0, s.m & (s.m + 1));
  }
}

static void histogram_finds_quantiles(void) {
  static struct histogram h;
  CHECK_EQUAL(0, histogram_quantile(&h, 0.99));
  for (uint64_t i = 1; i <= 100000; i++) {
    histogram_add(&h, i);
  }
  uint64_t half = histogram_quantile(&h, 0.5);
  CHECK(half >= 50000 && half <= 50000 * 33 / 32);
  uint64_t most = histogram_quantile(&h, 0.999);
  CHECK(most >= 99900 && most <= 100000);
  CHECK_EQUAL(100000, histogram_quantile(&h, 1.0));
  histogram_add(&h, UINT64_MAX);
  CHECK(histogram_quantile(&h, 1.0) == UINT64_MAX);
}

const struct test content_tests[] = {
    {"content: tasks are ordered in time", tasks_are_ordered_in_time},
    {"content: the orchestrator submits before dispatch", orchestrator_submits_before_dispatch},
    {"content: sched phases tell their index", sched_phases_tell_their_index},
    {"content: jittered tasks vary", jittered_tasks_vary},
    {"content: known values", content_matches_known_values},
    {"content: tokens are unique", tokens_are_unique},
    {"content: jitter stays below a sixteenth", spans_keep_jitter_below_a_sixteenth},
    {"histogram: quantiles", histogram_finds_quantiles},
    {NULL, NULL},
};

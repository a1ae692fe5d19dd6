/* test_content.c - the content is what its header says: plausible, ordered, and joinable. */
#include <string.h>

#include "histogram.h"
#include "sluice_content.h"
#include "test.h"

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

static void tasks_are_ordered_in_time(void) {
  struct sluice_geometry g = geometry(5000);
  struct content c = content_of(&g);
  uint64_t stream = content_stream(c.seed, SLUICE_CLASS_TASK, 5);
  uint64_t last_finish = 0;
  for (uint64_t i = 0; i < 10000; i++) {
    struct AicpuTaskRecord a;
    struct AicoreTaskRecord b;
    content_aicpu_task(&a, &c, stream, 5, i);
    content_aicore_task(&b, &c, stream, 5, i);
    CHECK(a.dispatch_time > last_finish);
    CHECK(b.start_time - b.receive_to_start_cycles > a.dispatch_time);
    CHECK(b.end_time > b.start_time && a.finish_time > b.end_time);
    CHECK_EQUAL(a.reg_task_id, b.reg_task_id);
    CHECK_EQUAL(0, a.pad[0] | a.pad[1] | a.pad[2]);
    last_finish = a.finish_time;
  }
}

static void orchestrator_submits_before_dispatch(void) {
  struct sluice_geometry g = geometry(16 * 24);
  struct content c = content_of(&g);
  uint64_t orch = content_stream(c.seed, SLUICE_CLASS_ORCH, 0);
  for (uint64_t n = 0; n < 10000; n++) {
    unsigned core = (unsigned)(n % 24);
    uint64_t stream = content_stream(c.seed, SLUICE_CLASS_TASK, core);
    struct OrchPhaseRecord o;
    struct AicpuTaskRecord a;
    struct AicoreTaskRecord b;
    content_orch_phase(&o, &c, orch, n);
    content_aicpu_task(&a, &c, stream, core, n / 24);
    content_aicore_task(&b, &c, stream, core, n / 24);
    CHECK_EQUAL(b.task_token_raw, o.task_id);
    CHECK(o.start_time < o.end_time && o.end_time <= a.dispatch_time);
  }
}

static void sched_phases_tell_their_index(void) {
  struct sluice_geometry g = geometry(5000);
  const uint32_t generations[] = {SLUICE_L2_2026_06, SLUICE_L2_2026_07, SLUICE_CHIP_2026_08};
  const uint32_t last_kind[] = {7, 7, 13};
  for (unsigned i = 0; i < 3; i++) {
    g.generation = (uint16_t)generations[i];
    struct content c = content_of(&g);
    uint64_t stream = content_stream(c.seed, SLUICE_CLASS_SCHED, 1);
    bool seen[14] = {false};
    uint64_t last_end = 0;
    for (uint64_t j = 0; j < 20000; j++) {
      struct SchedPhaseRecord r;
      content_sched_phase(&r, &c, stream, j);
      CHECK_EQUAL(j, 2 * (uint64_t)r.loop_iter + (r.kind != 1));
      CHECK(r.kind <= last_kind[i]);
      CHECK(r.start_time >= last_end && r.end_time > r.start_time);
      seen[r.kind <= 13 ? r.kind : 0] = true;
      last_end = r.end_time;
    }
    CHECK_EQUAL(generations[i] == SLUICE_L2_2026_06, seen[3]); /* wire */
    CHECK(seen[0] && seen[1] && seen[7]);
    CHECK_EQUAL(generations[i] == SLUICE_CHIP_2026_08, seen[13]);
  }
}

/* Core 5, task 12345, worked out apart from this program with other arithmetic. */
#define KNOWN_STREAM 0x3fdabe86cbbeaa11u
#define KNOWN_DISPATCH 62726287
#define KNOWN_FINISH 62729852
#define KNOWN_START 62726838
#define KNOWN_END 62728592
#define KNOWN_TOKEN 4295041367
#define KNOWN_R2S 39

/* A change of a formula must not go unseen: other programs verify by it. */
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
  struct AicpuTaskRecord a;
  struct AicoreTaskRecord b;
  content_aicpu_task(&a, &c, KNOWN_STREAM, 5, 12345);
  content_aicore_task(&b, &c, KNOWN_STREAM, 5, 12345);
  CHECK_EQUAL(KNOWN_DISPATCH, a.dispatch_time);
  CHECK_EQUAL(KNOWN_FINISH, a.finish_time);
  CHECK_EQUAL(KNOWN_START, b.start_time);
  CHECK_EQUAL(KNOWN_END, b.end_time);
  CHECK_EQUAL(KNOWN_TOKEN, b.task_token_raw);
  CHECK_EQUAL(KNOWN_R2S, b.receive_to_start_cycles);
}

static void tokens_are_unique(void) {
  for (uint64_t g = 1; g < 100000; g++) {
    CHECK(content_token(g) != content_token(g - 1));
    CHECK_EQUAL(g, (content_token(g) & 0xFFFFFFFF) * 4 + (content_token(g) >> 32));
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
    {"content: known values", content_matches_known_values},
    {"content: tokens are unique", tokens_are_unique},
    {"content: jitter stays below a sixteenth", spans_keep_jitter_below_a_sixteenth},
    {"histogram: quantiles", histogram_finds_quantiles},
    {NULL, NULL},
};

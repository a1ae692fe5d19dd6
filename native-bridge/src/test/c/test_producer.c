/*
 * test_producer.c - the producer as a process against the fake daemon: all layouts, levels, faults,
 * drops, a killed producer, a dead daemon. The producer's report must match what the host saw.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_daemon.h"
#include "faults.h"
#include "programs.h"
#include "test.h"

/* Checks the producer's report against what the host saw, and the accounting law, to the record. */
static void check_books(const struct fake_daemon *f, const char *json) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    const struct fake_kind *k = &f->kinds[kind];
    uint64_t lost = number_in(json, kind_sections[kind], "lost");
    CHECK_EQUAL(k->produced, (uint32_t)number_in(json, kind_sections[kind], "produced"));
    CHECK_EQUAL(k->dropped, (uint32_t)number_in(json, kind_sections[kind], "dropped"));
    CHECK_EQUAL(k->produced, k->collected + k->dropped + lost);
    CHECK_EQUAL(0, k->wrong);
  }
}

static bool never_drops(const char *layout) {
  return strncmp(layout, "chip", 4) == 0;
}

/* Default sizes, level 4, a rate that the checking host sustains. */
static void every_layout_delivers_every_record(void) {
  for (unsigned i = 0; i < LAYOUTS; i++) {
    struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 5}};
    fake_start(&f);
    struct outcome *o =
        run("sluice-producer",
            (const char *[]){"--socket", f.path, "--layout", all_layouts[i], "--cores", "6",
                             "--aicpu-threads", "3", "--tasks", "120007", "--rate", "100000000",
                             "--content", i % 2 == 0 ? "jittered" : "regular", "--json", NULL});
    fake_join(&f);
    CHECK_EQUAL(0, o->status);
    CHECK(f.saw_detach);
    check_books(&f, o->output);
    CHECK_EQUAL(120007, f.kinds[SLUICE_KIND_AICPU_TASK].produced);
    CHECK_EQUAL(120007, f.kinds[SLUICE_KIND_AICORE_TASK].produced);
    CHECK_EQUAL(120007, f.kinds[SLUICE_KIND_ORCH_PHASE].produced);
    CHECK(f.kinds[SLUICE_KIND_SCHED_PHASE].produced >= 2 * (120007 / 16 - 3));
    CHECK_EQUAL(0, f.violations);
    for (int core = 0; core < 6; core++) {
      CHECK_EQUAL(core % 3, f.core_to_thread[core]);
    }
    CHECK_EQUAL(-1, f.core_to_thread[6]);
    free(o);
  }
}

/*
 * Tiny buffers, a short ready queue and a host that waits for the end: everything overflows.
 * Draining earlier would make this inexact: an AICore pool with failed rotations counts as dropped
 * what it believes to be in its last buffer (abi.md, Losses).
 */
static void losses_are_exact_when_the_host_is_late(void) {
  for (unsigned i = 0; i < LAYOUTS; i++) {
    struct fake_daemon f = {
        .mode = FAKE_SERVE, .buffers_per_pool = {3, 3, 3, 4}, .idle_first = true};
    fake_start(&f);
    struct outcome *o =
        run("sluice-producer", (const char *[]){"--socket", f.path, "--layout", all_layouts[i],
                                                "--cores", "5", "--aicpu-threads", "2", "--tasks",
                                                "20011", "--slots", "2", "--ready-queue-entries",
                                                "16", "--records", "50,32,32,64", "--json", NULL});
    fake_join(&f);
    CHECK_EQUAL(0, o->status);
    check_books(&f, o->output);
    uint64_t dropped = number_in(o->output, "{", "dropped_records");
    uint64_t lost = number_in(o->output, "{", "aicore_lost");
    CHECK(never_drops(all_layouts[i]) ? dropped == 0 : dropped > 0);
    CHECK(never_drops(all_layouts[i]) ? lost == 0 : lost > 0);
    /* Index gaps match the dropped counter, except for drops at the end. */
    for (unsigned kind = 0; kind < SLUICE_KIND_AICORE_TASK; kind++) {
      CHECK(f.kinds[kind].gaps <= f.kinds[kind].dropped);
    }
    CHECK_EQUAL(0, f.violations);
    free(o);
  }
}

static void levels_add_kinds(void) {
  static const bool expected[5][SLUICE_KINDS] = {{0},
                                                 {false, false, false, true},
                                                 {true, false, false, true},
                                                 {true, true, false, true},
                                                 {true, true, true, true}};
  for (unsigned level = 1; level <= 4; level++) {
    struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {6, 4, 4, 6}};
    char text[2] = {(char)('0' + level), '\0'};
    fake_start(&f);
    struct outcome *o =
        run("sluice-producer",
            (const char *[]){"--socket", f.path, "--level", text, "--cores", "4", "--aicpu-threads",
                             "4", "--tasks", "20010", "--rate", "50000000", "--json", NULL});
    fake_join(&f);
    CHECK_EQUAL(0, o->status);
    check_books(&f, o->output);
    for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
      CHECK_EQUAL(expected[level][kind], f.kinds[kind].produced > 0);
    }
    CHECK_EQUAL(level >= 3 ? 3 : -1, f.core_to_thread[3]);
    free(o);
  }
}

/* The AICore record in flight is lost if a core's last buffer is exactly full (l2, a2a3). */
static void last_record_is_lost_at_a_boundary(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {6, 4, 4, 6}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--layout", "l2-2026.07/a2a3", "--level", "2",
                           "--cores", "1", "--aicpu-threads", "1", "--tasks", "4096", "--rate",
                           "50000000", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  check_books(&f, o->output);
  CHECK_EQUAL(4095, f.kinds[SLUICE_KIND_AICORE_TASK].collected);
  CHECK_EQUAL(4096, f.kinds[SLUICE_KIND_AICPU_TASK].collected);
  free(o);
}

static void run_by_the_clock_keeps_its_rate(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 5}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket",      f.path,      "--layout",        "chip-2026.08/a2a3",
                           "--cores",       "8",         "--aicpu-threads", "1",
                           "--level",       "2",         "--rate",          "40000000",
                           "--duration-ns", "500000000", "--pattern",       "burst",
                           "--burst-on-ns", "20000000",  "--burst-off-ns",  "20000000",
                           "--json",        NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  check_books(&f, o->output);
  /* Half of the time at 40 MB/s is 10 MB; more is wrong, less only means a busy machine. */
  uint64_t bytes = number_in(o->output, "{", "produced_bytes");
  CHECK(bytes <= 11000000 && bytes > 2000000);
  free(o);
}

/* 260 MB/s grants 40 tasks at a time, between one and two turns. */
static void cores_get_the_same_at_any_pace(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 8}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--layout", "chip-2026.08/a2a3", "--cores", "24",
                           "--aicpu-threads", "1", "--level", "2", "--rate", "260000000",
                           "--duration-ns", "100000000", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  uint64_t least = number_in(o->output, "{", "least_core_tasks");
  uint64_t most = number_in(o->output, "{", "most_core_tasks");
  /* At most a buffer of head start plus the unfinished turn. */
  CHECK(least > 0);
  CHECK(most - least <= 1024 + 64);
  free(o);
}

/* Stopped for half a second of three, it may write only what the rest of the time allows. */
static void lost_time_stays_lost_if_asked_for(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 8}};
  fake_start(&f);
  struct program p = program_start_and_await_line(
      "sluice-producer",
      (const char *[]){"--socket", f.path, "--layout", "chip-2026.08/a2a3", "--cores", "4",
                       "--aicpu-threads", "1", "--level", "2", "--rate", "40000000",
                       "--duration-ns", "3000000000", "--catch-up-ns", "50000", "--progress",
                       "--json", NULL});
  kill(p.pid, SIGSTOP);
  usleep(500000);
  kill(p.pid, SIGCONT);
  struct outcome *o = program_end(&p);
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  check_books(&f, o->output);
  CHECK(number_in(o->output, "{", "produced_bytes") <= 40000000 / 10 * 26);
  free(o);
}

static void counts_of_faults_arrive(const char *layout, const char *faults,
                                    const char *const *entry_faults) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 6}};
  fake_start(&f);
  struct outcome *o = run("sluice-producer", (const char *[]){"--socket",        f.path,
                                                              "--layout",        layout,
                                                              "--cores",         "4",
                                                              "--aicpu-threads", "2",
                                                              "--tasks",         "60000",
                                                              "--rate",          "50000000",
                                                              "--records",       "100,64,64,128",
                                                              "--slots",         "4",
                                                              "--misbehave",     faults,
                                                              "--json",          NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  check_books(&f, o->output);
  uint64_t bogus = 0;
  for (unsigned i = 0; entry_faults[i] != NULL; i++) {
    uint64_t injected = number_in(o->output, "\"misbehaved\":", entry_faults[i]);
    CHECK_EQUAL(3, injected);
    bogus += injected;
  }
  CHECK_EQUAL(bogus, f.violations);
  if (strstr(faults, "count-overflow") != NULL) {
    CHECK_EQUAL(3, f.clamped);
  }
  if (strstr(faults, "sequence-gap") != NULL) {
    CHECK_EQUAL(3, f.sequence_gaps);
  }
  free(o);
}

static void faults_leave_the_books_true(void) {
  static const char *const entry_faults[] = {"wrong-kind",
                                             "foreign-pointer",
                                             "misaligned-pointer",
                                             "null-pointer",
                                             "bad-core-index",
                                             "bad-kind",
                                             NULL};
  static const char all[] =
      "wrong-kind,foreign-pointer,misaligned-pointer,null-pointer,bad-core-index,bad-kind,"
      "bad-tail,count-overflow,sequence-gap";
  char torn[256];
  snprintf(torn, sizeof torn, "%s,torn-entry", all);
  counts_of_faults_arrive("l2-2026.06/a2a3", torn, entry_faults);
  counts_of_faults_arrive("l2-2026.07/a5", all, entry_faults);
  snprintf(torn, sizeof torn, "%s,stale-contended", all);
  counts_of_faults_arrive("chip-2026.08/a2a3", torn, entry_faults);
}

/*
 * The device may hold the buffer again by the time of the repeat, so only the sequence number is
 * stale.
 */
static void repeated_pointer_is_seen(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 6}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--cores", "1", "--aicpu-threads", "1", "--level",
                           "2", "--tasks", "20000", "--rate", "20000000", "--misbehave",
                           "repeated-pointer", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  check_books(&f, o->output);
  CHECK_EQUAL(3, number_in(o->output, "\"misbehaved\":", "repeated-pointer"));
  CHECK_EQUAL(3, f.violations);
  free(o);
}

static void counters_wrap_at_32_bits(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 5}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--layout", "l2-2026.06/a2a3", "--level", "2",
                           "--cores", "2", "--aicpu-threads", "1", "--tasks", "10007", "--rate",
                           "20000000", "--misbehave", "counter-wrap", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  check_books(&f, o->output); /* compares modulo 2^32: the fake sees only the device's words */
  CHECK_EQUAL(((uint64_t)1 << 32) + 10007,
              number_in(o->output, kind_sections[SLUICE_KIND_AICPU_TASK], "produced"));
  /* A late host may lose some in addition to those that the fault simulates. */
  CHECK_EQUAL(((uint64_t)1 << 32) + 10007 - f.kinds[SLUICE_KIND_AICPU_TASK].collected,
              number_in(o->output, kind_sections[SLUICE_KIND_AICPU_TASK], "dropped"));
  free(o);
}

/* SIGKILL at a random moment: everything is recovered except what was between two stores. */
static void killed_producer_leaves_what_a_device_would(void) {
  for (unsigned i = 0; i < LAYOUTS; i++) {
    /* Enough slots for all that a core writes: a rotation failed by a late host is not counted. */
    struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 10}};
    char seed[8];
    snprintf(seed, sizeof seed, "%u", i + 1);
    fake_start(&f);
    struct outcome *o =
        run("sluice-producer",
            (const char *[]){"--socket", f.path, "--layout", all_layouts[i], "--cores", "6",
                             "--aicpu-threads", "2", "--duration-ns", "200000000", "--rate",
                             "60000000", "--slots", "8", "--seed", seed, "--misbehave", "kill",
                             "--json", NULL});
    fake_join(&f);
    CHECK(WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGKILL);
    CHECK(!f.saw_detach);
    for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
      const struct fake_kind *k = &f.kinds[kind];
      uint64_t known = k->collected + k->salvaged + k->dropped;
      /* AICore: one task in flight per core, and the stash, which only a real ledger finds. */
      uint64_t slack = kind == SLUICE_KIND_AICORE_TASK ? 6 * 1025 : 3;
      /* A device that dies after its dropped counter but before the count counts a buffer twice. */
      uint64_t twice = k->dropped > 0 ? f.host.layout.records[kind] : 0;
      CHECK_EQUAL(0, k->wrong);
      if (known > k->produced + twice || k->produced > known + slack) {
        test_failed(__FILE__, __LINE__,
                    "%s, kind %u: produced %llu, collected %llu, salvaged %llu, dropped %llu",
                    all_layouts[i], kind, (unsigned long long)k->produced,
                    (unsigned long long)k->collected, (unsigned long long)k->salvaged,
                    (unsigned long long)k->dropped);
      }
    }
    CHECK(f.kinds[SLUICE_KIND_AICORE_TASK].produced > 0);
    free(o);
  }
}

static void no_flush_leaves_the_current_buffers(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {8, 6, 8, 6}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--level", "2", "--cores", "3", "--aicpu-threads",
                           "1", "--tasks", "30", "--misbehave", "no-flush", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  CHECK(!f.saw_detach);
  CHECK(strstr(o->output, "\"books\":null") != NULL);
  CHECK_EQUAL(0, f.kinds[SLUICE_KIND_AICPU_TASK].collected);
  CHECK_EQUAL(27, f.kinds[SLUICE_KIND_AICPU_TASK].salvaged); /* one per core is in flight */
  free(o);
}

static void producer_ends_when_the_daemon_dies(void) {
  struct fake_daemon f = {.mode = FAKE_DIE, .buffers_per_pool = {4, 4, 4, 4}};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer", (const char *[]){"--socket", f.path, "--layout", "chip-2026.08/a2a3",
                                              "--cores", "4", "--aicpu-threads", "2", "--level",
                                              "2", "--tasks", "10000000", "--json", NULL});
  fake_join(&f);
  CHECK(WIFEXITED(o->status) && WEXITSTATUS(o->status) == 1);
  CHECK(strstr(o->output, "\"failure\":\"the daemon closed the connection") != NULL);
  free(o);
}

static void guard_keeps_the_workload_going(void) {
  struct fake_daemon f = {.mode = FAKE_DIE, .buffers_per_pool = {4, 4, 4, 4}};
  fake_start(&f);
  struct outcome *o = run(
      "sluice-producer", (const char *[]){"--socket", f.path, "--layout", "chip-2026.08/a2a3",
                                          "--cores", "4", "--aicpu-threads", "2", "--level", "4",
                                          "--tasks", "400000", "--guard-ms", "30", "--json", NULL});
  fake_join(&f);
  /* All tasks ran; only detach failed, because no daemon was left. */
  CHECK(WIFEXITED(o->status) && WEXITSTATUS(o->status) == 1);
  CHECK_EQUAL(400000, number_in(o->output, kind_sections[SLUICE_KIND_AICPU_TASK], "produced"));
  CHECK_EQUAL(0, number_in(o->output, "{", "dropped_records"));
  CHECK_EQUAL(1, number_in(o->output, "\"guard\":", "takeovers"));
  CHECK(number_in(o->output, "\"lost_records\":", "aicpu_task") > 0);
  free(o);
}

/* The daemon dies holding all buffers: none is published, so none can be recycled. */
static void guard_rescues_what_died_with_the_daemon(void) {
  struct fake_daemon f = {.mode = FAKE_DIE, .buffers_per_pool = {4, 4, 4, 4}, .hold = true};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--layout", "chip-2026.08/a5", "--cores", "4",
                           "--aicpu-threads", "2", "--level", "4", "--records", "100,64,64,128",
                           "--tasks", "400000", "--guard-ms", "30", "--json", NULL});
  fake_join(&f);
  CHECK(WIFEXITED(o->status) && WEXITSTATUS(o->status) == 1);
  CHECK_EQUAL(400000, number_in(o->output, kind_sections[SLUICE_KIND_AICPU_TASK], "produced"));
  CHECK_EQUAL(0, number_in(o->output, "{", "dropped_records"));
  CHECK(number_in(o->output, "\"guard\":", "rescued_buffers") >= 4);
  free(o);
}

/* The daemon dies with freezes open, where a lane would park for 30 s and then give up. */
static void guard_releases_the_freezes_of_the_dead(void) {
  struct fake_daemon f = {
      .mode = FAKE_DIE, .buffers_per_pool = {4, 4, 4, 4}, .dies_midway = true};
  fake_start(&f);
  struct outcome *o = run(
      "sluice-producer", (const char *[]){"--socket", f.path, "--layout", "chip-2026.08/a2a3",
                                          "--cores", "4", "--aicpu-threads", "2", "--level", "4",
                                          "--tasks", "400000", "--guard-ms", "30", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(400000, number_in(o->output, kind_sections[SLUICE_KIND_AICPU_TASK], "produced"));
  CHECK_EQUAL(0, number_in(o->output, "{", "dropped_records"));
  CHECK_EQUAL(1, number_in(o->output, "\"guard\":", "takeovers"));
  free(o);
}

/* The daemon dies between clearing an entry and releasing the head: the entries after it would
 * never be recycled. */
static void guard_steps_over_what_the_dead_had_cleared(void) {
  struct fake_daemon f = {
      .mode = FAKE_DIE, .buffers_per_pool = {4, 4, 4, 4}, .dies_midway = true};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--layout", "l2-2026.06/a2a3", "--cores", "2",
                           "--aicpu-threads", "1", "--level", "2", "--tasks", "200000", "--rate",
                           "25000000", "--guard-ms", "30", "--json", NULL});
  fake_join(&f);
  CHECK_EQUAL(1, number_in(o->output, "\"guard\":", "takeovers"));
  CHECK(number_in(o->output, "\"lost_records\":", "aicpu_task") > 20000);
  free(o);
}

/* The new daemon is busy with other sessions and takes half a second to answer. */
static void guard_hands_back_to_a_new_daemon(void) {
  struct fake_daemon f = {
      .mode = FAKE_DIE_AND_RETURN, .buffers_per_pool = {4, 4, 4, 4}, .resume_ms = 500};
  fake_start(&f);
  struct outcome *o =
      run("sluice-producer",
          (const char *[]){"--socket", f.path, "--layout", "l2-2026.07/a2a3", "--cores", "4",
                           "--aicpu-threads", "2", "--level", "2", "--rate", "100000000",
                           "--duration-ns", "600000000000", "--guard-ms", "50", "--json", NULL});
  fake_join(&f); /* which ends the run after its answer */
  CHECK_EQUAL(0, o->status);
  CHECK(f.saw_resume && f.saw_detach);
  CHECK_EQUAL(1, number_in(o->output, "\"guard\":", "takeovers"));
  CHECK_EQUAL(1, number_in(o->output, "\"guard\":", "resumes"));
  free(o);
}

static void wrong_usage_exits_with_2(void) {
  static const char *const wrong[][4] = {
      {"--cores", "0", NULL},
      {"--cores", "109", NULL},
      {"--level", "5", NULL},
      {"--layout", "l3/x", NULL},
      {"--rate", "1GB", NULL},
      {"--rate", "-1", NULL},
      {"--misbehave", "sing", NULL},
      {"--records", "1,2,3", NULL},
      {"--slots", "3", NULL},
      {"--cpus", "0,,1", NULL},
      {"--pattern", "odd", NULL},
      {"--content", "odd", NULL},
      {"--unknown", NULL},
      {"stray", NULL},
      {"--tasks", NULL},
      {"--aicpu-threads", "5", NULL},
      {"--misbehave", "torn-entry", NULL},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct outcome *o = run("sluice-producer", wrong[i]);
    if (!WIFEXITED(o->status) || WEXITSTATUS(o->status) != 2 || o->output[0] != '\0') {
      test_failed(__FILE__, __LINE__, "%s %s: status %d", wrong[i][0], wrong[i][1], o->status);
    }
    free(o);
  }
}

static void help_names_every_fault(void) {
  struct outcome *o = run("sluice-producer", (const char *[]){"--help", NULL});
  CHECK_EQUAL(0, o->status);
  for (unsigned i = 0; i < FAULTS; i++) {
    CHECK(strstr(o->output, fault_infos[i].name) != NULL);
  }
  free(o);
}

static void example_runs(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {4, 4, 4, 4}};
  fake_start(&f);
  struct outcome *o = run("sluice-example", (const char *[]){f.path, NULL});
  fake_join(&f);
  CHECK_EQUAL(0, o->status);
  CHECK(f.saw_detach);
  CHECK(strstr(o->output, "session 42") != NULL);
  CHECK(strstr(o->output, "kind 3: produced 0, collected 0, dropped 0, unaccounted 0") != NULL);
  free(o);
}

static void self_test_needs_no_daemon(void) {
  struct outcome *o = run("sluice-producer", (const char *[]){"--self-test-rate", "--level", "2",
                                                              "--tasks", "300011", "--json", NULL});
  CHECK_EQUAL(0, o->status);
  CHECK_EQUAL(600022, number_in(o->output, "{", "produced_records"));
  CHECK_EQUAL(0, number_in(o->output, "{", "dropped_records"));
  CHECK_EQUAL(0, number_in(o->output, "{", "aicore_lost"));
  free(o);
}

const struct test producer_tests[] = {
    {"producer: every layout delivers every record", every_layout_delivers_every_record},
    {"producer: losses are exact when the host is late", losses_are_exact_when_the_host_is_late},
    {"producer: levels add kinds", levels_add_kinds},
    {"producer: the last record at a boundary", last_record_is_lost_at_a_boundary},
    {"producer: a run by the clock keeps its rate", run_by_the_clock_keeps_its_rate},
    {"producer: cores get the same at any pace", cores_get_the_same_at_any_pace},
    {"producer: lost time stays lost if asked for", lost_time_stays_lost_if_asked_for},
    {"faults: the books stay true", faults_leave_the_books_true},
    {"faults: repeated pointer", repeated_pointer_is_seen},
    {"faults: counters wrap", counters_wrap_at_32_bits},
    {"faults: kill", killed_producer_leaves_what_a_device_would},
    {"faults: no flush", no_flush_leaves_the_current_buffers},
    {"guard: none, and the daemon dies", producer_ends_when_the_daemon_dies},
    {"guard: keeps the workload going", guard_keeps_the_workload_going},
    {"guard: rescues what died with the daemon", guard_rescues_what_died_with_the_daemon},
    {"guard: releases the freezes of the dead", guard_releases_the_freezes_of_the_dead},
    {"guard: steps over what the dead had cleared", guard_steps_over_what_the_dead_had_cleared},
    {"guard: hands back to a new daemon", guard_hands_back_to_a_new_daemon},
    {"producer: wrong usage", wrong_usage_exits_with_2},
    {"producer: help", help_names_every_fault},
    {"producer: self test", self_test_needs_no_daemon},
    {"example: runs", example_runs},
    {NULL, NULL},
};

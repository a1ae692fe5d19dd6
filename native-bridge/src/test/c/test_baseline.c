/*
 * test_baseline.c - the baselines as processes, each serving a producer: collected and produced
 * records must agree exactly, or a comparison is meaningless.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "programs.h"
#include "sluice_abi.h"
#include "sluice_attach.h"
#include "test.h"

#define MAX_OPTIONS 40

struct pair {
  struct outcome *baseline;
  struct outcome *producer;
};

/* Runs a baseline and a producer with these arguments on one fresh socket. */
static struct pair serve(const char *const *baseline, const char *const *producer) {
  char path[108];
  const char *host[MAX_OPTIONS] = {baseline[0], "--socket", path};
  const char *device[MAX_OPTIONS] = {"--json", "--socket", path};
  fresh_socket_path(path, sizeof path);
  for (unsigned i = 1; baseline[i] != NULL; i++) {
    host[i + 2] = baseline[i];
  }
  for (unsigned i = 0; producer[i] != NULL; i++) {
    device[i + 3] = producer[i];
  }
  struct program p = program_start_and_await_line("sluice-baseline", host);
  struct pair pair;
  pair.producer = run("sluice-producer", device);
  pair.baseline = program_end(&p);
  return pair;
}

static void release(struct pair *pair) {
  free(pair->baseline);
  free(pair->producer);
}

static const char *const modes[][4] = {
    {"floor", NULL},
    {"floor", "--memory", "0", NULL},
    {"old-host", NULL},
    {"old-host", "--sweep", NULL},
    {"old-host", "--ring", NULL},
    {"old-host", "--memory", "2097152", NULL},
};

#define MODES (sizeof modes / sizeof modes[0])

static void check_books(const struct pair *pair) {
  const char *host = pair->baseline->output;
  const char *device = pair->producer->output;
  CHECK_EQUAL(0, pair->baseline->status);
  CHECK_EQUAL(0, pair->producer->status);
  CHECK_EQUAL(0, number_in(host, "{", "violations"));
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    uint64_t lost = number_in(device, kind_sections[kind], "lost");
    uint64_t produced = number_in(host, kind_sections[kind], "produced");
    uint64_t dropped = number_in(host, kind_sections[kind], "dropped");
    CHECK_EQUAL(number_in(device, kind_sections[kind], "produced"), produced);
    CHECK_EQUAL(number_in(device, kind_sections[kind], "dropped"), dropped);
    CHECK_EQUAL(produced, number_in(host, kind_sections[kind], "collected") + dropped + lost);
    CHECK_EQUAL(lost, number_in(host, kind_sections[kind], "unaccounted"));
  }
}

static bool never_drops(const char *layout) {
  return strncmp(layout, "chip", 4) == 0;
}

static void every_layout_has_true_books(void) {
  for (unsigned mode = 0; mode < MODES; mode++) {
    for (unsigned i = 0; i < 6; i++) {
      struct pair p = serve(modes[mode], (const char *[]){"--layout", all_layouts[i], "--cores",
                                                          "6", "--aicpu-threads", "3", "--tasks",
                                                          "60007", "--rate", "200000000", NULL});
      check_books(&p);
      CHECK_EQUAL(
          60007, number_in(p.baseline->output, kind_sections[SLUICE_KIND_AICORE_TASK], "produced"));
      if (never_drops(all_layouts[i])) {
        CHECK_EQUAL(0, number_in(p.baseline->output, "{", "dropped_records"));
        CHECK_EQUAL(0, number_in(p.baseline->output, "{", "unaccounted_records"));
      }
      release(&p);
    }
  }
}

/* Tiny buffers at full speed: pools run dry again and again. */
static void books_are_true_when_it_is_too_slow(void) {
  for (unsigned mode = 0; mode < MODES; mode++) {
    for (unsigned i = 0; i < 6; i++) {
      struct pair p = serve(
          modes[mode], (const char *[]){"--layout", all_layouts[i], "--cores", "5",
                                        "--aicpu-threads", "2", "--tasks", "100003", "--slots", "2",
                                        "--records", "50,32,32,64", "--buffers", "3,3,3,4", NULL});
      check_books(&p);
      bool is_old = strcmp(modes[mode][0], "old-host") == 0;
      if (is_old) {
        CHECK_EQUAL(!never_drops(all_layouts[i]),
                    number_in(p.baseline->output, "{", "dropped_records") > 0);
        CHECK_EQUAL(never_drops(all_layouts[i]), number_in(p.baseline->output, "{", "freezes") > 0);
      }
      release(&p);
    }
  }
}

/*
 * A burst takes all three buffers of a pool before the manager wakes: the entries find no spare,
 * and without a sweep the pool is not checked again. A sweep refills it before the next burst.
 */
static void only_a_sweep_wakes_a_starved_pool(void) {
  uint64_t collected[2];
  for (unsigned sweeps = 0; sweeps < 2; sweeps++) {
    struct pair p = serve(modes[2 + sweeps], (const char *[]){"--layout",
                                                              "l2-2026.07/a2a3",
                                                              "--cores",
                                                              "2",
                                                              "--aicpu-threads",
                                                              "1",
                                                              "--level",
                                                              "2",
                                                              "--slots",
                                                              "2",
                                                              "--records",
                                                              "50,32,32,64",
                                                              "--buffers",
                                                              "3,3,3,4",
                                                              "--pattern",
                                                              "burst",
                                                              "--burst-on-ns",
                                                              "1000000",
                                                              "--burst-off-ns",
                                                              "9000000",
                                                              "--rate",
                                                              "640000000",
                                                              "--duration-ns",
                                                              "300000000",
                                                              NULL});
    check_books(&p);
    collected[sweeps] = number_in(p.baseline->output, "{", "collected_records");
    release(&p);
  }
  CHECK(collected[1] > 2 * collected[0]);
}

/* With one core, the file holds the records in order, followed by unwritten slots. */
static void floor_writes_what_it_collects(void) {
  char path[128];
  fresh_socket_path(path, sizeof path);
  struct pair p =
      serve((const char *[]){"floor", "--file", path, NULL},
            (const char *[]){"--layout", "chip-2026.08/a2a3", "--cores", "1", "--aicpu-threads",
                             "1", "--level", "1", "--tasks", "5000", NULL});
  check_books(&p);
  CHECK_EQUAL(5 * 1024 * 32, number_in(p.baseline->output, "{", "written_bytes"));
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct AicoreTaskRecord r;
  for (uint32_t i = 0; i < 5 * 1024; i++) {
    CHECK_EQUAL(sizeof r, read(fd, &r, sizeof r));
    CHECK_EQUAL(i < 5000 ? i : 0, r.reg_task_id);
    CHECK_EQUAL(i < 5000, r.start_time != 0);
  }
  CHECK_EQUAL(0, read(fd, &r, sizeof r));
  close(fd);
  release(&p);
}

static void file_starts_over_at_its_length(void) {
  char path[128];
  struct stat status;
  fresh_socket_path(path, sizeof path);
  struct pair p = serve((const char *[]){"floor", "--file", path, "--file-bytes", "2097152", NULL},
                        (const char *[]){"--layout", "chip-2026.08/a5", "--level", "2", "--cores",
                                         "4", "--tasks", "200000", NULL});
  check_books(&p);
  CHECK(number_in(p.baseline->output, "{", "written_bytes") > 3 * 2097152);
  CHECK_EQUAL(0, stat(path, &status));
  CHECK(status.st_size <= 2097152 && status.st_size > 2097152 - 65536);
  release(&p);
}

static void says_why_there_is_no_file(void) {
  static const char *const paths[] = {"/dev/full", "/nowhere/file"};
  for (unsigned i = 0; i < 2; i++) {
    char path[108];
    fresh_socket_path(path, sizeof path);
    struct outcome *o = run("sluice-baseline",
                            (const char *[]){"floor", "--socket", path, "--file", paths[i], NULL});
    CHECK(WIFEXITED(o->status) && WEXITSTATUS(o->status) == 1);
    CHECK(access(path, F_OK) != 0);
    free(o);
  }
}

static void refuses_an_arena_that_could_hang(void) {
  struct pair p = serve(modes[0], (const char *[]){"--buffers", "2,2,2,2", "--tasks", "10", NULL});
  CHECK(WIFEXITED(p.producer->status) && WEXITSTATUS(p.producer->status) == 1);
  CHECK(WIFEXITED(p.baseline->status) && WEXITSTATUS(p.baseline->status) == 1);
  CHECK(strstr(p.baseline->output, "\"failure\":\"fewer or more buffers") != NULL);
  release(&p);
}

static void ends_with_a_producer_that_dies(void) {
  for (unsigned mode = 0; mode < MODES; mode++) {
    struct pair p = serve(modes[mode], (const char *[]){"--duration-ns", "200000000", "--rate",
                                                        "60000000", "--misbehave", "kill", NULL});
    CHECK(WIFSIGNALED(p.producer->status));
    CHECK(WIFEXITED(p.baseline->status) && WEXITSTATUS(p.baseline->status) == 1);
    CHECK(strstr(p.baseline->output, "\"failure\":\"the connection ended") != NULL);
    CHECK(number_in(p.baseline->output, kind_sections[0], "produced") > 0);
    release(&p);
  }
}

static void wrong_usage_exits_with_2(void) {
  static const char *const wrong[][7] = {
      {NULL},
      {"floor", NULL},
      {"ceiling", "--socket", "/tmp/x", NULL},
      {"floor", "old-host", "--socket", "/tmp/x", NULL},
      {"floor", "--socket", "/tmp/x", "--memory", "1", NULL},
      {"floor", "--socket", "/tmp/x", "--memory", "-1", NULL},
      {"floor", "--socket", "/tmp/x", "--memory", "64MiB", NULL},
      {"floor", "--socket", "/tmp/x", "--file-bytes", "0", NULL},
      {"floor", "--socket", "/tmp/x", "--sweep", NULL},
      {"floor", "--socket", "/tmp/x", "--ring", NULL},
      {"floor", "--socket", NULL},
      {"old-host", "--socket", "/tmp/x", "--memory", "0", NULL},
      {"old-host", "--socket", "/tmp/x", "--file", "/tmp/y", NULL},
      {"old-host", "--unknown", NULL},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct outcome *o = run("sluice-baseline", wrong[i]);
    if (!WIFEXITED(o->status) || WEXITSTATUS(o->status) != 2 || o->output[0] != '\0') {
      test_failed(__FILE__, __LINE__, "usage %zu: status %d", i, o->status);
    }
    free(o);
  }
  struct outcome *o = run("sluice-baseline", (const char *[]){"--help", NULL});
  CHECK_EQUAL(0, o->status);
  CHECK(strstr(o->output, "old-host") != NULL);
  free(o);
}

const struct test baseline_tests[] = {
    {"baseline: every layout has true books", every_layout_has_true_books},
    {"baseline: true books when it is too slow", books_are_true_when_it_is_too_slow},
    {"baseline: only a sweep wakes a starved pool", only_a_sweep_wakes_a_starved_pool},
    {"baseline: floor writes what it collects", floor_writes_what_it_collects},
    {"baseline: a file starts over at its length", file_starts_over_at_its_length},
    {"baseline: says why there is no file", says_why_there_is_no_file},
    {"baseline: refuses an arena that could hang", refuses_an_arena_that_could_hang},
    {"baseline: ends with a producer that dies", ends_with_a_producer_that_dies},
    {"baseline: wrong usage", wrong_usage_exits_with_2},
    {NULL, NULL},
};

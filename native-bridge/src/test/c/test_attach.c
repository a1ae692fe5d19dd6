/* test_attach.c - the client's errors: each is one line that says what to do, none leaks. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fake_daemon.h"
#include "sluice_attach.h"
#include "test.h"

static const struct sluice_geometry geometry = {.generation = SLUICE_L2_2026_07,
                                                .platform = SLUICE_A2A3,
                                                .level = 2,
                                                .num_cores = 2,
                                                .sched_threads = 1,
                                                .synthetic_origin_ticks = 1,
                                                .synthetic_period_ticks = 64,
                                                .name = "test"};

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *d = opendir("/proc/self/fd");
  while (readdir(d) != NULL) {
    count++;
  }
  closedir(d);
  return count;
}

/* Attaches to a fake in this mode; checks code, error line and open descriptors. */
static void attach_fails(enum fake_mode mode, int code, const char *word) {
  struct fake_daemon f = {.mode = mode, .buffers_per_pool = {4, 4, 4, 4}};
  sluice_attach *session = NULL;
  char error[256] = "";
  unsigned before = open_descriptors();
  fake_start(&f);
  CHECK_EQUAL(code, sluice_attach_open(f.path, &geometry, &session, error, sizeof error));
  fake_join(&f);
  if (strstr(error, word) == NULL || strchr(error, '\n') != NULL) {
    test_failed(__FILE__, __LINE__, "expected \"%s\" in \"%s\"", word, error);
  }
  CHECK(session == NULL);
  /* What was granted and could not be used is given back at once. */
  bool was_granted =
      mode == FAKE_NO_DESCRIPTOR || mode == FAKE_SHORT_ARENA || mode == FAKE_BAD_OFFSETS;
  CHECK_EQUAL(was_granted, f.saw_detach);
  CHECK_EQUAL(before, open_descriptors());
}

static void no_daemon_listens(void) {
  char path[108];
  char error[256] = "";
  sluice_attach *session = NULL;
  fresh_socket_path(path, sizeof path);
  CHECK_EQUAL(SLUICE_ERROR_CONNECT,
              sluice_attach_open(path, &geometry, &session, error, sizeof error));
  CHECK(strstr(error, path) != NULL);
}

static void socket_path_is_too_long(void) {
  char path[200];
  char error[256] = "";
  sluice_attach *session = NULL;
  memset(path, 'x', sizeof path);
  path[sizeof path - 1] = '\0';
  CHECK_EQUAL(SLUICE_ERROR_ARGUMENT,
              sluice_attach_open(path, &geometry, &session, error, sizeof error));
  CHECK(strstr(error, "107") != NULL);
}

static void error_buffer_may_be_absent(void) {
  char path[108];
  sluice_attach *session = NULL;
  fresh_socket_path(path, sizeof path);
  CHECK_EQUAL(SLUICE_ERROR_CONNECT, sluice_attach_open(path, &geometry, &session, NULL, 0));
}

static void daemon_refuses(void) {
  attach_fails(FAKE_REFUSE, SLUICE_ERROR_ARENA, "needs 72 buffers, 48 fit");
}

static void not_a_daemon_answers(void) {
  attach_fails(FAKE_WRONG_MAGIC, SLUICE_ERROR_PROTOCOL, "does not speak version 2");
}

static void older_daemon_answers(void) {
  attach_fails(FAKE_OLD_VERSION, SLUICE_ERROR_PROTOCOL, "does not speak version 2");
}

static void field_ends_beyond_the_message(void) {
  attach_fails(FAKE_LONG_FIELD, SLUICE_ERROR_PROTOCOL, "malformed reply");
}

static void reply_is_too_long(void) {
  attach_fails(FAKE_LONG_MESSAGE, SLUICE_ERROR_PROTOCOL, "malformed reply");
}

static void reply_is_truncated(void) {
  attach_fails(FAKE_TRUNCATED, SLUICE_ERROR_PROTOCOL, "closed the connection");
}

static void daemon_hangs_up(void) {
  attach_fails(FAKE_HANG_UP, SLUICE_ERROR_PROTOCOL, "closed the connection");
}

static void descriptor_is_missing(void) {
  attach_fails(FAKE_NO_DESCRIPTOR, SLUICE_ERROR_PROTOCOL, "no arena descriptor");
}

static void descriptor_is_too_short(void) {
  attach_fails(FAKE_SHORT_ARENA, SLUICE_ERROR_MAP, "promised");
}

static void offsets_lie_outside(void) {
  attach_fails(FAKE_BAD_OFFSETS, SLUICE_ERROR_PROTOCOL, "does not fit the geometry");
}

static uint64_t seconds_since(uint64_t began_ns) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec - began_ns / 1000000000u;
}

/* A daemon that hangs costs the time that the caller chose, not the usual 30 s. */
static void attach_is_given_up(uint32_t timeout_ms) {
  struct fake_daemon f = {.mode = FAKE_SILENT};
  sluice_attach *session = NULL;
  char error[256] = "";
  uint64_t began = seconds_since(0) * 1000000000u;
  fake_start(&f);
  CHECK_EQUAL(SLUICE_ERROR_PROTOCOL, sluice_attach_open_within(f.path, &geometry, timeout_ms,
                                                               &session, error, sizeof error));
  CHECK(strstr(error, "did not answer attach in time") != NULL);
  CHECK(seconds_since(began) < 20);
  fake_join(&f);
}

static void attach_has_a_timeout(void) {
  attach_is_given_up(50);
}

static void attach_has_a_timeout_from_the_environment(void) {
  setenv("SLUICE_ATTACH_TIMEOUT_MS", "50", 1);
  attach_is_given_up(0);
  unsetenv("SLUICE_ATTACH_TIMEOUT_MS");
}

/* One that does not even accept. */
static void connecting_has_a_timeout(void) {
  struct fake_daemon f = {.mode = FAKE_SILENT};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  sluice_attach *session = NULL;
  char error[256] = "";
  int waiting[8];
  uint64_t began = seconds_since(0) * 1000000000u;
  fake_listen(&f);
  memcpy(address.sun_path, f.path, sizeof address.sun_path);
  for (unsigned i = 0; i < 8; i++) {
    waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connect(waiting[i], (struct sockaddr *)&address, sizeof address);
  }
  CHECK_EQUAL(SLUICE_ERROR_CONNECT, sluice_attach_open_within(f.path, &geometry, 50, &session,
                                                              error, sizeof error));
  CHECK(strstr(error, "accepted no connection for 50 ms") != NULL);
  CHECK(seconds_since(began) < 20);
  for (unsigned i = 0; i < 8; i++) {
    close(waiting[i]);
  }
  close(f.listener);
}

/* The fake never answers RUN_END: its client gives up, and the session stays. */
static void replies_have_a_timeout(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {4, 4, 4, 4}, .is_deaf = true};
  sluice_attach *session = NULL;
  char error[256] = "";
  uint64_t began = seconds_since(0) * 1000000000u;
  fake_start(&f);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_open(f.path, &geometry, &session, error, sizeof error));
  CHECK_EQUAL(SLUICE_OK, sluice_attach_start(session, 0, 0, error, sizeof error));
  sluice_attach_reply_timeout(session, 50);
  CHECK_EQUAL(SLUICE_ERROR_PROTOCOL, sluice_attach_run_end(session, NULL, error, sizeof error));
  CHECK(strstr(error, "did not answer the end of the run in time") != NULL);
  CHECK(!sluice_attach_connected(session));
  CHECK(seconds_since(began) < 20);
  sluice_attach_abandon(session);
  fake_join(&f);
}

static void session_runs_and_ends(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {4, 4, 4, 4}};
  struct sluice_books books;
  sluice_attach *session = NULL;
  char error[256] = "";
  unsigned before = open_descriptors();
  fake_start(&f);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_open(f.path, &geometry, &session, error, sizeof error));
  const struct sluice_arena *arena = sluice_attach_arena(session);
  CHECK_EQUAL(42, arena->session);
  CHECK_EQUAL(8, arena->buffers[SLUICE_KIND_AICPU_TASK]);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_start(session, 0, 0, error, sizeof error));
  CHECK(sluice_attach_connected(session));
  CHECK_EQUAL(SLUICE_OK, sluice_attach_detach(session, &books, error, sizeof error));
  CHECK_EQUAL(0, books.produced[0]);
  fake_join(&f);
  CHECK_EQUAL(before, open_descriptors());
}

static void guard_starts_once_in_a_run(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {4, 4, 4, 4}};
  struct sluice_guard_stats stats;
  sluice_attach *session = NULL;
  char error[256] = "";
  unsigned before = open_descriptors();
  fake_start(&f);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_open(f.path, &geometry, &session, error, sizeof error));
  CHECK(sluice_attach_guard_start(session, 10, error, sizeof error) != SLUICE_OK);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_start(session, 0, 0, error, sizeof error));
  CHECK_EQUAL(SLUICE_OK, sluice_attach_guard_start(session, 10, error, sizeof error));
  CHECK(sluice_attach_guard_start(session, 10, error, sizeof error) != SLUICE_OK);
  sluice_attach_guard_stats(session, &stats);
  CHECK_EQUAL(0, stats.takeovers);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_detach(session, NULL, error, sizeof error));
  fake_join(&f);
  CHECK_EQUAL(before, open_descriptors());
}

static void abandoned_session_leaves_nothing(void) {
  struct fake_daemon f = {.mode = FAKE_SERVE, .buffers_per_pool = {4, 4, 4, 4}};
  sluice_attach *session = NULL;
  char error[256] = "";
  unsigned before = open_descriptors();
  fake_start(&f);
  CHECK_EQUAL(SLUICE_OK, sluice_attach_open(f.path, &geometry, &session, error, sizeof error));
  CHECK_EQUAL(SLUICE_OK, sluice_attach_start(session, 0, 0, error, sizeof error));
  sluice_attach_abandon(session);
  fake_join(&f);
  CHECK(!f.saw_detach);
  CHECK_EQUAL(before, open_descriptors());
}

const struct test attach_tests[] = {
    {"attach: no daemon listens", no_daemon_listens},
    {"attach: the socket path is too long", socket_path_is_too_long},
    {"attach: the error buffer may be absent", error_buffer_may_be_absent},
    {"attach: the daemon refuses", daemon_refuses},
    {"attach: not a daemon answers", not_a_daemon_answers},
    {"attach: an older daemon answers", older_daemon_answers},
    {"attach: a field ends beyond the message", field_ends_beyond_the_message},
    {"attach: the reply is too long", reply_is_too_long},
    {"attach: the reply is truncated", reply_is_truncated},
    {"attach: the daemon hangs up", daemon_hangs_up},
    {"attach: the descriptor is missing", descriptor_is_missing},
    {"attach: the descriptor is too short", descriptor_is_too_short},
    {"attach: offsets lie outside", offsets_lie_outside},
    {"attach: has a timeout", attach_has_a_timeout},
    {"attach: has a timeout from the environment", attach_has_a_timeout_from_the_environment},
    {"attach: connecting has a timeout", connecting_has_a_timeout},
    {"attach: replies have a timeout", replies_have_a_timeout},
    {"attach: a session runs and ends", session_runs_and_ends},
    {"guard: starts once, in a run", guard_starts_once_in_a_run},
    {"attach: an abandoned session leaves nothing", abandoned_session_leaves_nothing},
    {NULL, NULL},
};

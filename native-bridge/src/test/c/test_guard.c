/*
 * test_guard.c - when the guard acts, and when it must not. The daemon is a separate process, which
 * the test kills and stops; the test itself plays the device.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_daemon.h"
#include "fake_host.h"
#include "queues.h"
#include "sluice_attach.h"
#include "sluice_internal.h"
#include "sluice_shared.h"
#include "test.h"

#define RECORDS 8
#define CORES 2
#define OF_CORE 0

struct rig {
  struct fake_daemon f;
  pid_t daemon;
  pid_t second; /* a child of the daemon, if any */
  sluice_attach *session;
  const struct sluice_arena *arena;
  struct sluice_layout layout;
  struct sluice_geometry geometry;
  uint32_t published[SLUICE_KINDS];
  uint32_t tokens;
};

static int told[2]; /* pipe for the pid of the daemon's child */
static volatile sig_atomic_t must_leave;

static void on_leave(int signal) {
  (void)signal;
  must_leave = 1;
}

/* Outlives the daemon, but not an aborted test for long. */
static void say_and_stay(void) {
  pid_t self = getpid();
  signal(SIGALRM, SIG_DFL);
  alarm(60);
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  if (write(told[1], &self, sizeof self) != sizeof self) {
    _exit(1);
  }
  for (;;) {
    pause();
  }
}

/* Starts a process that keeps the daemon's end of the connection open after the kill. */
static void keep_the_connection(struct fake_daemon *f) {
  (void)f;
  if (fork() == 0) {
    say_and_stay();
  }
}

/* Starts a process that holds one of the locks, like a thread that ends later than the others. */
static void share_the_locks(struct fake_daemon *f) {
  sluice_lock_give(f->locks, SLUICE_LOCK_OWNER);
  if (fork() == 0) {
    close(f->connection);
    struct sluice_locks *locks = sluice_locks_map(f->memfd, f->plan.locks_at, 0);
    if (sluice_lock_try(locks, SLUICE_LOCK_OWNER) < 0) {
      _exit(1);
    }
    say_and_stay();
  }
}

/* Serves, and keeps draining without its client, which may return; on SIGUSR1 releases the locks in
 * an orderly way. */
static void be_the_daemon(struct fake_daemon *f) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGUSR1, on_leave);
  fake_serve(f);
  for (;;) {
    fake_drain_all(f);
    sluice_locks_page(f->locks)->locks[SLUICE_LOCK_THREADS].beats++;
    if (must_leave) {
      sluice_locks_give_all(f->locks);
      for (;;) {
        pause();
      }
    }
  }
}

static struct rig *new_rig(uint16_t generation, uint32_t level, uint32_t grace_ms,
                           void (*in_run)(struct fake_daemon *)) {
  struct rig *r = calloc(1, sizeof *r);
  char error[256] = "";
  r->f.mode = FAKE_SERVE;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    r->f.buffers_per_pool[kind] = 4;
  }
  r->geometry = (struct sluice_geometry){.generation = generation,
                                         .platform = SLUICE_A2A3,
                                         .level = level,
                                         .num_cores = CORES,
                                         .sched_threads = 1,
                                         .buffer_records = {RECORDS, RECORDS, RECORDS, RECORDS},
                                         .name = "test"};
  CHECK(sluice_layout_init(&r->layout, &r->geometry) == NULL);
  CHECK_EQUAL(0, pipe(told));
  r->f.in_run = in_run;
  r->f.is_deaf = true;
  fake_listen(&r->f);
  r->daemon = fork();
  if (r->daemon == 0) {
    be_the_daemon(&r->f);
  }
  CHECK_EQUAL(SLUICE_OK, sluice_attach_open(r->f.path, &r->geometry, &r->session, error,
                                            sizeof error));
  CHECK_EQUAL(SLUICE_OK, sluice_attach_start(r->session, 0, 1, error, sizeof error));
  CHECK_EQUAL(SLUICE_OK,
              sluice_attach_guard_start(r->session, grace_ms, error, sizeof error));
  r->arena = sluice_attach_arena(r->session);
  if (in_run != NULL) {
    CHECK_EQUAL(sizeof r->second, read(told[0], &r->second, sizeof r->second));
  }
  return r;
}

static void end(pid_t process) {
  if (process > 0) {
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
  }
}

static void free_rig(struct rig *r) {
  if (r->session != NULL) {
    sluice_attach_abandon(r->session);
  }
  end(r->daemon);
  if (r->second > 0) {
    kill(r->second, SIGKILL);
  }
  close(r->f.listener);
  close(told[0]);
  close(told[1]);
  free(r);
}

static struct sluice_guard_stats stats_of(const struct rig *r) {
  struct sluice_guard_stats stats;
  sluice_attach_guard_stats(r->session, &stats);
  return stats;
}

static void await_state(const struct rig *r, uint32_t state) {
  while (stats_of(r).state != state) {
    poll(NULL, 0, 1); /* until the test's timeout */
  }
}

static uint8_t *pool_of(const struct rig *r, unsigned kind) {
  return r->arena->region + sluice_pool_at(&r->layout, kind, OF_CORE);
}

static bool has_free(const struct rig *r, unsigned kind) {
  uint8_t *pool = pool_of(r, kind);
  return load32_acquire(pool + r->layout.fq_tail_at) != load32_relaxed(pool + r->layout.fq_head_at);
}

static uint64_t pop_free(const struct rig *r, unsigned kind) {
  uint8_t *pool = pool_of(r, kind);
  uint32_t head = load32_relaxed(pool + r->layout.fq_head_at);
  uint64_t buffer = load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(head % r->layout.slots));
  store32_release(pool + r->layout.fq_head_at, head + 1);
  return buffer;
}

/* Writes records; the count of an AICore buffer always shows it full. */
static void write_records(struct rig *r, unsigned kind, uint64_t buffer, uint32_t written) {
  uint8_t *bytes = (uint8_t *)(uintptr_t)buffer;
  for (uint32_t i = 0; kind == SLUICE_KIND_AICORE_TASK && i < written; i++) {
    uint8_t *record = bytes + (size_t)i * r->layout.record_bytes[kind];
    store32_relaxed(record + offsetof(struct AicoreTaskRecord, reg_task_id), ++r->tokens);
    store64_relaxed(record, 1000 + r->tokens);
  }
  store32_release(bytes + r->layout.count_at[kind],
                  kind == SLUICE_KIND_AICORE_TASK ? RECORDS : written);
}

/* Publishes a buffer with this many records; waits for a free one. */
static void publish(struct rig *r, unsigned kind, uint32_t written) {
  while (!has_free(r, kind)) {
    poll(NULL, 0, 1);
  }
  uint64_t buffer = pop_free(r, kind);
  write_records(r, kind, buffer, written);
  uint8_t *tail_word = r->arena->region + r->layout.tails_at;
  uint32_t tail = load32_relaxed(tail_word);
  uint8_t *entry = r->arena->region + sluice_entry_at(&r->layout, 0, tail);
  store32_relaxed(entry + SLUICE_ENTRY_CORE, OF_CORE);
  store32_relaxed(entry + SLUICE_ENTRY_KIND, kind);
  store64_relaxed(entry + SLUICE_ENTRY_PTR, buffer);
  store32_relaxed(entry + SLUICE_ENTRY_SEQ, r->published[kind]++);
  store32_relaxed(entry + SLUICE_ENTRY_RECORDS, written);
  store64_relaxed(entry + SLUICE_ENTRY_EPOCH, 1);
  store32_release(tail_word, (tail + 1) % r->layout.queue_entries);
}

static bool is_drained(const struct rig *r) {
  return load32_acquire(r->arena->region + r->layout.heads_at) ==
         load32_relaxed(r->arena->region + r->layout.tails_at);
}

/* Publishes many more buffers than exist, so that a host must return them. */
static void keep_going(struct rig *r, unsigned buffers) {
  for (unsigned i = 0; i < buffers; i++) {
    publish(r, SLUICE_KIND_AICPU_TASK, RECORDS);
  }
  while (!is_drained(r)) {
    poll(NULL, 0, 1);
  }
}

static const uint16_t generations[] = {SLUICE_L2_2026_06, SLUICE_L2_2026_07, SLUICE_CHIP_2026_08,
                                       SLUICE_CHIP_2026_09};

static void takes_over_from_a_killed_daemon(void) {
  for (unsigned i = 0; i < sizeof generations / sizeof generations[0]; i++) {
    struct rig *r = new_rig(generations[i], 2, 0, NULL);
    keep_going(r, 20);
    CHECK_EQUAL(0, stats_of(r).takeovers);
    end(r->daemon);
    r->daemon = 0;
    await_state(r, SLUICE_GUARD_RECYCLES);
    uint64_t lost = stats_of(r).lost_records[SLUICE_KIND_AICPU_TASK];
    keep_going(r, 20);
    while (stats_of(r).lost_records[SLUICE_KIND_AICPU_TASK] < lost + 20 * RECORDS) {
      poll(NULL, 0, 1);
    }
    CHECK_EQUAL(1, stats_of(r).takeovers);
    CHECK_EQUAL(lost + 20 * RECORDS, stats_of(r).lost_records[SLUICE_KIND_AICPU_TASK]);
    free_rig(r);
  }
}

/* The kernel may take seconds to close a dead daemon's sockets; here it never closes them. */
static void needs_no_end_of_the_connection(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 0, keep_the_connection);
  CHECK(sluice_attach_connected(r->session));
  end(r->daemon);
  r->daemon = 0;
  await_state(r, SLUICE_GUARD_RECYCLES);
  CHECK(sluice_attach_connected(r->session));
  keep_going(r, 20);
  CHECK_EQUAL(1, stats_of(r).takeovers);
  free_rig(r);
}

static void leaves_a_stopped_daemon_alone(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 1, NULL);
  kill(r->daemon, SIGSTOP);
  waitpid(r->daemon, NULL, WUNTRACED);
  while (has_free(r, SLUICE_KIND_AICPU_TASK)) {
    publish(r, SLUICE_KIND_AICPU_TASK, RECORDS);
  }
  await_state(r, SLUICE_GUARD_STALLED);
  CHECK_EQUAL(1, stats_of(r).stalls);
  char error[256] = "";
  sluice_attach_reply_timeout(r->session, 20);
  CHECK_EQUAL(SLUICE_ERROR_PROTOCOL,
              sluice_attach_run_end(r->session, NULL, error, sizeof error));
  CHECK(strstr(error, "in time: it is stopped, or hangs") != NULL);
  CHECK_EQUAL(0, stats_of(r).takeovers);
  CHECK(!is_drained(r) && !has_free(r, SLUICE_KIND_AICPU_TASK));
  kill(r->daemon, SIGCONT);
  await_state(r, SLUICE_GUARD_WATCHES);
  keep_going(r, 20);
  CHECK_EQUAL(0, stats_of(r).takeovers);
  CHECK_EQUAL(0, stats_of(r).lost_buffers[SLUICE_KIND_AICPU_TASK]);
  free_rig(r);
}

/* None of these errors means that the daemon died, whatever connect or socket return. */
enum local_error { NO_DESCRIPTORS, NO_SOCKET_FILE, NO_LISTENER, HUNG_UP_HERE };

static void errors_of_this_process_are_no_death(void) {
  for (enum local_error e = NO_DESCRIPTORS; e <= HUNG_UP_HERE; e++) {
    struct rig *r = new_rig(SLUICE_L2_2026_07, 2, 0, NULL);
    struct rlimit limit;
    struct rlimit none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 3;
    if (e == NO_DESCRIPTORS) {
      setrlimit(RLIMIT_NOFILE, &none);
    } else if (e == NO_SOCKET_FILE) {
      unlink(r->f.path);
    } else if (e == NO_LISTENER) {
      shutdown(r->f.listener, SHUT_RDWR);
    }
    pthread_mutex_lock(&r->session->lock);
    shutdown(r->session->socket, SHUT_RDWR);
    pthread_mutex_unlock(&r->session->lock);
    while (r->session->socket >= 0 && sluice_attach_connected(r->session)) {
      poll(NULL, 0, 1);
    }
    keep_going(r, 200); /* by the daemon, which is alive */
    poll(NULL, 0, 150); /* some of the guard's attempts to resume */
    CHECK_EQUAL(0, stats_of(r).takeovers);
    CHECK_EQUAL(0, stats_of(r).lost_buffers[SLUICE_KIND_AICPU_TASK]);
    setrlimit(RLIMIT_NOFILE, &limit);
    free_rig(r);
  }
}

static void waits_for_the_last_thread(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 0, share_the_locks);
  end(r->daemon);
  r->daemon = 0;
  await_state(r, SLUICE_GUARD_WAITS);
  publish(r, SLUICE_KIND_AICPU_TASK, RECORDS);
  poll(NULL, 0, 50); /* many polls of the locks */
  CHECK_EQUAL(SLUICE_GUARD_WAITS, stats_of(r).state);
  CHECK(!is_drained(r));
  kill(r->second, SIGKILL);
  await_state(r, SLUICE_GUARD_RECYCLES);
  free_rig(r);
}

/* A daemon that restarts claims the session before it listens, and gets it at once. If it dies
 * before it has taken over, the guard continues. */
static void makes_way_for_a_daemon_that_comes_back(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 0, NULL);
  const struct sluice_attach *s = r->session;
  struct sluice_locks *next = sluice_locks_map(r->arena->fd, s->locks_offset, 0);
  end(r->daemon);
  r->daemon = 0;
  await_state(r, SLUICE_GUARD_RECYCLES);
  for (int dies = 1; dies >= 0; dies--) {
    keep_going(r, 20);
    CHECK_EQUAL(SLUICE_LOCK_BUSY, sluice_lock_try(next, SLUICE_LOCK_SESSION));
    CHECK(sluice_lock_try(next, SLUICE_LOCK_CLAIM) >= 0);
    while (!sluice_lock_is_free(next, SLUICE_LOCK_SESSION)) {
      poll(NULL, 0, 1);
    }
    publish(r, SLUICE_KIND_AICPU_TASK, RECORDS);
    poll(NULL, 0, 20); /* many polls */
    CHECK(!is_drained(r));
    if (!dies) {
      CHECK(sluice_locks_take_all(next));
    }
    sluice_lock_give(next, SLUICE_LOCK_CLAIM);
  }
  /* No thread of this daemon runs, so a slow machine may classify it as stalled. */
  while (stats_of(r).state > SLUICE_GUARD_STALLED) {
    poll(NULL, 0, 1); /* until the test's timeout */
  }
  CHECK(!is_drained(r) && sluice_locks_all_mine(next));
  sluice_locks_free(next);
  free_rig(r);
}

/* Orderly end: no connection is lost and no lock holder died, but the device must not stall. */
static void takes_over_after_an_orderly_end(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 0, NULL);
  keep_going(r, 20);
  kill(r->daemon, SIGUSR1);
  pthread_mutex_lock(&r->session->lock);
  shutdown(r->session->socket, SHUT_WR); /* ends the conversation that the fake waits for */
  pthread_mutex_unlock(&r->session->lock);
  await_state(r, SLUICE_GUARD_RECYCLES);
  keep_going(r, 20);
  CHECK_EQUAL(1, stats_of(r).takeovers);
  free_rig(r);
}

/*
 * The daemon ended in an orderly way while it held every spare buffer of an AICore pool in the
 * released state: count and first start time are 0, stale records follow. The device has stashed
 * one more.
 */
static void revives_aicore_pools(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 0, NULL);
  uint64_t buffers[4];
  unsigned count = 0;
  kill(r->daemon, SIGSTOP);
  waitpid(r->daemon, NULL, WUNTRACED);
  while (has_free(r, SLUICE_KIND_AICORE_TASK)) {
    buffers[count] = pop_free(r, SLUICE_KIND_AICORE_TASK);
    write_records(r, SLUICE_KIND_AICORE_TASK, buffers[count], RECORDS);
    store32_relaxed((uint8_t *)(uintptr_t)buffers[count] +
                        r->layout.count_at[SLUICE_KIND_AICORE_TASK],
                    0);
    count++;
  }
  CHECK_EQUAL(4, count);
  store64_relaxed((uint8_t *)(uintptr_t)buffers[0], 0);
  store64_relaxed((uint8_t *)(uintptr_t)buffers[1], 0);
  store64_release(pool_of(r, SLUICE_KIND_AICORE_TASK) + SLUICE_POOL_PTR, buffers[3]);
  end(r->daemon);
  r->daemon = 0;
  for (unsigned i = 0; i < 2; i++) {
    while (!has_free(r, SLUICE_KIND_AICORE_TASK)) {
      poll(NULL, 0, 1);
    }
    uint64_t rescued = pop_free(r, SLUICE_KIND_AICORE_TASK);
    CHECK(rescued == buffers[0] || rescued == buffers[1]);
    store64_release(pool_of(r, SLUICE_KIND_AICORE_TASK) + SLUICE_POOL_PTR, rescued);
  }
  CHECK_EQUAL(0, stats_of(r).lost_buffers[SLUICE_KIND_AICORE_TASK]);
  free_rig(r);
}

/*
 * A full ready queue kept the device from publishing its stash, which it had stamped: the buffer looks
 * like those of the dead daemon. It was popped before the current one.
 */
static void leaves_a_stamped_stash(void) {
  for (unsigned i = 0; i < sizeof generations / sizeof generations[0]; i++) {
    struct rig *r = new_rig(generations[i], 2, 0, NULL);
    uint8_t *pool = pool_of(r, SLUICE_KIND_AICORE_TASK);
    uint64_t buffers[4];
    kill(r->daemon, SIGSTOP);
    waitpid(r->daemon, NULL, WUNTRACED);
    for (unsigned b = 0; b < 4; b++) {
      buffers[b] = pop_free(r, SLUICE_KIND_AICORE_TASK);
      write_records(r, SLUICE_KIND_AICORE_TASK, buffers[b], RECORDS);
    }
    /* As if the buffers with the lowest addresses had been popped last. */
    for (unsigned b = 0; b < 4; b++) {
      store64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)b, buffers[3 - b]);
    }
    store64_release(pool + SLUICE_POOL_PTR, buffers[0]);
    end(r->daemon);
    r->daemon = 0;
    while (!has_free(r, SLUICE_KIND_AICORE_TASK)) {
      poll(NULL, 0, 1);
    }
    CHECK(pop_free(r, SLUICE_KIND_AICORE_TASK) == buffers[2]);
    free_rig(r);
  }
}

/* The device was stopped after it had popped a buffer, before it made that its current one. */
static void leaves_a_buffer_in_transit(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_07, 2, 0, NULL);
  uint8_t *pool = pool_of(r, SLUICE_KIND_AICPU_TASK);
  kill(r->daemon, SIGSTOP);
  waitpid(r->daemon, NULL, WUNTRACED);
  uint64_t first = pop_free(r, SLUICE_KIND_AICPU_TASK);
  for (unsigned b = 1; b < 4; b++) {
    pop_free(r, SLUICE_KIND_AICPU_TASK);
  }
  /* As if it had been popped last. */
  store64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)3, first);
  store64_release(pool + SLUICE_POOL_PTR, 0);
  end(r->daemon);
  r->daemon = 0;
  while (!has_free(r, SLUICE_KIND_AICPU_TASK)) {
    poll(NULL, 0, 1);
  }
  CHECK(pop_free(r, SLUICE_KIND_AICPU_TASK) != first);
  free_rig(r);
}

/* One core's pool is empty, buffers of the other are unowned: buffers stay with their pool. */
static void leaves_buffers_with_their_pool(void) {
  struct rig *r = new_rig(SLUICE_CHIP_2026_08, 2, 0, NULL);
  uint8_t *other = r->arena->region + sluice_pool_at(&r->layout, SLUICE_KIND_AICORE_TASK, 1);
  kill(r->daemon, SIGSTOP);
  waitpid(r->daemon, NULL, WUNTRACED);
  uint64_t last = 0;
  for (unsigned i = 0; i < 4; i++) {
    last = pop_free(r, SLUICE_KIND_AICORE_TASK); /* and returns none */
    CHECK_EQUAL(4 - i, load32_relaxed(other + r->layout.fq_tail_at) -
                           load32_relaxed(other + r->layout.fq_head_at));
    store32_release(other + r->layout.fq_head_at, i + 1);
  }
  store64_release(pool_of(r, SLUICE_KIND_AICORE_TASK) + SLUICE_POOL_PTR, last);
  uint64_t first = load64_relaxed(other + SLUICE_POOL_SLOTS);
  end(r->daemon);
  r->daemon = 0;
  while (load32_acquire(other + r->layout.fq_tail_at) == 4) {
    poll(NULL, 0, 1);
  }
  CHECK(load64_relaxed(other + SLUICE_POOL_SLOTS + 8 * (size_t)(4 % r->layout.slots)) == first);
  free_rig(r);
}

/*
 * A buffer is stamped with 8 records; only the written ones are lost. Level 1 stamps at every
 * flush.
 */
static void counts_what_was_written(void) {
  for (unsigned i = 0; i < sizeof generations / sizeof generations[0]; i++) {
    for (uint32_t level = 1; level <= 4; level++) {
      struct rig *r = new_rig(generations[i], level, 0, NULL);
      kill(r->daemon, SIGSTOP);
      waitpid(r->daemon, NULL, WUNTRACED);
      end(r->daemon);
      r->daemon = 0;
      uint64_t written = 0;
      for (unsigned lap = 0; lap < 5; lap++) {
        for (uint32_t records = 0; records <= RECORDS; records++) {
          publish(r, SLUICE_KIND_AICORE_TASK, records);
          written += records;
        }
      }
      if (level >= 2) {
        publish(r, SLUICE_KIND_AICPU_TASK, 5);
      }
      struct sluice_books books;
      struct sluice_guard_stats stats;
      char error[256] = "";
      CHECK_EQUAL(SLUICE_ERROR_GONE, sluice_attach_run_end(r->session, &books, error, sizeof error));
      CHECK_EQUAL(written, books.lost[SLUICE_KIND_AICORE_TASK]);
      stats = stats_of(r);
      CHECK_EQUAL(written, stats.lost_records[SLUICE_KIND_AICORE_TASK]);
      CHECK_EQUAL(level >= 2 ? 5 : 0, stats.lost_records[SLUICE_KIND_AICPU_TASK]);
      CHECK_EQUAL(SLUICE_ERROR_GONE, sluice_attach_detach_guarded(r->session, &books, &stats, error,
                                                                  sizeof error));
      CHECK(strstr(error, "the guard counted") != NULL);
      CHECK_EQUAL(written, books.lost[SLUICE_KIND_AICORE_TASK]);
      CHECK_EQUAL(written, stats.lost_records[SLUICE_KIND_AICORE_TASK]);
      r->session = NULL;
      free_rig(r);
    }
  }
}

/* Records in current buffers and in the dead daemon's hands are lost at the end, too. */
static void counts_what_was_left(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_07, 2, 3600000, NULL);
  struct sluice_books books;
  char error[256] = "";
  kill(r->daemon, SIGSTOP);
  waitpid(r->daemon, NULL, WUNTRACED);
  uint64_t current = pop_free(r, SLUICE_KIND_AICPU_TASK);
  store64_relaxed(pool_of(r, SLUICE_KIND_AICPU_TASK) + SLUICE_POOL_PTR, current);
  write_records(r, SLUICE_KIND_AICPU_TASK, current, 3);
  write_records(r, SLUICE_KIND_AICPU_TASK, pop_free(r, SLUICE_KIND_AICPU_TASK), 4);
  write_records(r, SLUICE_KIND_AICORE_TASK, pop_free(r, SLUICE_KIND_AICORE_TASK), 2);
  publish(r, SLUICE_KIND_AICORE_TASK, 1);
  end(r->daemon);
  r->daemon = 0;
  CHECK_EQUAL(SLUICE_ERROR_GONE,
              sluice_attach_detach(r->session, &books, error, sizeof error));
  CHECK_EQUAL(7, books.lost[SLUICE_KIND_AICPU_TASK]);
  CHECK_EQUAL(3, books.lost[SLUICE_KIND_AICORE_TASK]);
  r->session = NULL;
  free_rig(r);
}

/* A lost connection to a live daemon must not count anything as lost. */
static void detach_from_a_living_daemon_is_not_gone(void) {
  struct rig *r = new_rig(SLUICE_L2_2026_07, 2, 0, NULL);
  struct sluice_books books;
  char error[256] = "";
  unlink(r->f.path);
  shutdown(r->session->socket, SHUT_RDWR);
  CHECK_EQUAL(SLUICE_ERROR_PROTOCOL,
              sluice_attach_detach(r->session, &books, error, sizeof error));
  r->session = NULL;
  free_rig(r);
}

const struct test guard_tests[] = {
    {"guard: takes over from a killed daemon", takes_over_from_a_killed_daemon},
    {"guard: needs no end of the connection", needs_no_end_of_the_connection},
    {"guard: leaves a stopped daemon alone", leaves_a_stopped_daemon_alone},
    {"guard: errors of this process are no death", errors_of_this_process_are_no_death},
    {"guard: waits for the last thread", waits_for_the_last_thread},
    {"guard: makes way for a daemon that comes back", makes_way_for_a_daemon_that_comes_back},
    {"guard: takes over after an orderly end", takes_over_after_an_orderly_end},
    {"guard: revives AICore pools", revives_aicore_pools},
    {"guard: leaves a stamped stash", leaves_a_stamped_stash},
    {"guard: leaves a buffer in transit", leaves_a_buffer_in_transit},
    {"guard: leaves buffers with their pool", leaves_buffers_with_their_pool},
    {"guard: counts what was written", counts_what_was_written},
    {"guard: counts what was left", counts_what_was_left},
    {"guard: detach from a living daemon", detach_from_a_living_daemon_is_not_gone},
    {NULL, NULL},
};

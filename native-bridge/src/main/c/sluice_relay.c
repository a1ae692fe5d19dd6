/*
 * sluice_relay.c - the relay's thread: the last resort where no memory can be shared (ADR 12). What
 * it does in one look is in sluice_twin.c; here is when it looks, how it starts and how it ends.
 *
 * It lives from start to run_end, detach or abandon. In between it takes no lock, except to tell
 * the daemon that the device is lost, which is the last thing that it does.
 */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "sluice_cann.h"
#include "sluice_internal.h"
#include "sluice_shared.h"
#include "sluice_twin.h"

/* Without work: spins, gives the CPU away, then naps for longer and longer. */
#define SPINS 16u
#define YIELDS 64u
#define NAP_NS 20000u
#define LONGEST_NAP_NS 1000000u
#define TIMER_SLACK_NS 1000u

/* At the end of a run: how long the daemon may take nothing of what the device has left. */
#define PATIENCE_NS 10000000000u

/* And how long a device may go on that was said to be complete. */
#define LONGEST_FINISH_NS 60000000000u

enum { RELAY_RUN, RELAY_FINISH, RELAY_QUIT };
enum { RELAY_BEGINS, RELAY_READY, RELAY_FAILED };

struct sluice_relay {
  struct sluice_twin twin;
  pthread_t thread;
  int is_running;
  _Atomic int wish;
  pthread_mutex_t lock; /* beginning, stats */
  pthread_cond_t wake;
  int beginning;
  struct sluice_relay_stats stats;
  /* Written by the thread; read when it has been joined. */
  int code;
  char text[160];
};

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void wait_turn(unsigned idle) {
  if (idle < SPINS) {
    spin_hint();
  } else if (idle < SPINS + YIELDS) {
    sched_yield();
  } else {
    unsigned doublings = (idle - SPINS - YIELDS) / 8;
    uint64_t nap = doublings < 6 ? (uint64_t)NAP_NS << doublings : LONGEST_NAP_NS;
    struct timespec t = {.tv_nsec = (long)(nap < LONGEST_NAP_NS ? nap : LONGEST_NAP_NS)};
    nanosleep(&t, NULL);
  }
}

static void publish_stats(struct sluice_relay *r) {
  pthread_mutex_lock(&r->lock);
  r->stats = r->twin.stats;
  pthread_mutex_unlock(&r->lock);
}

/* Remembers why the two sides can be kept in step no longer. */
static void note_breakage(struct sluice_relay *r) {
  struct sluice_twin *t = &r->twin;
  if (r->code == SLUICE_OK && t->memory.failure != 0) {
    r->code = sluice_cann_failed("rtMemcpy", t->memory.failure, r->text, sizeof r->text);
  } else if (r->code == SLUICE_OK && t->broken != NULL) {
    r->code = sluice_fail(SLUICE_ERROR_PROTOCOL, r->text, sizeof r->text, "%s", t->broken);
  }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void begin(struct sluice_relay *r) {
  r->code = sluice_device_memory_enter(&r->twin.memory, r->text, sizeof r->text);
  if (r->code == SLUICE_OK) {
    sluice_twin_begin(&r->twin);
    note_breakage(r);
  }
  pthread_mutex_lock(&r->lock);
  r->beginning = r->code == SLUICE_OK ? RELAY_READY : RELAY_FAILED;
  pthread_cond_signal(&r->wake);
  pthread_mutex_unlock(&r->lock);
}

static void run(struct sluice_relay *r) {
  unsigned idle = 0;
  while (atomic_load_explicit(&r->wish, memory_order_relaxed) == RELAY_RUN &&
         !sluice_twin_is_broken(&r->twin)) {
    unsigned moved = sluice_twin_step(&r->twin, now_ns(), 0);
    idle = moved > 0 ? 0 : idle + 1;
    if (idle >= SPINS + YIELDS) {
      publish_stats(r);
    }
    if (moved == 0) {
      wait_turn(idle);
    }
  }
}

/* The device is complete. Until its queues are empty, twice: the first look may lend what helps. */
static void finish(struct sluice_relay *r) {
  uint64_t began_ns = now_ns();
  uint64_t moved_ns = began_ns;
  unsigned quiet = 0;
  while (quiet < 2 && !sluice_twin_is_broken(&r->twin)) {
    uint64_t now = now_ns();
    unsigned moved = sluice_twin_step(&r->twin, now, 1);
    int is_empty = sluice_twin_backlog(&r->twin) == 0;
    quiet = moved == 0 && is_empty ? quiet + 1 : 0;
    moved_ns = moved > 0 ? now : moved_ns;
    if (now - moved_ns > PATIENCE_NS || now - began_ns > LONGEST_FINISH_NS) {
      r->code = sluice_fail(SLUICE_ERROR_PROTOCOL, r->text, sizeof r->text, "%s",
                            now - moved_ns > PATIENCE_NS
                                ? "the daemon has taken nothing for 10 s"
                                : "the device still writes 60 s after its run has ended");
      return;
    }
    if (moved == 0 && !is_empty) {
      wait_turn(SPINS + YIELDS);
    }
  }
  sluice_twin_end(&r->twin);
}

/* The daemon settles the session at once: nothing will come any more. */
static void tell_that_device_is_lost(struct sluice_attach *s) {
  struct sluice_relay *r = s->relay;
  pthread_mutex_lock(&s->lock);
  sluice_end_lost_locked(s, r->text);
  pthread_mutex_unlock(&s->lock);
}

static void *relay_main(void *argument) {
  struct sluice_attach *s = argument;
  struct sluice_relay *r = s->relay;
  prctl(PR_SET_NAME, "sluice-relay");
  prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
  begin(r);
  if (r->code == SLUICE_OK) {
    run(r);
    if (atomic_load(&r->wish) == RELAY_FINISH) {
      finish(r);
    }
    note_breakage(r);
  }
  publish_stats(r);
  if (r->code != SLUICE_OK && atomic_load(&r->wish) != RELAY_QUIT) {
    tell_that_device_is_lost(s);
  }
  return NULL;
}

/* ---- the session's calls --------------------------------------------------------------------- */

int sluice_relay_make(struct sluice_attach *s, char *error, size_t error_bytes) {
  struct sluice_relay *r = calloc(1, sizeof *r);
  if (r == NULL) {
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "out of memory");
  }
  int code =
      sluice_twin_make(&r->twin, &s->geometry, &s->arena, s->mapping, error, error_bytes);
  if (code != SLUICE_OK) {
    free(r);
    return code;
  }
  pthread_mutex_init(&r->lock, NULL);
  pthread_cond_init(&r->wake, NULL);
  s->relay = r;
  s->arena.device_base = (uint64_t)(uintptr_t)r->twin.memory.pointer;
  return SLUICE_OK;
}

int sluice_relay_start(struct sluice_attach *s, char *error, size_t error_bytes) {
  struct sluice_relay *r = s->relay;
  r->code = SLUICE_OK;
  r->beginning = RELAY_BEGINS;
  atomic_store(&r->wish, RELAY_RUN);
  /* The runtime's signals are for the runtime's threads. */
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int created = pthread_create(&r->thread, NULL, relay_main, s);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (created != 0) {
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "cannot start the relay: %s",
                       strerror(created));
  }
  r->is_running = 1;
  pthread_mutex_lock(&r->lock);
  while (r->beginning == RELAY_BEGINS) {
    pthread_cond_wait(&r->wake, &r->lock);
  }
  int has_failed = r->beginning == RELAY_FAILED;
  pthread_mutex_unlock(&r->lock);
  return has_failed ? sluice_relay_stop(s, 1, error, error_bytes) : SLUICE_OK;
}

int sluice_relay_stop(struct sluice_attach *s, int is_complete, char *error, size_t error_bytes) {
  struct sluice_relay *r = s->relay;
  if (r == NULL) {
    return SLUICE_OK;
  }
  if (r->is_running) {
    int wish = RELAY_RUN;
    /* A thread that has begun to quit is not asked to finish. */
    atomic_compare_exchange_strong(&r->wish, &wish, is_complete ? RELAY_FINISH : RELAY_QUIT);
    pthread_join(r->thread, NULL);
    r->is_running = 0;
  }
  return r->code == SLUICE_OK ? SLUICE_OK
                              : sluice_fail(r->code, error, error_bytes,
                                            "the relay has lost the device: %s", r->text);
}

void sluice_relay_free(struct sluice_attach *s) {
  if (s->relay != NULL) {
    sluice_relay_stop(s, 0, NULL, 0);
    sluice_twin_free(&s->relay->twin);
    pthread_mutex_destroy(&s->relay->lock);
    pthread_cond_destroy(&s->relay->wake);
    free(s->relay);
    s->relay = NULL;
  }
}

void sluice_attach_relay_stats(sluice_attach *s, struct sluice_relay_stats *stats) {
  memset(stats, 0, sizeof *stats);
  if (s->relay != NULL) {
    pthread_mutex_lock(&s->relay->lock);
    *stats = s->relay->stats;
    pthread_mutex_unlock(&s->relay->lock);
  }
}

/*
 * sluice_guard.c - keeps a dead daemon from hanging the workload. What it promises is in
 * sluice_attach.h.
 *
 * Why there is one writer of the host's words: the guard writes them only after the kernel has
 * closed the daemon's end of the connection, which a living daemon does not do to a session that it
 * serves, and after an attempt to resume found nobody at the socket, or a daemon that does not know
 * the token. A recycling pass holds the session's lock and begins by looking whether there is a
 * connection again; resuming takes the same lock. So a new daemon hears of the session only while
 * nothing is being recycled, and everything that it needs is in the wire indices.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sluice_internal.h"
#include "sluice_recycle.h"
#include "sluice_shared.h"

#define WATCH_MS 20
#define RETRY_RESUME_MS 100
#define RESCUE_EVERY_MS 10
#define ENTRIES_PER_PASS 64

/*
 * A buffer that is on no queue and no pool's current one is either held by the dead daemon or on
 * its way inside the device (popped and not yet installed), which takes the device far less than
 * this many passes.
 */
#define UNOWNED_PASSES 20

/* An announced entry of l2-2026.06 without a pointer is on its way, for far less than this, or was
 * cleared by the daemon before it died. */
#define APPEARS_WITHIN_MS 20

/* A queue of which nothing could be popped since then, and its tail at that time. */
struct waiting_queue {
  int64_t since_ms;
  uint32_t tail;
};

struct sluice_guard {
  pthread_t thread;
  pthread_mutex_t lock; /* stopping, stats */
  pthread_cond_t wake;
  int stopping;
  uint32_t grace_ms;
  struct sluice_guard_stats stats;
  struct sluice_recycler recycler;
  struct waiting_queue waiting[SLUICE_MAX_THREADS];
  uint64_t rescued;
  uint8_t *unowned[SLUICE_KINDS]; /* passes for which a buffer has been on no queue, saturating */
};

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sleeps, or returns early and non-zero if the guard is to stop. */
static int nap(struct sluice_guard *g, uint32_t milliseconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&g->lock);
  while (!g->stopping && pthread_cond_timedwait(&g->wake, &g->lock, &until) != ETIMEDOUT) {
  }
  int stopping = g->stopping;
  pthread_mutex_unlock(&g->lock);
  return stopping;
}

/* ---- rescue ---------------------------------------------------------------------------------- */

static void mark_owned(struct sluice_guard *g, const struct sluice_arena *arena, unsigned kind,
                       uint64_t buffer) {
  uint64_t offset = buffer - g->recycler.device_base - arena->buffer_offset[kind];
  uint64_t index = offset / g->recycler.layout.buffer_bytes[kind];
  if (index < arena->buffers[kind]) {
    g->unowned[kind][index] = 0;
  }
}

/* Counts, for every buffer, for how many passes it has been neither in a queue nor current. */
static void look_for_owners(struct sluice_guard *g, const struct sluice_arena *arena) {
  const struct sluice_layout *l = &g->recycler.layout;
  const uint8_t *region = g->recycler.region;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; i < arena->buffers[kind]; i++) {
      g->unowned[kind][i] += g->unowned[kind][i] < UINT8_MAX;
    }
    for (unsigned instance = 0; instance < l->pool_count[kind]; instance++) {
      const uint8_t *pool = region + sluice_pool_at(l, kind, instance);
      mark_owned(g, arena, kind, load64_relaxed(pool + SLUICE_POOL_PTR));
      uint32_t tail = load32_relaxed(pool + l->fq_tail_at);
      uint32_t at = load32_acquire(pool + l->fq_head_at);
      for (unsigned slot = 0; at != tail && slot < l->slots; slot++, at++) {
        mark_owned(g, arena, kind,
                   load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(at % l->slots)));
      }
    }
  }
  for (unsigned queue = 0; queue < l->threads; queue++) {
    uint32_t tail = load32_acquire(region + l->tails_at + 4 * (size_t)queue);
    uint32_t at = load32_relaxed(region + l->heads_at + 4 * (size_t)queue);
    while (at != tail && at < l->queue_entries && tail < l->queue_entries) {
      const uint8_t *entry = region + sluice_entry_at(l, queue, at);
      uint32_t kind = load32_relaxed(entry + SLUICE_ENTRY_KIND);
      if (kind < SLUICE_KINDS) {
        mark_owned(g, arena, kind, load64_relaxed(entry + SLUICE_ENTRY_PTR));
      }
      at = (at + 1) % l->queue_entries;
    }
  }
}

/*
 * A full AICore buffer may be stashed in private memory of the device, which no queue shows. Such a
 * buffer has records and its count is still 0; a buffer that came back from a rotation has its
 * count, and a recycled one has no records.
 */
static int may_be_stashed(const struct sluice_guard *g, unsigned kind, const uint8_t *buffer) {
  return kind == SLUICE_KIND_AICORE_TASK &&
         load32_relaxed(buffer + g->recycler.layout.count_at[kind]) == 0 &&
         load64_relaxed(buffer) != 0;
}

static uint64_t take_unowned(struct sluice_guard *g, const struct sluice_arena *arena,
                             unsigned kind) {
  size_t bytes = g->recycler.layout.buffer_bytes[kind];
  for (uint32_t i = 0; i < arena->buffers[kind]; i++) {
    uint64_t offset = arena->buffer_offset[kind] + i * bytes;
    if (g->unowned[kind][i] >= UNOWNED_PASSES &&
        !may_be_stashed(g, kind, g->recycler.host_base + offset)) {
      g->unowned[kind][i] = 0;
      return g->recycler.device_base + offset;
    }
  }
  return 0;
}

/* Gives buffers that died with the daemon to pools that have none left: they publish nothing that
 * could be recycled. */
static void rescue(struct sluice_guard *g, const struct sluice_arena *arena) {
  const struct sluice_layout *l = &g->recycler.layout;
  look_for_owners(g, arena);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned instance = 0; arena->buffer_offset[kind] != 0 && instance < l->pool_count[kind];
         instance++) {
      const uint8_t *pool = g->recycler.region + sluice_pool_at(l, kind, instance);
      int is_used = load32_relaxed(pool + l->fq_tail_at) != 0;
      int is_empty = load32_relaxed(pool + l->fq_head_at) == load32_relaxed(pool + l->fq_tail_at);
      /* An AICore pool keeps its current buffer while it waits; the others go without. */
      int is_waiting =
          kind == SLUICE_KIND_AICORE_TASK || load64_relaxed(pool + SLUICE_POOL_PTR) == 0;
      if (is_used && is_empty && is_waiting) {
        uint64_t buffer = take_unowned(g, arena, kind);
        if (buffer != 0 && sluice_push_free(&g->recycler, kind, instance, buffer) == 0) {
          g->rescued++;
        }
      }
    }
  }
}

/* ---- take over ------------------------------------------------------------------------------- */

/* Somebody else may have resumed in the meantime; then there is nothing to do. */
static int resume(struct sluice_attach *s) {
  pthread_mutex_lock(&s->lock);
  int code = sluice_connected_locked(s) ? SLUICE_OK : sluice_resume_locked(s, NULL, 0);
  pthread_mutex_unlock(&s->lock);
  return code;
}

static int nobody_serves_us(int resume_code) {
  return resume_code == SLUICE_ERROR_CONNECT || resume_code == SLUICE_ERROR_TOKEN;
}

static void begin_wait(struct sluice_guard *g, unsigned queue, int64_t now) {
  const struct sluice_recycler *r = &g->recycler;
  g->waiting[queue].since_ms = now;
  g->waiting[queue].tail = load32_acquire(r->region + r->layout.tails_at + 4 * (size_t)queue);
}

static unsigned recycle_queue(struct sluice_guard *g, unsigned queue, int64_t now) {
  unsigned popped = sluice_recycle_queue(&g->recycler, queue, ENTRIES_PER_PASS);
  if (popped == 0 && now - g->waiting[queue].since_ms >= APPEARS_WITHIN_MS) {
    popped = sluice_step_over_cleared(&g->recycler, queue, g->waiting[queue].tail);
    begin_wait(g, queue, now);
  } else if (popped > 0) {
    begin_wait(g, queue, now);
  }
  return popped;
}

/* One look at every queue. Returns the number of entries popped. */
static unsigned recycle_pass(struct sluice_guard *g, int64_t now) {
  unsigned popped = 0;
  sluice_release_freezes(&g->recycler);
  for (unsigned queue = 0; queue < g->recycler.layout.threads; queue++) {
    popped += recycle_queue(g, queue, now);
  }
  return popped;
}

static void publish_stats(struct sluice_guard *g, int has_resumed, int has_taken_over) {
  pthread_mutex_lock(&g->lock);
  memcpy(g->stats.lost_records, g->recycler.lost_records, sizeof g->stats.lost_records);
  memcpy(g->stats.lost_buffers, g->recycler.lost_buffers, sizeof g->stats.lost_buffers);
  g->stats.rescued_buffers = g->rescued;
  g->stats.resumes += has_resumed;
  g->stats.takeovers += has_taken_over;
  pthread_mutex_unlock(&g->lock);
}

/* The connection is lost: tries to get it back; recycles when nobody answers for the grace time. */
static void bridge_the_gap(struct sluice_attach *s) {
  struct sluice_guard *g = s->guard;
  int64_t lost_at = now_ms();
  int64_t next_resume = lost_at;
  int64_t next_rescue = 0;
  int has_taken_over = 0;
  int code = SLUICE_ERROR_CONNECT;
  int stopping = 0;
  for (unsigned queue = 0; queue < g->recycler.layout.threads; queue++) {
    begin_wait(g, queue, lost_at);
  }
  while (!stopping) {
    int64_t now = now_ms();
    if (now >= next_resume) {
      code = resume(s);
      next_resume = now + RETRY_RESUME_MS;
    }
    if (code == SLUICE_OK) {
      publish_stats(g, 1, 0);
      return;
    }
    if (!nobody_serves_us(code) || now - lost_at < g->grace_ms) {
      stopping = nap(g, WATCH_MS);
      continue;
    }
    unsigned popped = 0;
    pthread_mutex_lock(&s->lock);
    if (s->socket < 0) {
      popped = recycle_pass(g, now);
      if (now >= next_rescue) {
        rescue(g, &s->arena);
        next_rescue = now + RESCUE_EVERY_MS;
      }
    } else {
      code = SLUICE_OK; /* resumed by the owner of the session */
    }
    pthread_mutex_unlock(&s->lock);
    publish_stats(g, 0, !has_taken_over);
    has_taken_over = 1;
    stopping = nap(g, popped > 0 ? 0 : 1);
  }
}

static void *guard_main(void *argument) {
  struct sluice_attach *s = argument;
  while (!nap(s->guard, WATCH_MS)) {
    if (!sluice_attach_connected(s)) {
      bridge_the_gap(s);
    }
  }
  return NULL;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

static void free_guard(struct sluice_guard *g) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    free(g->unowned[kind]);
  }
  pthread_mutex_destroy(&g->lock);
  pthread_cond_destroy(&g->wake);
  free(g);
}

static struct sluice_guard *new_guard(const struct sluice_attach *s, uint32_t grace_ms) {
  struct sluice_guard *g = calloc(1, sizeof *g);
  if (g == NULL) {
    return NULL;
  }
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  g->grace_ms = grace_ms;
  sluice_layout_init(&g->recycler.layout, &s->geometry); /* was checked at attach */
  g->recycler.region = s->arena.region;
  g->recycler.device_base = s->device_base;
  g->recycler.host_base = s->arena.base;
  g->recycler.arena_bytes = s->arena.bytes;
  memcpy(g->recycler.buffer_at, s->arena.buffer_offset, sizeof g->recycler.buffer_at);
  memcpy(g->recycler.buffers, s->arena.buffers, sizeof g->recycler.buffers);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    g->unowned[kind] = calloc(s->arena.buffers[kind] + 1u, 1);
    if (g->unowned[kind] == NULL) {
      free_guard(g);
      return NULL;
    }
  }
  return g;
}

int sluice_attach_guard_start(sluice_attach *s, uint32_t grace_ms, char *error,
                              size_t error_bytes) {
  if (s->guard != NULL || s->device_base == 0) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "the guard is started once, after start");
  }
  if (s->arena.base == NULL) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "this process cannot reach memory of a device: no guard");
  }
  s->guard = new_guard(s, grace_ms);
  if (s->guard == NULL) {
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "out of memory");
  }
  int code = pthread_create(&s->guard->thread, NULL, guard_main, s);
  if (code != 0) {
    free_guard(s->guard);
    s->guard = NULL;
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "cannot start the guard thread: %s",
                       strerror(code));
  }
  return SLUICE_OK;
}

void sluice_attach_guard_stats(sluice_attach *s, struct sluice_guard_stats *stats) {
  memset(stats, 0, sizeof *stats);
  if (s->guard != NULL) {
    pthread_mutex_lock(&s->guard->lock);
    *stats = s->guard->stats;
    pthread_mutex_unlock(&s->guard->lock);
  }
}

void sluice_guard_stop(struct sluice_attach *s) {
  if (s->guard != NULL) {
    pthread_mutex_lock(&s->guard->lock);
    s->guard->stopping = 1;
    pthread_cond_signal(&s->guard->wake);
    pthread_mutex_unlock(&s->guard->lock);
    pthread_join(s->guard->thread, NULL);
    free_guard(s->guard);
    s->guard = NULL;
  }
}

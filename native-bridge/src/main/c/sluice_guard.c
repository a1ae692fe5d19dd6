/*
 * sluice_guard.c - keeps a dead daemon from hanging the workload. sluice_attach.h has the contract.
 *
 * Why the host's words have one writer: each daemon thread that writes them holds a lock of the
 * arena's lock page (sluice_lock.h), and the guard writes only while it holds all of them. The
 * kernel releases a lock when its thread has ended, never before. Nothing else counts as a dead
 * daemon: not a lost connection, not a failed call in this process, not silence.
 *
 * A pass also holds the session's mutex. Resuming takes the same mutex, and releases the locks of
 * the page before the daemon gets the request (sluice_guard_yield).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sluice_internal.h"
#include "sluice_lock.h"
#include "sluice_recycle.h"
#include "sluice_shared.h"

#define WATCH_MS 20 /* between two checks of the connection; a freed lock ends the sleep at once */
/* Between two attempts to resume: without a listener, and after one that refused. */
#define RETRY_CONNECT_MS 100
#define RETRY_REFUSED_MS 1000
/* While the locks are released nothing is recycled, so a listener that does not answer must not get
 * them for long. A daemon that holds them is alive, and may be busy with other sessions. */
#define RESUME_MS 200
#define BUSY_RESUME_MS 3000
#define DYING_MS 2 /* between two checks of locks whose threads are ending */
#define RESCUE_EVERY_MS 10
#define ENTRIES_PER_PASS 64

/*
 * A buffer that is in no queue and not current in any pool is either held by the dead daemon or in
 * transit inside the device (popped, not yet installed). Transit takes far less than this many
 * passes.
 */
#define UNOWNED_PASSES 20

/* A daemon naps for at most 10 ms; a host short of CPUs adds to that. */
#define STALL_MS 100

/* Longer than RESUME_MS, for which an attempt releases the locks; the threads of a killed daemon
 * have ended long before. */
#define FINISH_MS 1000

/* An announced entry of l2-2026.06 without a pointer becomes visible in far less than this, or was
 * cleared by the daemon before it died. */
#define APPEARS_WITHIN_MS 20

/* A queue from which nothing could be popped since since_ms, and its tail at that time. */
struct waiting_queue {
  int64_t since_ms;
  uint32_t tail;
};

struct sluice_guard {
  pthread_t thread;
  pthread_mutex_t lock; /* guards stopping and stats */
  pthread_cond_t wake;
  int stopping;
  uint32_t grace_ms;
  struct sluice_locks *locks;
  int64_t gone_at_ms;     /* when the guard found no daemon; 0 while one holds the session */
  int64_t next_resume_ms; /* this and what follows: for the guard's thread only */
  uint64_t beats;         /* sum over all threads of the daemon, as last seen */
  int64_t beat_at_ms;     /* when beats last changed */
  struct sluice_guard_stats stats;
  struct sluice_recycler recycler;
  struct sluice_region_layout regions[SLUICE_OTHER_REGIONS]; /* pools 0: not granted */
  struct waiting_queue waiting[SLUICE_MAX_THREADS];
  uint64_t rescued;
  uint8_t *unowned[SLUICE_KINDS]; /* passes for which a buffer has been in no queue, saturating */
};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_ms(void) {
  return now_ns() / 1000000;
}

/* Sleeps. Returns early and non-zero if the guard must stop. */
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

/* Counts, for each buffer, the passes in which it was neither queued nor current. */
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
 * Buffers that the device holds without showing it: the last one that it popped may not be current
 * yet, and an AICore pool may have the one before it stashed (abi.md, AICore tasks). The slots of the free
 * queue still name them. Content and count do not tell: a stash is stamped before its publication,
 * which fails while the ready queue is full.
 */
static int may_be_with_device(const struct sluice_guard *g, unsigned kind, const uint8_t *pool,
                              uint64_t buffer) {
  const struct sluice_layout *l = &g->recycler.layout;
  uint32_t head = load32_relaxed(pool + l->fq_head_at);
  uint64_t last = load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)((head - 1) % l->slots));
  uint64_t before = load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)((head - 2) % l->slots));
  return buffer == last || (kind == SLUICE_KIND_AICORE_TASK && buffer == before);
}

/* Number of buffers of each pool of a kind. Buffers lie pool by pool and stay with their pool; a
 * returning daemon would reject anything else. */
static uint32_t quota(const struct sluice_guard *g, const struct sluice_arena *arena,
                      unsigned kind) {
  const struct sluice_layout *l = &g->recycler.layout;
  uint32_t pools = kind == SLUICE_KIND_SCHED_PHASE  ? l->threads
                   : kind == SLUICE_KIND_ORCH_PHASE ? 1
                                                    : l->cores;
  return arena->buffers[kind] / pools;
}

/* Prefers empty buffers: records in the others are lost when they are lent. */
static uint64_t take_unowned(struct sluice_guard *g, const struct sluice_arena *arena,
                             unsigned kind, unsigned instance, const uint8_t *pool) {
  size_t bytes = g->recycler.layout.buffer_bytes[kind];
  uint32_t from = instance * quota(g, arena, kind);
  uint32_t to = from + quota(g, arena, kind);
  for (int may_be_full = 0; may_be_full < 2; may_be_full++) {
    for (uint32_t i = from; i < to && i < arena->buffers[kind]; i++) {
      uint64_t offset = arena->buffer_offset[kind] + i * bytes;
      uint64_t buffer = g->recycler.device_base + offset;
      const uint8_t *count_word = g->recycler.host_base + offset + g->recycler.layout.count_at[kind];
      if (g->unowned[kind][i] >= UNOWNED_PASSES && !may_be_with_device(g, kind, pool, buffer) &&
          (may_be_full || load32_relaxed(count_word) == 0)) {
        g->unowned[kind][i] = 0;
        return buffer;
      }
    }
  }
  return 0;
}

/* Gives buffers that died with the daemon to pools that have none left: such pools publish nothing
 * that could be recycled. */
static void rescue(struct sluice_guard *g, const struct sluice_arena *arena) {
  const struct sluice_layout *l = &g->recycler.layout;
  look_for_owners(g, arena);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned instance = 0; arena->buffer_offset[kind] != 0 && instance < l->pool_count[kind];
         instance++) {
      const uint8_t *pool = g->recycler.region + sluice_pool_at(l, kind, instance);
      int is_used = load32_relaxed(pool + l->fq_tail_at) != 0;
      int is_empty = load32_relaxed(pool + l->fq_head_at) == load32_relaxed(pool + l->fq_tail_at);
      /* An AICore pool keeps its current buffer while it waits; the others have none. */
      int is_waiting =
          kind == SLUICE_KIND_AICORE_TASK || load64_relaxed(pool + SLUICE_POOL_PTR) == 0;
      if (is_used && is_empty && is_waiting) {
        uint64_t buffer = take_unowned(g, arena, kind, instance, pool);
        if (buffer != 0) {
          sluice_reset_buffer(&g->recycler, kind, buffer);
          sluice_push_free(&g->recycler, kind, instance, buffer);
          g->rescued++;
        }
      }
    }
  }
}

/* ---- take over ------------------------------------------------------------------------------- */

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

/* Recycles the queues of the other regions. Returns the number of entries popped. */
static unsigned recycle_regions(struct sluice_guard *g, const struct sluice_arena *arena) {
  unsigned popped = 0;
  for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
    const struct sluice_region_layout *region = &g->regions[i];
    for (unsigned queue = 0; region->pools != 0 && queue < region->threads; queue++) {
      popped += sluice_recycle_region(&g->recycler, region, arena->region_offsets[region->region],
                                      queue, ENTRIES_PER_PASS);
    }
  }
  return popped;
}

/* One pass over all queues. Returns the number of entries popped. */
static unsigned recycle_pass(struct sluice_guard *g, const struct sluice_arena *arena,
                             int64_t now) {
  unsigned popped = 0;
  sluice_release_freezes(&g->recycler);
  for (unsigned queue = 0; queue < g->recycler.layout.threads; queue++) {
    popped += recycle_queue(g, queue, now);
  }
  return popped + recycle_regions(g, arena);
}

static void publish_stats(struct sluice_guard *g) {
  pthread_mutex_lock(&g->lock);
  memcpy(g->stats.lost_records, g->recycler.lost_records, sizeof g->stats.lost_records);
  memcpy(g->stats.lost_buffers, g->recycler.lost_buffers, sizeof g->stats.lost_buffers);
  g->stats.rescued_buffers = g->rescued;
  pthread_mutex_unlock(&g->lock);
}

static void enter(struct sluice_guard *g, enum sluice_guard_state state) {
  pthread_mutex_lock(&g->lock);
  g->stats.stalls += state == SLUICE_GUARD_STALLED && g->stats.state != (uint32_t)state;
  g->stats.takeovers += state == SLUICE_GUARD_RECYCLES && g->stats.state != (uint32_t)state;
  g->stats.state = state;
  pthread_mutex_unlock(&g->lock);
}

/* Tries to re-establish a lost connection, at limited rate. */
static void reconnect(struct sluice_attach *s, int64_t now, uint32_t timeout_ms) {
  struct sluice_guard *g = s->guard;
  pthread_mutex_lock(&s->lock);
  if (now >= g->next_resume_ms && !sluice_connected_locked(s) && !s->has_ended) {
    int code = sluice_resume_locked(s, timeout_ms, NULL, 0);
    g->next_resume_ms =
        now_ms() + (code == SLUICE_ERROR_CONNECT ? RETRY_CONNECT_MS : RETRY_REFUSED_MS);
    pthread_mutex_lock(&g->lock);
    g->stats.resumes += code == SLUICE_OK;
    pthread_mutex_unlock(&g->lock);
  }
  pthread_mutex_unlock(&s->lock);
}

/* A daemon holds the session. One that stands still for the grace time is only reported: it may
 * continue at any instruction. */
static void watch(struct sluice_attach *s, int64_t now) {
  struct sluice_guard *g = s->guard;
  const struct sluice_lock_page *page = sluice_locks_page(g->locks);
  uint64_t beats = 0;
  int is_running = 0;
  g->gone_at_ms = 0;
  for (uint32_t lock = SLUICE_LOCK_THREADS; lock < sluice_locks_count(g->locks); lock++) {
    is_running |= !sluice_lock_is_free(g->locks, lock);
    beats += load64_relaxed((const uint8_t *)&page->locks[lock].beats);
  }
  if (beats != g->beats || !is_running) {
    g->beats = beats;
    g->beat_at_ms = now;
  }
  int is_stalled = now - g->beat_at_ms >= (g->grace_ms > STALL_MS ? g->grace_ms : STALL_MS);
  enter(g, is_stalled ? SLUICE_GUARD_STALLED : SLUICE_GUARD_WATCHES);
  if (!is_stalled) {
    reconnect(s, now, BUSY_RESUME_MS);
  }
}

/* One pass, if this process still holds all locks: the owner of the session may have resumed it.
 * Returns the number of entries popped. */
static unsigned stand_in(struct sluice_attach *s, int64_t now, int64_t *next_rescue) {
  struct sluice_guard *g = s->guard;
  unsigned popped = 0;
  pthread_mutex_lock(&s->lock);
  if (sluice_lock_is_mine(g->locks, SLUICE_LOCK_SESSION)) {
    enter(g, SLUICE_GUARD_RECYCLES);
    popped = recycle_pass(g, &s->arena, now);
    if (now >= *next_rescue) {
      rescue(g, &s->arena);
      *next_rescue = now + RESCUE_EVERY_MS;
    }
    publish_stats(g);
  }
  pthread_mutex_unlock(&s->lock);
  return popped;
}

/* A living daemon has claimed the session. */
static int is_claimed(const struct sluice_guard *g) {
  return !sluice_lock_is_free(g->locks, SLUICE_LOCK_CLAIM);
}

/* Stands in until a daemon holds the session, or claims it, or the guard must stop. */
static void bridge_the_gap(struct sluice_attach *s) {
  struct sluice_guard *g = s->guard;
  int64_t next_rescue = 0;
  int has_all = 0;
  int stopping = 0;
  if (g->gone_at_ms == 0) {
    pthread_mutex_lock(&g->lock);
    g->stats.gone_at_ns = (uint64_t)now_ns();
    pthread_mutex_unlock(&g->lock);
    enter(g, SLUICE_GUARD_WAITS);
    g->gone_at_ms = now_ms();
    g->next_resume_ms = g->gone_at_ms;
    for (unsigned queue = 0; queue < g->recycler.layout.threads; queue++) {
      begin_wait(g, queue, g->gone_at_ms);
    }
  }
  while (!stopping && sluice_lock_is_mine(g->locks, SLUICE_LOCK_SESSION)) {
    int64_t now = now_ms();
    if (is_claimed(g)) {
      pthread_mutex_lock(&s->lock); /* between two passes */
      sluice_locks_give_all(g->locks);
      pthread_mutex_unlock(&s->lock);
      return;
    }
    has_all = has_all || sluice_locks_take_all(g->locks);
    reconnect(s, now, RESUME_MS); /* releases all locks if a daemon answers */
    if (has_all && now - g->gone_at_ms >= g->grace_ms) {
      stopping = nap(g, stand_in(s, now, &next_rescue) > 0 ? 0 : 1);
    } else {
      stopping = nap(g, DYING_MS);
    }
  }
}

static void *guard_main(void *argument) {
  struct sluice_attach *s = argument;
  struct sluice_guard *g = s->guard;
  while (!nap(g, 0)) {
    if (is_claimed(g)) {
      nap(g, DYING_MS);
    } else if (sluice_lock_try(g->locks, SLUICE_LOCK_SESSION) >= 0) {
      bridge_the_gap(s);
    } else {
      watch(s, now_ms());
      sluice_lock_wait(g->locks, SLUICE_LOCK_SESSION, WATCH_MS);
    }
  }
  sluice_locks_give_all(g->locks);
  return NULL;
}

void sluice_guard_yield(struct sluice_attach *s) {
  if (s->guard != NULL) {
    sluice_locks_give_all(s->guard->locks);
  }
}

int sluice_guard_finish(struct sluice_attach *s) {
  struct sluice_guard *g = s->guard;
  struct sluice_recycler *r = &g->recycler;
  for (int64_t until = now_ms() + FINISH_MS; !sluice_locks_all_mine(g->locks);) {
    if (now_ms() >= until) {
      return 0;
    }
    pthread_mutex_unlock(&s->lock);
    nap(g, DYING_MS);
    pthread_mutex_lock(&s->lock);
  }
  for (unsigned queue = 0; queue < r->layout.threads; queue++) {
    uint32_t tail = load32_acquire(r->region + r->layout.tails_at + 4 * (size_t)queue);
    while (sluice_recycle_queue(r, queue, ENTRIES_PER_PASS) > 0 ||
           sluice_step_over_cleared(r, queue, tail) > 0) {
    }
  }
  while (recycle_regions(g, &s->arena) > 0) {
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; s->arena.buffer_offset[kind] != 0 && i < s->arena.buffers[kind]; i++) {
      sluice_reset_buffer(r, kind, r->device_base + s->arena.buffer_offset[kind] +
                                       (uint64_t)i * r->layout.buffer_bytes[kind]);
    }
  }
  publish_stats(g);
  return 1;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

static void free_guard(struct sluice_guard *g) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    free(g->unowned[kind]);
  }
  sluice_locks_free(g->locks);
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
  sluice_layout_init(&g->recycler.layout, &s->geometry); /* checked at attach */
  g->recycler.region = s->arena.region;
  g->recycler.device_base = s->device_base;
  g->recycler.host_base = s->arena.base;
  g->recycler.arena_bytes = s->arena.bytes;
  memcpy(g->recycler.buffer_at, s->arena.buffer_offset, sizeof g->recycler.buffer_at);
  memcpy(g->recycler.buffers, s->arena.buffers, sizeof g->recycler.buffers);
  for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
    unsigned number = sluice_other_regions[i];
    sluice_region_init(&g->regions[i], &g->recycler.layout, number);
    if (s->arena.region_sizes[number] == 0) {
      g->regions[i].pools = 0;
    }
  }
  g->beat_at_ms = now_ms();
  g->locks = sluice_locks_new((struct sluice_lock_page *)(void *)(s->arena.base + s->locks_offset));
  int is_whole = g->locks != NULL;
  if (is_whole) {
    g->recycler.lent = sluice_locks_page(g->locks)->lent;
    g->recycler.lent_max = SLUICE_LENT_MAX;
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    g->unowned[kind] = calloc(s->arena.buffers[kind] + 1u, 1);
    is_whole &= g->unowned[kind] != NULL;
  }
  if (!is_whole) {
    free_guard(g);
    return NULL;
  }
  return g;
}

int sluice_attach_guard_start(sluice_attach *s, uint32_t grace_ms, char *error,
                              size_t error_bytes) {
  if (s->guard != NULL || s->device_base == 0) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "start the guard once, after start");
  }
  if (s->arena.base == NULL) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "this process cannot access device memory: no guard");
  }
  if (s->locks_offset == 0) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "the daemon holds no locks in this arena, so a dead daemon cannot be "
                       "distinguished from a silent one: no guard");
  }
  s->guard = new_guard(s, grace_ms);
  if (s->guard == NULL) {
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes,
                       "out of memory, or unsupported lock page version");
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
    sluice_lock_wake(s->guard->locks, SLUICE_LOCK_SESSION);
    pthread_join(s->guard->thread, NULL);
    free_guard(s->guard);
    s->guard = NULL;
  }
}

#include "queues.h"

#include <sched.h>
#include <time.h>

#define UNLIMITED UINT64_MAX

/*
 * A waiting device costs its host nothing, so a waiting lane must not take a CPU from the host that
 * it waits for. It spins this long, then sleeps, each time as long as it has waited so far. A
 * wake-up costs some 10 us of CPU on a virtual machine: the longest sleep keeps that at 2 %.
 */
#define SPIN_NS 20000u
#define LONGEST_SLEEP_NS 500000u

/* Measures one refill per lane in this time: polling costs, and a sleeping lane cannot poll. */
#define REFILL_SAMPLE_GAP_NS 500000u

/* A timed refill that takes longer is discarded: the buffer went to another pool. */
#define REFILL_GIVE_UP_NS 1000000000u

uint64_t clock_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t lane_clock(struct lane *l) {
  uint64_t now = clock_ns();
  uint64_t pause = now - l->last_clock_ns;
  l->max_pause_ns = pause > l->max_pause_ns ? pause : l->max_pause_ns;
  l->last_clock_ns = now;
  return now;
}

uint64_t lane_sleep(struct lane *l, uint64_t ns) {
  struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
  l->last_clock_ns = clock_ns(); /* an intended pause */
  return l->last_clock_ns;
}

static bool aborted(const struct lane *l) {
  return atomic_load_explicit(&l->device->abort, memory_order_relaxed);
}

/* A wait for the host, as long as the generation allows. */
struct waiting {
  uint64_t since_ns;
  uint64_t now_ns;
  uint64_t limit_ns;
  uint64_t slept_ns; /* in the last turn */
  unsigned turns;
};

static struct waiting wait_begin(struct lane *l, uint64_t limit_ns) {
  uint64_t now = clock_ns();
  l->last_clock_ns = now;
  return (struct waiting){.since_ns = now, .now_ns = now, .limit_ns = limit_ns};
}

static uint64_t waited_ns(const struct waiting *w) {
  return w->now_ns - w->since_ns;
}

static bool is_over(const struct lane *l, const struct waiting *w) {
  return waited_ns(w) >= w->limit_ns || aborted(l);
}

/* One turn of a wait; the caller checks its condition afterwards. Spins if a late wake-up would
 * miss the limit. */
static void wait_turn(struct lane *l, struct waiting *w) {
  refill_check(l);
  if (l->device->host_step != NULL) {
    l->device->host_step(l);
  }
  w->slept_ns = 0;
  if (waited_ns(w) < SPIN_NS || w->limit_ns <= SPIN_NS) {
    /* Yields often, because the host may need this CPU to make progress. */
    if (w->turns++ % 32 == 31) {
      sched_yield();
    } else {
      spin_hint();
    }
    w->now_ns = lane_clock(l);
  } else {
    uint64_t before = w->now_ns;
    uint64_t length = waited_ns(w) < LONGEST_SLEEP_NS ? waited_ns(w) : LONGEST_SLEEP_NS;
    w->now_ns = lane_sleep(l, length);
    w->slept_ns = w->now_ns - before;
  }
}

/*
 * The condition became true at some moment of the last turn. If that turn was a sleep, it may have
 * added up to its length to the wait; earlier sleeps added nothing.
 */
static void wait_end(struct lane *l, const struct waiting *w) {
  l->own_sleep_ns += w->slept_ns;
}

bool wait_until(struct lane *l, bool (*holds)(const void *of), const void *of) {
  if (holds(of) || l->device->wait_limit_ns == 0) {
    return holds(of);
  }
  struct waiting w = wait_begin(l, l->device->wait_limit_ns);
  bool is_there = false;
  while (!is_there && !is_over(l, &w)) {
    wait_turn(l, &w);
    is_there = holds(of);
  }
  wait_end(l, &w);
  l->stall_ns += waited_ns(&w);
  return is_there;
}

/* ---- refill latency ------------------------------------------------------------------------ */

static uint32_t free_tail(const struct lane *l, const struct pool *p) {
  return load32_acquire(p->shared + l->device->layout.fq_tail_at);
}

static void refill_watch(struct lane *l, struct pool *p) {
  if (p->kind == SLUICE_KIND_AICORE_TASK && l->device->layout.facts[SLUICE_FACT_AICORE_ROTATION] == 1) {
    return; /* popped at the rotation, published later: its replacement may be queued by now */
  }
  uint32_t tail = free_tail(l, p);
  p->tail_due++;
  if ((int32_t)(tail - p->tail_due) >= 0) {
    p->tail_due = tail + 1; /* the host had given more than was published: restart the count here */
  }
  uint64_t now = l->watched == NULL ? clock_ns() : 0;
  if (l->watched == NULL && now - l->watch_since_ns >= REFILL_SAMPLE_GAP_NS) {
    l->watched = p;
    l->watch_due = p->tail_due;
    l->watch_since_ns = now;
  }
}

void refill_check(struct lane *l) {
  struct pool *p = l->watched;
  if (p == NULL) {
    return;
  }
  if ((int32_t)(free_tail(l, p) - l->watch_due) >= 0) {
    histogram_add(&l->refills, clock_ns() - l->watch_since_ns);
    l->watched = NULL;
  } else if (l->last_clock_ns > l->watch_since_ns + REFILL_GIVE_UP_NS) {
    p->tail_due = free_tail(l, p);
    l->watched = NULL;
  }
}

/* ---- ready queue --------------------------------------------------------------------------- */

bool ready_has_space(struct lane *l) {
  uint32_t next = l->tail + 1 == l->device->layout.queue_entries ? 0 : l->tail + 1;
  if (next != l->seen_head) {
    return true;
  }
  l->seen_head = load32_acquire(l->head_word);
  return next != l->seen_head;
}

static bool ready_wait_space(struct lane *l) {
  if (ready_has_space(l)) {
    return true;
  }
  const struct sluice_layout *layout = &l->device->layout;
  if (l->device->wait_limit_ns == 0) {
    return false;
  }
  /* Without a limit for buffers, space in a ready queue still has a limit of 30 s. */
  uint64_t limit = l->device->wait_limit_ns == UNLIMITED ? BACKSTOP_NS : l->device->wait_limit_ns;
  if (layout->backpressure_at != 0) {
    store32_release(
        l->device->region + layout->backpressure_at + offsetof(struct Backpressure, rq_contended),
        1);
  }
  struct waiting w = wait_begin(l, limit);
  bool has_space = false;
  while (!has_space && !is_over(l, &w)) {
    wait_turn(l, &w);
    has_space = ready_has_space(l);
  }
  wait_end(l, &w);
  l->stall_ns += waited_ns(&w);
  return has_space;
}

void ready_put(struct lane *l, uint32_t core_index, uint32_t kind, uint64_t ptr, uint32_t seq,
               uint32_t records) {
  const struct sluice_layout *layout = &l->device->layout;
  uint8_t *entry = l->device->region + sluice_entry_at(layout, l->queue, l->tail);
  l->tail = l->tail + 1 == layout->queue_entries ? 0 : l->tail + 1;
  /* Records and count become visible first, in every generation. */
  fence_release(l->tail_word);
  if (sluice_entries_are_unordered(layout)) {
    /* No barrier: all or part of the entry may become visible after the tail. */
    store32_relaxed(entry + SLUICE_ENTRY_CORE, core_index);
    store32_relaxed(entry + SLUICE_ENTRY_KIND, kind);
    store64_relaxed(entry + SLUICE_ENTRY_PTR, ptr);
    store32_relaxed(entry + SLUICE_ENTRY_SEQ, seq);
    store32_relaxed(l->tail_word, l->tail);
  } else {
    store32_guarded(entry + SLUICE_ENTRY_CORE, core_index);
    store32_guarded(entry + SLUICE_ENTRY_KIND, kind);
    store64_guarded(entry + SLUICE_ENTRY_PTR, ptr);
    store32_guarded(entry + SLUICE_ENTRY_SEQ, seq);
    if (sluice_entries_are_counted(layout)) {
      store32_guarded(entry + SLUICE_ENTRY_RECORDS, records);
      store64_guarded(entry + SLUICE_ENTRY_EPOCH, faults_epoch(&l->faults, l->device->run_epoch));
    }
    store32_release(l->tail_word, l->tail);
  }
}

/* chip-2026.08: blocks while a freeze is active. false if the backstop expires. */
static bool park(struct lane *l, size_t flag) {
  const uint8_t *word = l->device->region + l->device->layout.backpressure_at + flag;
  bool is_frozen = load32_acquire(word) != 0;
  if (!is_frozen) {
    return true;
  }
  struct waiting w = wait_begin(l, BACKSTOP_NS);
  /* One check per turn decides: when this freeze is over, another may already be active. */
  while (is_frozen && !is_over(l, &w)) {
    wait_turn(l, &w);
    is_frozen = load32_acquire(word) != 0;
  }
  wait_end(l, &w);
  l->stall_ns += waited_ns(&w);
  return !is_frozen;
}

/* Counted after the tail: a host may see the entry before these counters. */
static void count_published(struct lane *l, struct pool *p, uint32_t records) {
  unsigned counters = l->device->layout.facts[SLUICE_FACT_POOL_COUNTERS];
  if (counters == 2 || (counters == 1 && p->kind == SLUICE_KIND_AICORE_TASK)) {
    p->published_records += records;
    p->published_buffers++;
    store32_relaxed(p->shared + SLUICE_POOL_PUBLISHED_RECORDS, (uint32_t)p->published_records);
    store32_release(p->shared + SLUICE_POOL_PUBLISHED_BUFFERS, p->published_buffers);
  }
}

bool ready_publish(struct lane *l, struct pool *p, uint8_t *buffer, uint32_t seq) {
  if (!ready_wait_space(l)) {
    return false;
  }
  bool is_faulty = l->faults.enabled != 0;
  const struct device *d = l->device;
  bool is_counted = d->has_counters || sluice_entries_are_counted(&d->layout);
  uint32_t records = is_counted ? load32_relaxed(count_word(l, p, buffer)) : 0;
  uint32_t announced = records;
  if (is_faulty) {
    announced = faults_before_publish(l, p, buffer);
  }
  seq += p->seq_skew;
  if (!is_faulty || !faults_publish_torn(l, p, buffer, seq)) {
    ready_put(l, p->instance, p->kind, (uint64_t)(uintptr_t)buffer, seq, announced);
  }
  count_published(l, p, records);
  refill_watch(l, p);
  if (is_faulty) {
    faults_after_publish(l, p, buffer, seq);
  }
  return l->device->layout.backpressure_at == 0 ||
         park(l, offsetof(struct Backpressure, rq_freeze_active));
}

/* ---- free queue ---------------------------------------------------------------------------- */

static bool free_wait_slowly(struct lane *l, struct pool *p, uint64_t limit_ns) {
  const struct sluice_layout *layout = &l->device->layout;
  if (layout->backpressure_at != 0) {
    store32_release(
        l->device->region + layout->backpressure_at + offsetof(struct Backpressure, fq_contended),
        1);
  }
  struct waiting w = wait_begin(l, limit_ns);
  uint64_t stalled_before = l->stall_ns; /* parking within this wait counts once */
  bool is_there = false;
  bool has_given_up = false;
  while (!is_there && !has_given_up && !is_over(l, &w)) {
    wait_turn(l, &w);
    is_there = free_tail(l, p) != p->fq_head;
    if (!is_there && layout->backpressure_at != 0) {
      /* While a freeze is active the lane parks; only parking has a time limit. */
      has_given_up = !park(l, offsetof(struct Backpressure, fq_freeze_active));
    }
  }
  wait_end(l, &w);
  w.now_ns = clock_ns();
  l->stall_ns = stalled_before + waited_ns(&w);
  histogram_add(&l->waits, waited_ns(&w));
  return is_there;
}

bool free_wait(struct lane *l, struct pool *p) {
  if (free_tail(l, p) != p->fq_head) {
    return true;
  }
  return l->device->wait_limit_ns != 0 && free_wait_slowly(l, p, l->device->wait_limit_ns);
}

uint8_t *free_peek(const struct lane *l, const struct pool *p) {
  const struct sluice_layout *layout = &l->device->layout;
  size_t slot = p->fq_head & (layout->slots - 1);
  return (uint8_t *)(uintptr_t)load64_guarded(p->shared + SLUICE_POOL_SLOTS + 8 * slot);
}

uint8_t *free_take(const struct lane *l, struct pool *p) {
  uint8_t *buffer = free_peek(l, p);
  p->fq_head++;
  store32_release(p->shared + l->device->layout.fq_head_at, p->fq_head);
  return buffer;
}

/*
 * old_host.c - the original design of hosts for these runtimes: one manager thread that drains and
 * refills, one collector thread, locked queues between them, and sleeps when idle.
 * docs/performance.md ("The old design") gives the source of each trait.
 *
 * Traits kept:
 *   - one manager for all ready queues, one collector, a sleep of 10 us after an empty pass;
 *   - an unbounded queue under a mutex, one lock per buffer in each direction;
 *   - refill follows entries only: the manager fills an entry's pool with the buffers returned so
 *     far. A pool that gets none is not checked again until it publishes, which is how l2-2026.07
 *     starves forever. With is_sweeping every pass checks all pools, like the host of l2-2026.06;
 *   - chip-2026.08: a contended flag opens a freeze. While it is open, entries refill nothing; it
 *     is released once the ready queues are empty and a pass over all pools finds nothing to push;
 *   - the collector appends records one by one to a vector per pool, which doubles when it is full
 *     and thus keeps touching fresh memory.
 *
 * Traits left out, each in favour of this host: it never allocates buffers when it runs dry,
 * because it starts with as many as the daemon; it accepts AICore records by token, and so loses
 * none; it never pushes beyond the slots of a free queue; and with is_ring it keeps nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "baselines.h"
#include "sluice_shared.h"

#define IDLE_SLEEP_NS 10000

/* A queue of buffers under a mutex. It cannot overflow: the number of buffers is fixed. */
struct locked_queue {
  pthread_mutex_t lock;
  struct ready *entries;
  uint32_t capacity;
  uint32_t head;
  uint32_t count;
};

/* Kept records, stored like a std::vector. */
struct vector {
  uint8_t *bytes;
  size_t length;
  size_t capacity;
};

struct old_host {
  struct host *host;
  const struct old_host_options *options;
  struct vector *kept[SLUICE_KINDS];
  uint64_t kept_bytes;       /* capacity of all vectors */
  struct locked_queue full;  /* manager to collector */
  struct locked_queue empty; /* collector to manager */
  bool is_frozen;
  _Atomic bool manager_is_done;
};

static bool queue_init(struct locked_queue *q, uint32_t capacity) {
  pthread_mutex_init(&q->lock, NULL);
  q->entries = calloc(capacity, sizeof *q->entries);
  q->capacity = capacity;
  return q->entries != NULL;
}

static void queue_destroy(struct locked_queue *q) {
  pthread_mutex_destroy(&q->lock);
  free(q->entries);
}

static void queue_push(struct locked_queue *q, const struct ready *e) {
  pthread_mutex_lock(&q->lock);
  q->entries[(q->head + q->count++) % q->capacity] = *e;
  pthread_mutex_unlock(&q->lock);
}

static bool queue_pop(struct locked_queue *q, struct ready *e) {
  pthread_mutex_lock(&q->lock);
  bool found = q->count > 0;
  if (found) {
    *e = q->entries[q->head];
    q->head = (q->head + 1) % q->capacity;
    q->count--;
  }
  pthread_mutex_unlock(&q->lock);
  return found;
}

/* Takes some 60 us in practice, because of the timer slack of an ordinary thread. */
static void idle_sleep(void) {
  struct timespec t = {.tv_nsec = IDLE_SLEEP_NS};
  nanosleep(&t, NULL);
}

/* ---- collector ------------------------------------------------------------------------------- */

static uint8_t *vector_reserve(struct old_host *o, struct vector *v, size_t more) {
  if (v->length + more <= v->capacity) {
    return v->bytes + v->length;
  }
  size_t capacity = v->capacity != 0 ? 2 * v->capacity : more;
  bool starts_over = o->kept_bytes + capacity > o->options->keep_bytes;
  capacity = starts_over || capacity < more ? more : capacity;
  uint8_t *bytes = malloc(capacity);
  if (bytes == NULL) {
    /* A measurement without enough memory is useless. */
    fprintf(stderr, "sluice-baseline: no memory for another %zu bytes of records\n", capacity);
    _exit(EXIT_FAILURE);
  }
  if (starts_over) {
    v->length = 0;
  } else if (v->length > 0) {
    memcpy(bytes, v->bytes, v->length);
  }
  free(v->bytes);
  o->kept_bytes += capacity - v->capacity;
  v->bytes = bytes;
  v->capacity = capacity;
  return bytes + v->length;
}

/* Appends records one by one, like push_back; with a constant size a copy is a few instructions. */
static inline uint32_t keep_all(struct host *h, const struct ready *e, uint8_t *to, size_t bytes) {
  const uint8_t *record = host_buffer(h, e);
  uint32_t slots = host_slots(h, e);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < slots; i++, record += bytes) {
    if (e->kind != SLUICE_KIND_AICORE_TASK || host_accept_aicore(h, e->instance, record)) {
      memcpy(to + kept++ * bytes, record, bytes);
    }
  }
  return kept;
}

static void keep_records(struct old_host *o, const struct ready *e) {
  struct host *h = o->host;
  struct vector *v = &o->kept[e->kind][e->instance];
  size_t bytes = h->wire.layout.record_bytes[e->kind];
  size_t most = host_slots(h, e) * bytes;
  bool is_ring = o->options->is_ring;
  uint8_t *to = is_ring ? sink_reserve(h->sink, most) : vector_reserve(o, v, most);
  uint32_t kept = bytes == 32 ? keep_all(h, e, to, 32) : keep_all(h, e, to, 64);
  if (is_ring) {
    sink_give_back(h->sink, most - kept * bytes);
  } else {
    v->length += kept * bytes;
  }
  h->books[e->kind].collected += kept;
}

static void *collector_main(void *argument) {
  struct old_host *o = argument;
  struct ready e;
  for (;;) {
    bool is_last = atomic_load_explicit(&o->manager_is_done, memory_order_acquire);
    if (queue_pop(&o->full, &e)) {
      keep_records(o, &e);
      queue_push(&o->empty, &e);
    } else if (is_last) {
      return NULL;
    } else {
      idle_sleep();
    }
  }
}

/* ---- manager --------------------------------------------------------------------------------- */

static void take_back(struct old_host *o) {
  struct ready e;
  while (queue_pop(&o->empty, &e)) {
    host_give_back(o->host, &e);
  }
}

static bool drain(struct old_host *o) {
  struct host *h = o->host;
  struct ready e;
  bool found = false;
  for (unsigned queue = 0; queue < h->wire.layout.threads; queue++) {
    while (host_pop(h, queue, &e)) {
      found = true;
      if (!o->is_frozen) {
        take_back(o);
        host_refill_on_entry(h, &e);
      }
      queue_push(&o->full, &e);
    }
  }
  return found;
}

/*
 * Fills every pool. Returns the number of buffers pushed; sets *is_starved if a pool is left empty.
 */
static unsigned sweep(struct old_host *o, bool *is_starved) {
  struct host *h = o->host;
  unsigned pushed = 0;
  *is_starved = false;
  take_back(o);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < private_arena_pools(&h->geometry, kind); i++) {
      pushed += host_refill(h, kind, i);
      *is_starved |= host_depth(h, kind, i) == 0;
    }
  }
  return pushed;
}

static uint8_t *backpressure_word(const struct host *h, size_t field) {
  return h->wire.region + h->wire.layout.backpressure_at + field;
}

/* One freeze covers both gates here: either flag opens them, and they are released together. */
static void freeze_step(struct old_host *o) {
  struct host *h = o->host;
  uint8_t *rq_contended = backpressure_word(h, offsetof(struct Backpressure, rq_contended));
  uint8_t *fq_contended = backpressure_word(h, offsetof(struct Backpressure, fq_contended));
  uint8_t *rq_freeze = backpressure_word(h, offsetof(struct Backpressure, rq_freeze_active));
  uint8_t *fq_freeze = backpressure_word(h, offsetof(struct Backpressure, fq_freeze_active));
  if (!o->is_frozen && (load32_acquire(rq_contended) != 0 || load32_acquire(fq_contended) != 0)) {
    /* Set the freeze first: a waiter must always see a contended flag or a freeze. */
    store32_release(rq_freeze, 1);
    store32_release(fq_freeze, 1);
    store32_release(rq_contended, 0);
    store32_release(fq_contended, 0);
    o->is_frozen = true;
    h->freezes++;
    return;
  }
  bool is_starved = false;
  if (o->is_frozen && host_is_drained(h) && sweep(o, &is_starved) == 0 && !is_starved) {
    store32_release(rq_freeze, 0);
    store32_release(fq_freeze, 0);
    o->is_frozen = false;
  }
}

static void manage(struct old_host *o) {
  struct host *h = o->host;
  bool has_freeze = h->wire.layout.backpressure_at != 0;
  bool is_starved;
  while (!atomic_load_explicit(&h->is_ending, memory_order_relaxed)) {
    bool found = drain(o);
    if (o->options->is_sweeping && !o->is_frozen) {
      sweep(o, &is_starved);
    }
    if (has_freeze) {
      freeze_step(o);
    }
    if (!found) {
      idle_sleep();
    }
  }
  while (drain(o)) {
  }
}

static bool vectors_init(struct old_host *o) {
  bool made = true;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    o->kept[kind] = calloc(o->host->wire.layout.pool_count[kind], sizeof *o->kept[kind]);
    made &= o->kept[kind] != NULL;
  }
  return made;
}

static void vectors_free(struct old_host *o) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; o->kept[kind] != NULL && i < o->host->wire.layout.pool_count[kind]; i++) {
      free(o->kept[kind][i].bytes);
    }
    free(o->kept[kind]);
  }
}

const char *old_host_serve(struct host *h, const struct old_host_options *options) {
  struct old_host o = {.host = h, .options = options};
  pthread_t collector;
  uint32_t buffers = 1;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    buffers += h->plan.buffers[kind];
  }
  bool made = queue_init(&o.full, buffers);
  made &= queue_init(&o.empty, buffers);
  made &= vectors_init(&o);
  const char *failure = made ? NULL : "out of memory";
  if (made && pthread_create(&collector, NULL, collector_main, &o) != 0) {
    failure = "cannot start the collector thread";
  }
  if (failure == NULL) {
    manage(&o);
    atomic_store_explicit(&o.manager_is_done, true, memory_order_release);
    pthread_join(collector, NULL);
  }
  vectors_free(&o);
  queue_destroy(&o.full);
  queue_destroy(&o.empty);
  return failure;
}

#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sluice_shared.h"

/* The daemon's default targets, by kind. */
static const uint32_t default_buffers[SLUICE_KINDS] = {8, 6, 8, 8};

/* Current and next; an AICore pool also has a stashed one. */
static const uint32_t least_buffers[SLUICE_KINDS] = {2, 2, 2, 3};

/* ---- arena ----------------------------------------------------------------------------------- */

static uint32_t buffers_in_all(const struct sluice_geometry *g,
                               const uint32_t per_pool[SLUICE_KINDS]) {
  uint32_t sum = 0;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    sum += private_arena_pools(g, kind) * per_pool[kind];
  }
  return sum;
}

/*
 * Same algorithm as the daemon: starts from the defaults and takes from the kind with the most
 * slack until one ready queue could hold every buffer and thus never fills up.
 */
static const char *choose_buffers(const struct host *h, uint32_t per_pool[SLUICE_KINDS]) {
  const struct sluice_geometry *g = &h->geometry;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    uint32_t asked = g->buffers_per_instance[kind];
    per_pool[kind] = asked != 0 ? asked : default_buffers[kind];
    if (per_pool[kind] < least_buffers[kind] || per_pool[kind] > 1024) {
      return "fewer or more buffers per pool than a pool can use";
    }
  }
  while (buffers_in_all(g, per_pool) > h->wire.layout.queue_entries - 1) {
    int most = -1;
    for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
      bool is_free = g->buffers_per_instance[kind] == 0 && private_arena_pools(g, kind) > 0 &&
                     per_pool[kind] > least_buffers[kind];
      if (is_free && (most < 0 || per_pool[kind] - least_buffers[kind] >
                                      per_pool[most] - least_buffers[most])) {
        most = (int)kind;
      }
    }
    if (most < 0) {
      return "more buffers than a ready queue has entries";
    }
    per_pool[most]--;
  }
  return NULL;
}

static bool make_books(struct host *h) {
  bool made = true;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    uint32_t pools = h->wire.layout.pool_count[kind];
    h->with_device[kind] = calloc(h->plan.buffers[kind] + 1u, 1);
    h->spares[kind] = calloc(pools, sizeof *h->spares[kind]);
    h->next_seq[kind] = calloc(pools, sizeof *h->next_seq[kind]);
    h->accepted[kind] = calloc(pools, sizeof *h->accepted[kind]);
    made = made && h->with_device[kind] != NULL && h->spares[kind] != NULL &&
           h->next_seq[kind] != NULL && h->accepted[kind] != NULL;
    for (uint32_t i = 0; made && i < pools; i++) {
      h->spares[kind][i].index = calloc(h->plan.buffers[kind] + 1u, sizeof(uint32_t));
      made = h->spares[kind][i].index != NULL;
    }
  }
  return made;
}

const char *host_make_arena(struct host *h, const struct sluice_geometry *geometry) {
  uint32_t per_pool[SLUICE_KINDS];
  struct sluice_layout *l = &h->wire.layout;
  h->geometry = *geometry;
  const char *wrong = sluice_layout_init(l, geometry);
  if (wrong == NULL && (geometry->level < 1 || geometry->level > 4 ||
                        geometry->sched_threads > l->threads || geometry->orch_threads > 1)) {
    wrong = "level or threads outside the layout";
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS && wrong == NULL; kind++) {
    bool fits = h->sink->bytes == 0 || l->buffer_bytes[kind] <= h->sink->bytes;
    wrong = fits ? NULL : "a buffer is longer than the memory or file that it is copied into";
  }
  wrong = wrong != NULL ? wrong : choose_buffers(h, per_pool);
  if (wrong != NULL) {
    return wrong;
  }
  private_arena_plan(&h->plan, l, geometry, per_pool);
  h->memfd = memfd_create("sluice-baseline-arena", MFD_CLOEXEC);
  if (h->memfd < 0 || ftruncate(h->memfd, (off_t)h->plan.bytes) != 0) {
    return "no shared memory for the arena";
  }
  void *base =
      mmap(NULL, h->plan.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, h->memfd, 0);
  if (base == MAP_FAILED) {
    return "the arena could not be mapped";
  }
  h->wire.host_base = base;
  h->wire.region = base;
  h->wire.arena_bytes = h->plan.bytes;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    h->wire.buffer_at[kind] = h->plan.buffer_at[kind];
    h->wire.buffers[kind] = h->plan.buffers[kind];
  }
  return make_books(h) ? NULL : "out of memory";
}

void host_free(struct host *h) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; h->spares[kind] != NULL && i < h->wire.layout.pool_count[kind]; i++) {
      free(h->spares[kind][i].index);
    }
    free(h->spares[kind]);
    free(h->with_device[kind]);
    free(h->next_seq[kind]);
    free(h->accepted[kind]);
  }
  if (h->wire.host_base != NULL) {
    munmap(h->wire.host_base, h->plan.bytes);
  }
  if (h->memfd >= 0) {
    close(h->memfd);
  }
}

/* ---- a run ----------------------------------------------------------------------------------- */

const char *host_begin_run(struct host *h, uint64_t device_base) {
  uint32_t handed[SLUICE_KINDS];
  if (device_base == 0 || device_base % 64 != 0) {
    return "the device's address of the arena is 0 or not on a cache line";
  }
  h->wire.device_base = device_base;
  private_arena_init(&h->plan, &h->wire, &h->geometry, handed);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    uint32_t pools = private_arena_pools(&h->geometry, kind);
    h->books[kind] = (struct kind_books){0};
    for (uint32_t i = 0; i < h->wire.layout.pool_count[kind]; i++) {
      h->spares[kind][i].count = 0;
      h->next_seq[kind][i] = 0;
      h->accepted[kind][i] = (struct accepted){0};
    }
    for (uint32_t i = 0; i < h->plan.buffers[kind]; i++) {
      h->with_device[kind][i] = i < handed[kind];
      if (i >= handed[kind]) {
        struct spares *s = &h->spares[kind][i % pools];
        s->index[s->count++] = i;
      }
    }
  }
  atomic_store(&h->is_ending, false);
  return NULL;
}

void host_end_run(struct host *h) {
  const struct sluice_layout *l = &h->wire.layout;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < l->pool_count[kind]; i++) {
      const uint8_t *pool = h->wire.region + sluice_pool_at(l, kind, i);
      h->books[kind].produced += load32_relaxed(pool + SLUICE_POOL_TOTAL);
      h->books[kind].dropped += load32_relaxed(pool + SLUICE_POOL_DROPPED);
    }
  }
}

/* ---- queues ---------------------------------------------------------------------------------- */

/* Resolves a popped entry to a buffer that the device held. */
static bool resolve(struct host *h, const struct sluice_entry *e, struct ready *entry) {
  if (e->kind >= SLUICE_KINDS || e->instance >= private_arena_pools(&h->geometry, e->kind)) {
    return false;
  }
  size_t bytes = h->wire.layout.buffer_bytes[e->kind];
  uint64_t offset = e->buffer - h->wire.device_base - h->plan.buffer_at[e->kind];
  uint64_t index = offset / bytes;
  uint32_t *next_seq = &h->next_seq[e->kind][e->instance];
  if (offset % bytes != 0 || index >= h->plan.buffers[e->kind] ||
      !h->with_device[e->kind][index] || (int32_t)(e->seq - *next_seq) < 0) {
    return false;
  }
  h->sequence_gaps += e->seq != *next_seq;
  *next_seq = e->seq + 1;
  h->with_device[e->kind][index] = 0;
  *entry = (struct ready){(uint16_t)e->kind, (uint16_t)e->instance, (uint32_t)index};
  return true;
}

bool host_pop(struct host *h, unsigned queue, struct ready *ready) {
  const struct sluice_layout *l = &h->wire.layout;
  uint8_t *head_word = h->wire.region + l->heads_at + 4 * (size_t)queue;
  uint32_t head = load32_relaxed(head_word);
  uint32_t tail = load32_acquire(h->wire.region + l->tails_at + 4 * (size_t)queue);
  while (head != tail && tail < l->queue_entries) {
    uint8_t *at = h->wire.region + sluice_entry_at(l, queue, head);
    struct sluice_entry e;
    if (sluice_read_entry(l, at, &e) != 0) {
      return false;
    }
    head = head + 1 == l->queue_entries ? 0 : head + 1;
    sluice_release_entry(l, at, head_word, head);
    h->entries++;
    if (resolve(h, &e, ready)) {
      return true;
    }
    h->violations++;
  }
  return false;
}

bool host_is_drained(const struct host *h) {
  const struct sluice_layout *l = &h->wire.layout;
  for (unsigned queue = 0; queue < l->threads; queue++) {
    if (load32_relaxed(h->wire.region + l->heads_at + 4 * (size_t)queue) !=
        load32_acquire(h->wire.region + l->tails_at + 4 * (size_t)queue)) {
      return false;
    }
  }
  return true;
}

uint32_t host_depth(const struct host *h, unsigned kind, unsigned instance) {
  const struct sluice_layout *l = &h->wire.layout;
  const uint8_t *pool = h->wire.region + sluice_pool_at(l, kind, instance);
  return load32_relaxed(pool + l->fq_tail_at) - load32_acquire(pool + l->fq_head_at);
}

unsigned host_refill(struct host *h, unsigned kind, unsigned instance) {
  struct spares *s = &h->spares[kind][instance];
  size_t bytes = h->wire.layout.buffer_bytes[kind];
  unsigned pushed = 0;
  while (s->count > 0) {
    uint32_t index = s->index[s->count - 1];
    uint64_t offset = h->plan.buffer_at[kind] + index * (uint64_t)bytes;
    h->with_device[kind][index] = 1;
    if (sluice_push_free(&h->wire, kind, instance, h->wire.device_base + offset) != 0) {
      h->with_device[kind][index] = 0;
      break;
    }
    s->count--;
    pushed++;
  }
  return pushed;
}

void host_refill_on_entry(struct host *h, const struct ready *e) {
  h->unfilled += h->spares[e->kind][e->instance].count == 0;
  host_refill(h, e->kind, e->instance);
}

void host_give_back(struct host *h, const struct ready *e) {
  /* The device resets it, too, but on some paths only after it has published the pointer. */
  store32_relaxed(host_buffer(h, e) + h->wire.layout.count_at[e->kind], 0);
  struct spares *s = &h->spares[e->kind][e->instance];
  s->index[s->count++] = e->index;
}

/* ---- buffers --------------------------------------------------------------------------------- */

uint8_t *host_buffer(const struct host *h, const struct ready *e) {
  return h->wire.host_base + h->plan.buffer_at[e->kind] +
         e->index * h->wire.layout.buffer_bytes[e->kind];
}

uint32_t host_slots(const struct host *h, const struct ready *e) {
  const struct sluice_layout *l = &h->wire.layout;
  if (e->kind == SLUICE_KIND_AICORE_TASK) {
    return l->records[e->kind];
  }
  uint32_t count = load32_relaxed(host_buffer(h, e) + l->count_at[e->kind]);
  return count < l->records[e->kind] ? count : l->records[e->kind];
}

bool host_accept_aicore(struct host *h, unsigned core, const uint8_t *record) {
  const struct AicoreTaskRecord *r = (const struct AicoreTaskRecord *)(const void *)record;
  struct accepted *a = &h->accepted[SLUICE_KIND_AICORE_TASK][core];
  if (r->start_time == 0 || (a->has_token && (int32_t)(r->reg_task_id - a->last_token) <= 0)) {
    return false;
  }
  a->last_token = r->reg_task_id;
  a->has_token = true;
  return true;
}

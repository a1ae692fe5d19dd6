/*
 * tasks.c - commit, buffer switch, AICore rotation and flush of the two task kinds.
 *
 * core_run has two paths: one_task() does a single dispatch in the exact order of the device, with
 * everything that can happen at a boundary; run_tasks() does many without a boundary, with the same
 * stores in the same order. A process killed between any two stores leaves the memory that a device
 * would leave.
 */
#include "tasks.h"

#include "queues.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

static struct content_task content_of_task(const struct lane *l, const struct core *c,
                                           uint64_t task) {
  const struct content *content = &l->device->content;
  uint64_t stream = c->aicore.stream;
  struct content_group group = content_task_group(content, stream, c->index, task);
  return content_task(content, &group, stream, c->index, task);
}

/* ---- AicpuTask ------------------------------------------------------------------------------- */

static void aicpu_install(struct lane *l, struct pool *p) {
  if (l->device->layout.generation == SLUICE_L2_2026_06) {
    p->buffer = free_take(l, p);
    pool_store_ptr(p, p->buffer);
    p->seq++;
    pool_store_seq(p);
    if (p->buffer != NULL) {
      buffer_acquire(l, p, p->buffer, p->seq);
    }
  } else {
    /* seq was advanced when the old buffer was published */
    p->buffer = free_take(l, p);
    if (p->buffer != NULL) {
      buffer_acquire(l, p, p->buffer, p->seq);
    }
    pool_store_ptr(p, p->buffer);
    pool_store_seq(p);
  }
  p->count = 0;
}

/* The full buffer could not be published: its records are overwritten in place. */
static void aicpu_discard(struct lane *l, struct pool *p) {
  pool_drop(l, p, p->count);
  p->count = 0;
  store32_release(count_word(l, p, p->buffer), 0);
  pool_store_live(l, p, 0);
}

static void aicpu_switch(struct lane *l, struct pool *p) {
  if (l->device->layout.generation == SLUICE_L2_2026_06) {
    /* Checks the free queue first: without a replacement the full buffer is not published. */
    if (!free_wait(l, p) || !ready_publish(l, p, p->buffer, p->seq)) {
      aicpu_discard(l, p);
    } else {
      aicpu_install(l, p);
    }
    return;
  }
  if (!ready_publish(l, p, p->buffer, p->seq)) {
    aicpu_discard(l, p);
    return;
  }
  pool_store_live(l, p, 0);
  p->buffer = NULL;
  pool_store_ptr(p, NULL);
  p->seq++;
  pool_store_seq(p);
  if (free_wait(l, p)) {
    aicpu_install(l, p);
  }
}

/* Commits one record; looks for a buffer if the pool has none. */
static void aicpu_commit(struct lane *l, struct core *c, uint64_t task) {
  struct pool *p = &c->aicpu;
  p->total++;
  pool_store_total(p);
  bool may_retry = l->device->layout.generation != SLUICE_L2_2026_06;
  if (p->buffer == NULL && may_retry && free_wait(l, p)) {
    aicpu_install(l, p);
  }
  if (p->buffer == NULL) {
    pool_drop(l, p, 1);
    return;
  }
  program_order();
  struct content_task content = content_of_task(l, c, task);
  content_aicpu_task((struct AicpuTaskRecord *)(void *)p->buffer + p->count, &content, task);
  p->count++;
  store32_release(count_word(l, p, p->buffer), p->count);
  pool_store_live(l, p, p->count);
  if (p->count == l->device->layout.records[p->kind]) {
    aicpu_switch(l, p);
  }
}

/* ---- AICore ---------------------------------------------------------------------------------- */

/* The AICore polls its pool head: a new sequence number means a new buffer. */
static void aicore_look(struct core *c) {
  if (c->aicore.seq != c->seen_seq) {
    c->seen_seq = c->aicore.seq;
    c->slots = c->aicore.buffer;
    c->slot = 0;
  }
}

static ALWAYS_INLINE void aicore_store(struct AicoreTaskRecord *to,
                                       const struct content_task *content, uint64_t task) {
  struct AicoreTaskRecord r;
  content_aicore_task(&r, content, task);
  to->end_time = r.end_time;
  to->task_token_raw = r.task_token_raw;
  to->receive_to_start_cycles = r.receive_to_start_cycles;
  to->start_time = r.start_time;
  /*
   * Last, because a real AICore writes the line as a whole, while this process can be killed
   * between two stores. A slot still holds a record of the buffer's earlier use, start time
   * included, so only the new token makes it a new record.
   */
  program_order();
  to->reg_task_id = r.reg_task_id;
}

static void aicore_write(struct lane *l, struct core *c, uint64_t task) {
  if (c->slots == NULL || c->slot >= l->device->layout.records[SLUICE_KIND_AICORE_TASK]) {
    /* The core skips it silently. Where the layout counts dispatches per buffer, the AICPU will
     * notice. */
    l->aicore_lost += !l->device->has_counters;
    return;
  }
  struct content_task content = content_of_task(l, c, task);
  aicore_store((struct AicoreTaskRecord *)(void *)c->slots + c->slot, &content, task);
  c->slot++;
}

static void release_stash(struct lane *l, struct core *c) {
  struct pool *p = &c->aicore;
  store32_release(count_word(l, p, c->stash.buffer), c->stash.dispatched);
  if (ready_publish(l, p, c->stash.buffer, c->stash.seq)) {
    c->stash.buffer = NULL;
  }
}

/*
 * The value for the count word of the current AICore buffer. If exact: the dispatches since the
 * buffer became current, up to its capacity; the rest is lost and counted as dropped now.
 */
static uint32_t take_mark(struct lane *l, struct pool *p, uint32_t nominal) {
  uint32_t capacity = l->device->layout.records[SLUICE_KIND_AICORE_TASK];
  uint32_t mark = nominal;
  if (l->device->layout.facts[SLUICE_FACT_AICORE_COUNT] == 1) {
    mark = p->live < capacity ? p->live : capacity;
    if (p->live > capacity) {
      pool_drop(l, p, p->live - capacity);
    }
  }
  pool_store_live(l, p, 0);
  return mark;
}

static void rotate(struct lane *l, struct core *c, uint32_t boundary_token) {
  struct pool *p = &c->aicore;
  uint32_t capacity = l->device->layout.records[SLUICE_KIND_AICORE_TASK];
  bool stashes = l->device->layout.facts[SLUICE_FACT_AICORE_ROTATION] == 1;
  if (!free_wait(l, p)) {
    return; /* not counted; the next attempt is a full buffer of dispatches away */
  }
  if (stashes) {
    if (free_peek(l, p) == NULL) {
      return; /* and the zero slot blocks this pool forever */
    }
    if (c->stash.buffer != NULL) {
      release_stash(l, c);
      if (c->stash.buffer != NULL) {
        l->aicore_lost += c->stash.written; /* overwritten below */
      }
    }
    unsigned reserved = l->device->reserve_before_ack && c->finished != p->total;
    uint32_t mark = take_mark(l, p, capacity);
    c->stash = (struct stash){p->buffer, p->seq, boundary_token, c->slot + reserved, mark};
  } else if (p->buffer != NULL) {
    store32_release(count_word(l, p, p->buffer), take_mark(l, p, capacity));
    if (!ready_publish(l, p, p->buffer, p->seq)) {
      return;
    }
  }
  p->buffer = free_take(l, p);
  if (p->buffer != NULL) {
    buffer_acquire(l, p, p->buffer, p->seq + 1);
  }
  pool_store_ptr(p, p->buffer);
  p->seq++;
  pool_store_seq(p);
}

/* ---- one task, many tasks -------------------------------------------------------------------- */

static void finish_one(struct lane *l, struct core *c) {
  uint64_t task = c->finished;
  if (!l->device->reserve_before_ack) {
    aicore_look(c); /* takes its slot only now */
  }
  aicore_write(l, c, task);
  c->finished++;
  if (l->device->level >= 2) {
    aicpu_commit(l, c, task);
  }
}

static void one_task(struct lane *l, struct core *c) {
  const struct device *d = l->device;
  struct pool *p = &c->aicore;
  uint32_t token = (uint32_t)p->total;
  if (p->total > 0 && (p->total & (d->layout.records[SLUICE_KIND_AICORE_TASK] - 1)) == 0) {
    rotate(l, c, token);
  }
  p->total++;
  pool_store_total(p);
  if (d->has_counters && p->buffer == NULL) {
    pool_drop(l, p, 1);
  } else {
    pool_store_live(l, p, p->live + 1);
  }
  if (d->two_in_flight && p->total > 1) {
    finish_one(l, c); /* the previous task */
  }
  if (d->reserve_before_ack) {
    aicore_look(c);
  }
  /* The core acknowledges this task here, so everything before it has been written. */
  if (d->has_ack_gate && c->stash.buffer != NULL && c->stash.gate == token) {
    release_stash(l, c);
  }
  if (!d->two_in_flight) {
    finish_one(l, c);
  }
}

/* Runs n tasks without a boundary. The flags are compile-time constants in the hot paths. */
static ALWAYS_INLINE void run_tasks(struct lane *l, struct core *c, uint64_t n, bool has_aicore,
                                    bool has_aicpu, bool is_jittered, bool has_counters) {
  struct content content = l->device->content; /* a local copy, which no store can alias */
  content.is_jittered = is_jittered;
  uint8_t *dispatches_word = c->aicore.shared + SLUICE_POOL_TOTAL;
  uint8_t *commits_word = c->aicpu.shared + SLUICE_POOL_TOTAL;
  uint32_t dispatches = c->aicore.total_before + (uint32_t)(c->aicore.total + c->aicore.phantom);
  uint32_t commits = c->aicpu.total_before + (uint32_t)(c->aicpu.total + c->aicpu.phantom);
  uint8_t *live_dispatches_word = c->aicore.shared + SLUICE_POOL_LIVE;
  uint8_t *live_commits_word = c->aicpu.shared + SLUICE_POOL_LIVE;
  uint32_t live_dispatches = c->aicore.live;
  uint8_t *count_at = has_aicpu ? count_word(l, &c->aicpu, c->aicpu.buffer) : NULL;
  uint32_t count = c->aicpu.count;
  struct AicpuTaskRecord *aicpu =
      has_aicpu ? (struct AicpuTaskRecord *)(void *)c->aicpu.buffer + count : NULL;
  struct AicoreTaskRecord *aicore =
      has_aicore ? (struct AicoreTaskRecord *)(void *)c->slots + c->slot : NULL;
  uint64_t stream = c->aicore.stream;
  unsigned core = c->index;
  uint64_t task = c->finished;
  struct content_group group = content_task_group(&content, stream, core, task);

  for (uint64_t i = 0; i < n; i++, task++) {
    if (task % CONTENT_GROUP == 0) {
      group = content_task_group(&content, stream, core, task);
    }
    const struct content_task t = content_task(&content, &group, stream, core, task);
    store32_relaxed(dispatches_word, ++dispatches);
    if (has_counters) {
      store32_relaxed(live_dispatches_word, ++live_dispatches);
    }
    if (has_aicore) {
      program_order();
      aicore_store(aicore++, &t, task);
    }
    if (has_aicpu) {
      store32_relaxed(commits_word, ++commits);
      program_order();
      content_aicpu_task(aicpu++, &t, task);
      store32_release(count_at, ++count);
      if (has_counters) {
        store32_relaxed(live_commits_word, count);
      }
    }
  }

  c->aicore.live += (uint32_t)n;
  c->aicore.total += n;
  c->finished += n;
  if (has_aicore) {
    c->slot += (uint32_t)n;
  } else if (!has_counters) {
    l->aicore_lost += n;
  }
  if (has_aicpu) {
    c->aicpu.total += n;
    c->aicpu.count = count;
  }
}

static uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

void core_run(struct lane *l, struct core *c, uint64_t n) {
  const struct sluice_layout *layout = &l->device->layout;
  const uint32_t rotation = layout->records[SLUICE_KIND_AICORE_TASK];
  const bool has_aicpu = l->device->level >= 2;
  while (n > 0) {
    uint64_t after_boundary = c->aicore.total & (rotation - 1);
    const bool has_counters = l->device->has_counters;
    bool needs_care = after_boundary == 0 || (has_aicpu && c->aicpu.buffer == NULL) ||
                      (has_counters && c->aicore.buffer == NULL);
    if (needs_care) {
      one_task(l, c);
      n--;
      continue;
    }
    if (!l->device->reserve_before_ack) {
      aicore_look(c);
    }
    uint64_t m = least(n, rotation - after_boundary);
    bool has_aicore = c->slots != NULL && c->slot < rotation;
    m = has_aicore ? least(m, rotation - c->slot) : m;
    m = has_aicpu ? least(m, layout->records[SLUICE_KIND_AICPU_TASK] - c->aicpu.count) : m;
    const bool is_jittered = l->device->content.is_jittered;
    if (has_aicore && has_aicpu && is_jittered && has_counters) {
      run_tasks(l, c, m, true, true, true, true);
    } else if (has_aicore && has_aicpu && is_jittered) {
      run_tasks(l, c, m, true, true, true, false);
    } else if (has_aicore && has_aicpu) {
      run_tasks(l, c, m, true, true, false, has_counters);
    } else {
      run_tasks(l, c, m, has_aicore, has_aicpu, is_jittered, has_counters);
    }
    if (has_aicpu && c->aicpu.count == layout->records[SLUICE_KIND_AICPU_TASK]) {
      aicpu_switch(l, &c->aicpu);
    }
    n -= m;
  }
}

/* ---- flush ----------------------------------------------------------------------------------- */

static void aicpu_flush(struct lane *l, struct pool *p) {
  if (p->buffer == NULL || p->count == 0) {
    return; /* an empty current buffer stays in place */
  }
  if (!ready_publish(l, p, p->buffer, p->seq)) {
    aicpu_discard(l, p);
    if (l->device->layout.facts[SLUICE_FACT_FAILED_FLUSH] == 1) {
      return;
    }
  }
  pool_store_live(l, p, 0);
  p->buffer = NULL;
  pool_store_ptr(p, NULL);
}

static void aicore_flush(struct lane *l, struct core *c) {
  struct pool *p = &c->aicore;
  uint32_t rotation = l->device->layout.records[SLUICE_KIND_AICORE_TASK];
  if (c->stash.buffer != NULL) {
    release_stash(l, c);
    l->aicore_lost += c->stash.buffer != NULL ? c->stash.written : 0;
  }
  if (p->buffer == NULL) {
    return;
  }
  /* The device's own arithmetic; too large after a failed rotation and at level 1. */
  uint32_t mark = (uint32_t)p->total - p->seq * rotation;
  mark = take_mark(l, p, l->device->level < 2 || mark > rotation ? rotation : mark);
  if (mark == 0) {
    return;
  }
  store32_release(count_word(l, p, p->buffer), mark);
  if (!ready_publish(l, p, p->buffer, p->seq)) {
    pool_drop(l, p, mark);
    if (l->device->layout.facts[SLUICE_FACT_FAILED_FLUSH] == 1) {
      return; /* the records stay in the buffer with their count, and count as dropped */
    }
  }
  p->buffer = NULL;
  pool_store_ptr(p, NULL);
}

void core_flush(struct lane *l, struct core *c) {
  while (c->finished < c->aicore.total) {
    finish_one(l, c);
  }
  aicpu_flush(l, &c->aicpu);
  aicore_flush(l, c);
}

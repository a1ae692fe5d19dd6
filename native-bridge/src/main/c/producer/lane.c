/* lane.c - one AICPU thread: waits for the start, produces at the requested pace, flushes. */
#include <math.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "device.h"
#include "phases.h"
#include "queues.h"
#include "regions.h"
#include "tasks.h"

/*
 * A paced lane accumulates this much time before it runs, so that runs are longer than single
 * tasks. With too few CPUs it accumulates more and sleeps meanwhile: spinning would take the CPU
 * from the daemon.
 */
#define PACE_QUANTUM_NS 10000
#define CROWDED_QUANTUM_NS 200000

/* Unpaced, the clock is read once in this many runs. */
#define RUNS_PER_CLOCK 8

/* With a CPU to itself a lane spins through waits shorter than this, and at the end of longer
 * ones. */
#define SLEEP_FROM_NS 80000
#define SLEEP_EARLY_NS 30000

/* Spin at most this long before a sleep while a refill is being timed. */
#define SPIN_FOR_REFILL_NS 20000

static void pin(const struct device *d, unsigned index) {
  if (d->options->cpu_count > 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(d->options->cpus[index % d->options->cpu_count], &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  }
}

/*
 * Without a CPU to itself a lane sleeps the whole time. Waking up late costs no rate: the clock
 * decides what is due.
 */
static void rest(struct lane *l, uint64_t ns) {
  bool is_timing = l->watched != NULL && clock_ns() - l->watch_since_ns < SPIN_FOR_REFILL_NS;
  bool may_sleep = l->device->crowded || ns > SLEEP_FROM_NS;
  if (may_sleep && !is_timing) {
    uint64_t length = l->device->crowded ? ns : ns - SLEEP_EARLY_NS;
    lane_sleep(l, length < 50000000 ? length : 50000000); /* limited, so that stop is noticed */
  } else {
    spin_hint();
  }
}

/* ---- pace ---------------------------------------------------------------------------------- */

/* Time that counts for the rate: all of it, or only the on-phases of a burst pattern. */
static uint64_t active_ns(const struct options *o, uint64_t elapsed) {
  if (o->burst_on_ns == 0) {
    return elapsed;
  }
  uint64_t cycle = o->burst_on_ns + o->burst_off_ns;
  uint64_t rest_of_cycle = elapsed % cycle;
  return elapsed / cycle * o->burst_on_ns +
         (rest_of_cycle < o->burst_on_ns ? rest_of_cycle : o->burst_on_ns);
}

static uint64_t until_active_ns(const struct options *o, uint64_t elapsed) {
  if (o->burst_on_ns == 0) {
    return 0;
  }
  uint64_t cycle = o->burst_on_ns + o->burst_off_ns;
  return elapsed % cycle < o->burst_on_ns ? 0 : cycle - elapsed % cycle;
}

/*
 * The number of tasks that the lane may run now. If 0, *wait_ns is the time to wait.
 *
 * A lane that is late because this process had no CPU catches up at no more than twice its rate and
 * never by more than half a buffer per core at once: a real device has no such bursts, and they
 * must not count against a host. With --catch-up-ns it makes up for at most that much, as if the
 * whole device had stood still for the rest.
 */
static uint64_t grant(struct lane *l, uint64_t now, uint64_t *wait_ns) {
  const struct device *d = l->device;
  uint64_t elapsed = now - d->go_ns;
  *wait_ns = until_active_ns(d->options, elapsed);
  if (*wait_ns > 0) {
    return 0;
  }
  if (d->options->rate == 0) {
    return RUN_TASKS;
  }
  double per_ns = d->tasks_per_ns_per_core * l->core_count;
  double due = (double)active_ns(d->options, elapsed) * per_ns - (double)l->tasks - l->forgone;
  double half_buffers = d->layout.records[SLUICE_KIND_AICORE_TASK] / 2.0 * l->core_count;
  double quantum = per_ns * (d->crowded ? CROWDED_QUANTUM_NS : PACE_QUANTUM_NS);
  quantum = fmax(1, floor(fmin(quantum, half_buffers)));
  double most = fmax(per_ns * (double)d->options->catch_up_ns, quantum);
  if (d->options->catch_up_ns != 0 && due > most) {
    l->forgone += due - most;
    due = most;
  }
  if (due < quantum) {
    *wait_ns = (uint64_t)((quantum - due) / per_ns) + 1;
    return 0;
  }
  double allowed = fmin(2 * per_ns * (double)(now - l->granted_ns), fmax(half_buffers, quantum));
  if (allowed < quantum) {
    *wait_ns = (uint64_t)((quantum - allowed) / per_ns / 2) + 1;
    return 0;
  }
  l->granted_ns = now;
  return (uint64_t)fmin(due, allowed);
}

/* ---- scheduler ------------------------------------------------------------------------------- */

static void run_core(struct lane *l, struct core *c, uint64_t n) {
  uint64_t left = c->task_limit - c->aicore.total;
  n = n < left ? n : left;
  core_run(l, c, n);
  pmu_run(l, c, n);
  if (!l->device->has_orchestrator && l == &l->device->lanes[l->device->lane_count - 1]) {
    scope_stats_run(l, n);
  }
  l->tasks += n;
  atomic_store_explicit(&l->tasks_done, l->tasks, memory_order_relaxed);
  if (l->has_sched) {
    l->phase_credit += (unsigned)n;
    if (l->phase_credit >= TASKS_PER_PHASE) {
      sched_run(l, 2 * (l->phase_credit / TASKS_PER_PHASE));
      l->phase_credit %= TASKS_PER_PHASE;
    }
  }
}

/*
 * Real cores are not in step: their buffers fill up at different times. One long first run per
 * core, spread over a buffer's length, has the same effect.
 */
static void stagger_cores(struct lane *l) {
  unsigned step = l->device->layout.records[SLUICE_KIND_AICORE_TASK] / l->core_count;
  for (unsigned i = 0; i < l->core_count; i++) {
    run_core(l, &l->cores[i], (uint64_t)i * step);
  }
}

/*
 * In the l2 generations on a2a3 the record of the last task lands after its FIN. A core that stops
 * exactly at the end of an AICore buffer loses that record: its slot is in a buffer that is never
 * rotated in. A run limited by time, not tasks, avoids this with one more task.
 */
static void leave_boundary(struct lane *l, struct core *c) {
  const struct device *d = l->device;
  uint64_t rotation = d->layout.records[SLUICE_KIND_AICORE_TASK];
  bool loses = d->two_in_flight && !d->reserve_before_ack;
  if (loses && c->aicore.total > 0 && c->aicore.total % rotation == 0 &&
      c->aicore.total < c->task_limit) {
    run_core(l, c, 1);
  }
}

static bool must_end(const struct lane *l, uint64_t now) {
  const struct device *d = l->device;
  return now >= d->deadline_ns || atomic_load_explicit(&d->stop, memory_order_relaxed) ||
         atomic_load_explicit(&d->abort, memory_order_relaxed);
}

static bool aborted(const struct lane *l) {
  return atomic_load_explicit(&l->device->abort, memory_order_relaxed);
}

static void produce(struct lane *l) {
  const bool is_paced = l->device->options->rate != 0 || l->device->options->burst_on_ns != 0;
  uint64_t now = lane_clock(l);
  if (l->device->stagger) {
    stagger_cores(l);
  }
  l->granted_ns = now;
  uint64_t budget = 0; /* remaining tasks of the grant */
  uint64_t turn = RUN_TASKS; /* remaining tasks before the next core */
  unsigned next = 0;
  unsigned full = 0; /* consecutive cores at their limit */
  for (unsigned run = 0; full < l->core_count; run++) {
    if (is_paced || run % RUNS_PER_CLOCK == 0) {
      now = lane_clock(l);
      if (must_end(l, now)) {
        break;
      }
    }
    refill_check(l);
    if (l->faults.enabled != 0) {
      faults_between_runs(l, now);
    }
    uint64_t wait_ns = 0;
    if (budget == 0) {
      budget = is_paced ? grant(l, now, &wait_ns) : RUN_TASKS;
    }
    if (budget == 0) {
      rest(l, wait_ns);
      continue;
    }
    /* A grant that ends within a turn does not end the turn; otherwise some cores would get
     * more. */
    uint64_t tasks = budget < turn ? budget : turn;
    budget -= tasks;
    turn -= tasks;
    struct core *c = &l->cores[next];
    bool is_full = c->aicore.total >= c->task_limit;
    if (turn == 0 || is_full) {
      next = next + 1 == l->core_count ? 0 : next + 1;
      turn = RUN_TASKS;
    }
    full = is_full ? full + 1 : 0;
    run_core(l, c, tasks);
    if (l->device->host_step != NULL) {
      l->device->host_step(l);
    }
  }
  for (unsigned i = 0; i < l->core_count && !aborted(l); i++) {
    leave_boundary(l, &l->cores[i]);
  }
}

/* Writes the final counters of a producer in this run: its line in the terminal bank. */
static void write_terminal(struct lane *l, const struct pool *p) {
  const struct device *d = l->device;
  if (d->terminal_bank == NULL || faults_forget_terminal(&l->faults)) {
    return;
  }
  uint8_t *line = d->terminal_bank + sluice_terminal_in_bank(&d->layout, p->kind, p->instance);
  store32_relaxed(line + SLUICE_TERMINAL_TOTAL, p->total_before + (uint32_t)p->total);
  store32_relaxed(line + SLUICE_TERMINAL_DROPPED, p->dropped_before + (uint32_t)p->dropped);
  store32_relaxed(line + SLUICE_TERMINAL_PUBLISHED_RECORDS, (uint32_t)p->published_records);
  store32_relaxed(line + SLUICE_TERMINAL_PUBLISHED_BUFFERS, p->published_buffers);
  store32_relaxed(line + SLUICE_TERMINAL_LIVE, p->live);
  store64_release(line + SLUICE_TERMINAL_EPOCH, d->run_epoch);
}

static void sched_flush(struct lane *l) {
  for (unsigned i = 0; i < l->core_count; i++) {
    core_flush(l, &l->cores[i]);
  }
  if (l->has_sched) {
    phase_flush(l, &l->sched);
  }
  for (unsigned i = 0; i < l->core_count; i++) {
    write_terminal(l, &l->cores[i].aicpu);
    write_terminal(l, &l->cores[i].aicore);
  }
  if (l->has_sched) {
    write_terminal(l, &l->sched);
  }
}

/* ---- orchestrator -------------------------------------------------------------------------- */

/* Tasks of all schedulers so far; *all_ended is whether that is final. */
static uint64_t tasks_so_far(const struct device *d, bool *all_ended) {
  uint64_t tasks = 0;
  *all_ended = true;
  for (unsigned i = 0; i < d->sched_threads; i++) {
    *all_ended &= atomic_load_explicit(&d->lanes[i].finished, memory_order_acquire);
    tasks += atomic_load_explicit(&d->lanes[i].tasks_done, memory_order_relaxed);
  }
  return tasks;
}

/* One record per task. Follows the schedulers, so that it neither runs ahead nor starves. */
static void orchestrate(struct lane *l) {
  bool all_ended = false;
  uint64_t tasks;
  do {
    lane_clock(l);
    refill_check(l);
    tasks = tasks_so_far(l->device, &all_ended);
    if (tasks > l->orch.total) {
      uint64_t n = tasks - l->orch.total;
      n = n < 4096 ? n : 4096;
      orch_run(l, n);
      scope_stats_run(l, n);
      if (l->device->host_step != NULL) {
        l->device->host_step(l);
      }
    } else {
      rest(l, l->device->crowded ? CROWDED_QUANTUM_NS : 1);
    }
  } while (!aborted(l) && !(all_ended && l->orch.total >= tasks));
}

static void orch_flush(struct lane *l) {
  device_publish_core_map(l->device);
  phase_flush(l, &l->orch);
  write_terminal(l, &l->orch);
}

/* ---- the thread ------------------------------------------------------------------------------ */

void *lane_main(void *argument) {
  struct lane *l = argument;
  struct device *d = l->device;
  pin(d, l->index);
  prctl(PR_SET_TIMERSLACK, 1000UL); /* the default of 50 us exceeds most sleeps here */
  while (!atomic_load_explicit(&d->go, memory_order_acquire)) {
    sched_yield();
  }
  l->last_clock_ns = clock_ns();
  if (l->core_count > 0) {
    produce(l);
    atomic_store_explicit(&l->finished, true, memory_order_release); /* the orchestrator polls it */
  }
  if (l->has_orch) {
    orchestrate(l);
  }
  l->ended_ns = clock_ns();
  atomic_store_explicit(&l->finished, true, memory_order_release);
  while (l->faults.enabled != 0 && !aborted(l) && faults_between_runs(l, clock_ns())) {
    rest(l, 1000000);
  }
  if (aborted(l) || (d->options->faults & (1u << FAULT_NO_FLUSH)) != 0) {
    return NULL;
  }
  if (l->has_orch) {
    orch_flush(l);
  } else if (l->index == 0 && d->level == 3) {
    device_publish_core_map(d);
  }
  sched_flush(l);
  regions_flush(l);
  return NULL;
}

/*
 * sluice-producer - a synthetic AICPU in its own process: attaches, launches one thread per AICPU
 * thread, waits, detaches, and reports what really happened on its side of the memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "private_arena.h"
#include "queues.h"
#include "regions.h"
#include "report.h"

#define EXIT_USAGE 2
#define WATCH_NS 50000000
#define STAGGER_LIMIT_NS 20000000.0

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int signal) {
  (void)signal;
  asked_to_stop = 1;
}

/* The first signal ends the run in order; the second kills. */
static void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* ---- time and pace ----------------------------------------------------------------------- */

static double bytes_per_task(uint32_t level, uint32_t regions) {
  double bytes = 32;
  bytes += level >= 2 ? 32 : 0;
  bytes += level >= 3 ? 2.0 * 64 / TASKS_PER_PHASE : 0;
  bytes += level >= 4 ? 32 : 0;
  bytes += (regions & SLUICE_REGION(SLUICE_REGION_PMU)) != 0 ? 64 : 0;
  bytes += (regions & SLUICE_REGION(SLUICE_REGION_SCOPE_STATS)) != 0 ? 2.0 * 80 / 16 : 0;
  return bytes;
}

/*
 * Sets the device's virtual clock: the period follows the rate where the platform's clock can
 * resolve it; the origin is about now.
 */
static void set_virtual_clock(struct options *o) {
  struct sluice_geometry *g = &o->geometry;
  double hz = (double)sluice_platform_hz(g->platform);
  uint64_t least = content_least_period(g);
  double period = 0;
  if (o->rate != 0) {
    period = hz * bytes_per_task(g->level, g->regions) * g->num_cores / (double)o->rate;
  }
  const double longest = 1e13; /* keeps times within 64 bits for any finite run */
  period = period < longest ? period : longest;
  g->synthetic_period_ticks = period > (double)least ? (uint64_t)period : least;
  uint64_t now = (uint64_t)((double)clock_ns() / 1e9 * hz);
  uint64_t earliest = content_least_origin(g, g->synthetic_period_ticks);
  g->synthetic_origin_ticks = now > earliest ? now : earliest;
}

static void set_pace(struct device *d) {
  const struct options *o = d->options;
  d->tasks_per_ns_per_core = (double)o->rate / bytes_per_task(d->level, o->geometry.regions) / 1e9 / d->layout.cores;
  double stagger_ns = 0;
  if (o->rate != 0) {
    /* On average a core starts half a buffer ahead. */
    stagger_ns = d->layout.records[SLUICE_KIND_AICORE_TASK] / 2.0 / d->tasks_per_ns_per_core;
  }
  d->stagger = stagger_ns < STAGGER_LIMIT_NS;
  cpu_set_t allowed;
  int cpus = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
  bool is_pinned = o->cpu_count > 0 && (int)o->cpu_count < cpus;
  cpus = is_pinned ? (int)o->cpu_count : cpus;
  /* A pinned producer leaves the other CPUs to the daemon. */
  unsigned host_threads = o->self_test_rate || is_pinned ? 0 : 1;
  d->crowded = d->lane_count + host_threads > (unsigned)cpus;
}

/* ---- the run ----------------------------------------------------------------------------- */

static void print_progress(const struct device *d) {
  uint64_t tasks = 0;
  uint64_t phases = 0;
  uint64_t orchs = 0;
  uint64_t dropped = 0;
  for (unsigned i = 0; i < d->lane_count; i++) {
    tasks += atomic_load_explicit(&d->lanes[i].tasks_done, memory_order_relaxed);
    phases += atomic_load_explicit(&d->lanes[i].phases_done, memory_order_relaxed);
    orchs += atomic_load_explicit(&d->lanes[i].orchs_done, memory_order_relaxed);
    dropped += atomic_load_explicit(&d->lanes[i].dropped, memory_order_relaxed);
  }
  uint64_t task_records = tasks * (d->level >= 2 ? 2 : 1);
  fprintf(stderr, "progress %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", task_records + phases + orchs,
          32 * (task_records + orchs) + 64 * phases, dropped);
}

static bool all_finished(const struct device *d) {
  bool finished = true;
  for (unsigned i = 0; i < d->lane_count; i++) {
    finished &= atomic_load_explicit(&d->lanes[i].finished, memory_order_acquire);
  }
  return finished;
}

static bool has_produced(const struct device *d) {
  bool produced = false;
  for (unsigned i = 0; i < d->sched_threads; i++) {
    produced |= atomic_load_explicit(&d->lanes[i].tasks_done, memory_order_relaxed) > 0;
  }
  return produced;
}

/* When the fault "kill" strikes; 0 = never. Before the first task there is nothing to lose. */
static uint64_t kill_time(const struct device *d) {
  if ((d->options->faults & 1u << FAULT_KILL) == 0) {
    return 0;
  }
  uint64_t length = d->options->duration_ns != 0 ? d->options->duration_ns : 1000000000;
  uint64_t part = content_stream(d->content.seed, FAULT_KILL, 0) % 600 + 200;
  return d->go_ns + length / 1000 * part;
}

/* Waits for the lanes; handles progress, signals, a lost daemon and the fault "kill". */
static const char *watch(struct device *d, sluice_attach *session) {
  uint64_t next_progress = d->go_ns + 1000000000;
  uint64_t kill_at = kill_time(d);
  const char *failure = NULL;
  while (!all_finished(d)) {
    uint64_t now = clock_ns();
    uint64_t nap = WATCH_NS;
    if (kill_at != 0) {
      if (now >= kill_at && has_produced(d)) {
        kill(getpid(), SIGKILL);
      }
      uint64_t left = kill_at > now ? kill_at - now : 1000000;
      nap = left < nap ? left : nap;
    }
    struct timespec t = {.tv_nsec = (long)nap};
    /* Short runs must not wait for a whole nap at their end. */
    if (d->deadline_ns > now && d->deadline_ns - now < nap) {
      t.tv_nsec = (long)(d->deadline_ns - now);
    } else if (d->options->tasks != 0 || now >= d->deadline_ns) {
      t.tv_nsec = nap < 1000000 ? (long)nap : 1000000;
    }
    nanosleep(&t, NULL);
    if (d->options->progress && clock_ns() >= next_progress) {
      print_progress(d);
      next_progress += 1000000000;
    }
    if (asked_to_stop) {
      atomic_store(&d->stop, true);
    }
    if (session != NULL && d->options->guard_ms == 0 && !sluice_attach_connected(session)) {
      failure = "the daemon closed the connection during the run";
      atomic_store(&d->abort, true);
    }
  }
  if (kill_at != 0 && has_produced(d)) {
    kill(getpid(), SIGKILL); /* past its time, but it was requested */
  }
  return failure;
}

/* Ends the oldest open run. Returns NULL, or why it failed. */
static const char *end_run(sluice_attach *session, struct report *r) {
  static char error[256];
  struct sluice_books books;
  if (sluice_attach_run_end(session, &books, error, sizeof error) != SLUICE_OK) {
    return error;
  }
  report_add_books(r, &books);
  return NULL;
}

/*
 * Starts the lanes and waits for their end. Returns NULL, or why the run failed.
 *
 * overlapped: not NULL if the previous run is still open. It is ended once this one is running, and
 * its books are added there.
 */
static const char *launch(struct device *d, sluice_attach *session, struct report *overlapped) {
  const char *failure = NULL;
  unsigned started = 0;
  while (started < d->lane_count && failure == NULL) {
    struct lane *l = &d->lanes[started];
    if (pthread_create(&l->thread, NULL, lane_main, l) != 0) {
      failure = "cannot start the AICPU threads";
      atomic_store(&d->abort, true);
    } else {
      started++;
    }
  }
  d->go_ns = clock_ns();
  d->deadline_ns = d->options->duration_ns != 0 ? d->go_ns + d->options->duration_ns : UINT64_MAX;
  atomic_store_explicit(&d->go, true, memory_order_release);
  if (failure == NULL && overlapped != NULL) {
    failure = end_run(session, overlapped);
    if (failure != NULL) {
      atomic_store(&d->stop, true);
    }
  }
  if (failure == NULL) {
    failure = watch(d, session);
  }
  /* A flushing lane may still wait for the daemon: keep checking whether the daemon lives. */
  for (unsigned i = 0; i < started; i++) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    while (pthread_timedjoin_np(d->lanes[i].thread, NULL, &until) == ETIMEDOUT) {
      until.tv_nsec += WATCH_NS;
      until.tv_sec += until.tv_nsec / 1000000000;
      until.tv_nsec %= 1000000000;
      if (session != NULL && d->options->guard_ms == 0 && !sluice_attach_connected(session)) {
        failure = "the daemon closed the connection during the flush";
        atomic_store(&d->abort, true);
      }
    }
  }
  return failure;
}

static int print_report(const struct report *r, const struct options *o) {
  if (r->failure != NULL) {
    fprintf(stderr, "sluice-producer: %s\n", r->failure);
  }
  if (o->json) {
    report_print_json(r, stdout);
  } else {
    report_print_summary(r, stdout);
  }
  return r->failure == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- with a daemon --------------------------------------------------------------------------- */

/* Ends the session. Resumes first if the daemon came back and the guard has not resumed. */
static const char *end_session(sluice_attach *session, const struct options *o, struct report *r,
                               char *error, size_t error_bytes) {
  struct sluice_books last;
  memset(&last, 0, sizeof last);
  if (r->failure != NULL && !sluice_attach_connected(session)) {
    /* If the daemon ended the session, error has its reason. */
    int code = sluice_attach_detach_guarded(session, &last, &r->guard, error, error_bytes);
    report_add_books(r, &last);
    return code == SLUICE_ERROR_STATE ? error : r->failure;
  }
  if ((o->faults & 1u << FAULT_NO_FLUSH) != 0 || r->failure != NULL) {
    sluice_attach_guard_stats(session, &r->guard);
    sluice_attach_abandon(session);
    return r->failure;
  }
  if (!sluice_attach_connected(session)) {
    sluice_attach_resume(session, error, error_bytes); /* detach reports a failure */
  }
  if (sluice_attach_detach_guarded(session, &last, &r->guard, error, error_bytes) != SLUICE_OK) {
    return error;
  }
  report_add_books(r, &last);
  r->has_books = true;
  return NULL;
}

/*
 * This process's number for a device of the host: the runtime renumbers the devices in
 * ASCEND_RT_VISIBLE_DEVICES. -1 if the device is not listed.
 */
static int visible_number(uint32_t device) {
  const char *visible = getenv("ASCEND_RT_VISIBLE_DEVICES");
  if (visible == NULL) {
    return (int)device;
  }
  int number = 0;
  for (const char *c = visible; *c != '\0'; number++) {
    char *end;
    unsigned long listed = strtoul(c, &end, 10);
    if (end != c && listed == device) {
      return number;
    }
    const char *comma = strchr(c, ',');
    c = comma != NULL ? comma + 1 : "";
  }
  return -1;
}

/* A runtime does this long before it attaches: its thread sets the device. */
static int set_device(uint32_t device) {
  int number = visible_number(device);
  if (number < 0) {
    fprintf(stderr,
            "sluice-producer: device %u is not in ASCEND_RT_VISIBLE_DEVICES=%s; --device is the "
            "host's number\n",
            device, getenv("ASCEND_RT_VISIBLE_DEVICES"));
    return -1;
  }
  const char *folder = getenv("SLUICE_CANN_DIRECTORY");
  char path[4096];
  snprintf(path, sizeof path, "%s%slibascendcl.so", folder != NULL ? folder : "",
           folder != NULL ? "/" : "");
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  int (*set)(int32_t) = NULL;
  if (library != NULL) {
    *(void **)&set = dlsym(library, "aclrtSetDevice");
  }
  if (set == NULL) {
    fprintf(stderr, "sluice-producer: --placements needs libascendcl.so: %s\n", dlerror());
    return -1;
  }
  int code = set((int32_t)number);
  if (code != 0) {
    fprintf(stderr, "sluice-producer: aclrtSetDevice(%u) returned %d\n", device, code);
    return -1;
  }
  return 0;
}

/* Starts a run and prepares the device for it: memory and content. */
static bool start_run(struct device *d, sluice_attach *session, const struct options *o,
                      uint32_t run, char *error, size_t error_bytes) {
  memset(d, 0, sizeof *d);
  d->run_epoch = content_stream(o->geometry.synthetic_seed, SLUICE_CLASS_ROUND, run + 1) | 1;
  if (sluice_attach_start(session, 0, d->run_epoch, error, error_bytes) != SLUICE_OK) {
    return false;
  }
  bool needs_guard = run == 0 && o->guard_ms != 0;
  if (needs_guard &&
      sluice_attach_guard_start(session, o->guard_ms, error, error_bytes) != SLUICE_OK) {
    return false;
  }
  /* This process plays the device, so it uses the device's view of the arena. */
  const struct sluice_arena *arena = sluice_attach_arena(session);
  d->options = o;
  d->arena = (uint8_t *)(uintptr_t)arena->device_base;
  d->arena_bytes = arena->bytes;
  d->region = d->arena + arena->region_offset;
  d->rotation_table = (uint64_t *)(void *)(d->arena + arena->rotation_offset);
  d->terminal_bank = (uint8_t *)(uintptr_t)sluice_attach_terminal_bank(session);
  d->sched_threads = o->geometry.sched_threads;
  d->content = content_of(&o->geometry);
  sluice_layout_init(&d->layout, &o->geometry);
  if (device_init(d) != 0 || regions_init(d, arena->region_offsets) != 0) {
    snprintf(error, error_bytes, "out of memory");
    return false;
  }
  set_pace(d);
  return true;
}

static int run_attached(struct options *o) {
  static struct device device;
  static struct report report;
  char error[256];
  sluice_attach *session;
  set_virtual_clock(o);
  if (o->geometry.placements != 0 && set_device(o->geometry.device) != 0) {
    return EXIT_FAILURE;
  }
  o->declared.synthetic_origin_ticks = o->geometry.synthetic_origin_ticks;
  o->declared.synthetic_period_ticks = o->geometry.synthetic_period_ticks;
  if (sluice_attach_open(o->socket, &o->declared, &session, error, sizeof error) != SLUICE_OK) {
    fprintf(stderr, "sluice-producer: %s\n", error);
    return EXIT_FAILURE;
  }
  report.has_guard = o->guard_ms != 0;
  for (uint32_t run = 0; run < o->runs && report.failure == NULL && !asked_to_stop; run++) {
    bool is_overlapped = run > 0 && o->overlap;
    if (run > 0 && !is_overlapped) {
      report.failure = end_run(session, &report);
    }
    if (report.failure == NULL && !start_run(&device, session, o, run, error, sizeof error)) {
      if (run == 0) {
        fprintf(stderr, "sluice-producer: %s\n", error);
        sluice_attach_abandon(session);
        return EXIT_FAILURE;
      }
      report.failure = error;
    }
    if (report.failure == NULL) {
      report.failure = launch(&device, session, is_overlapped ? &report : NULL);
      report_collect(&report, &device);
      device_free(&device);
    }
  }
  report.failure = end_session(session, o, &report, error, sizeof error);
  return print_report(&report, o);
}

/* ---- without a daemon ------------------------------------------------------------------------ */

static struct sluice_recycler self_test_hosts[SLUICE_MAX_THREADS];

/* Each lane acts as the host of its own queue, so that only the writing is measured. */
static void recycle_own_queue(struct lane *l) {
  if (l->tail != l->seen_head) {
    sluice_recycle_queue(&self_test_hosts[l->queue], l->queue, UINT32_MAX);
    l->seen_head = load32_relaxed(l->head_word);
  }
}

static int run_self_test(struct options *o) {
  static struct device device;
  static struct report report;
  static const uint32_t buffers_per_pool[SLUICE_KINDS] = {4, 3, 3, 4};
  struct private_arena plan;
  uint32_t handed[SLUICE_KINDS];
  set_virtual_clock(o);
  device.options = o;
  sluice_layout_init(&device.layout, &o->geometry);
  private_arena_plan(&plan, &device.layout, &o->geometry, buffers_per_pool);
  void *memory = mmap(NULL, plan.bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) {
    fprintf(stderr, "sluice-producer: cannot allocate %zu bytes: %s\n", plan.bytes,
            strerror(errno));
    return EXIT_FAILURE;
  }
  for (unsigned queue = 0; queue < SLUICE_MAX_THREADS; queue++) {
    self_test_hosts[queue] = (struct sluice_recycler){.layout = device.layout,
                                                      .region = memory,
                                                      .device_base = (uint64_t)(uintptr_t)memory,
                                                      .host_base = memory,
                                                      .arena_bytes = plan.bytes};
  }
  private_arena_init(&plan, &self_test_hosts[0], &o->geometry, handed);
  device.arena = memory;
  device.arena_bytes = plan.bytes;
  device.region = memory;
  device.rotation_table = (uint64_t *)(void *)((uint8_t *)memory + plan.rotation_at);
  device.sched_threads = o->geometry.sched_threads;
  device.content = content_of(&o->geometry);
  device.host_step = recycle_own_queue;
  if (device_init(&device) != 0) {
    fprintf(stderr, "sluice-producer: out of memory\n");
    return EXIT_FAILURE;
  }
  set_pace(&device);
  report.failure = launch(&device, NULL, NULL);
  report_collect(&report, &device);
  device_free(&device);
  munmap(memory, plan.bytes);
  return print_report(&report, o);
}

int main(int argc, char **argv) {
  static struct options options;
  switch (options_parse(&options, argc, argv)) {
    case OPTIONS_DONE:
      return EXIT_SUCCESS;
    case OPTIONS_WRONG:
      return EXIT_USAGE;
    default:
      break;
  }
  catch_signals();
  return options.self_test_rate ? run_self_test(&options) : run_attached(&options);
}

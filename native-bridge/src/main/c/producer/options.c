#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sluice_layout.h"

#define DEFAULT_CORES 24
#define DEFAULT_THREADS 3
#define DEFAULT_LEVEL 4
#define DEFAULT_DURATION_NS 1000000000u
#define MAX_NS 604800000000000u /* a week */

static const char usage[] =
    "Usage: sluice-producer [options]\n"
    "A synthetic AICPU: attaches to the Sluice daemon and writes profiling records into its "
    "arena,\n"
    "the way the device of the chosen layout does. All numbers are plain (bytes, nanoseconds).\n"
    "\n"
    "Where and what\n"
    "  --socket PATH            attach socket of the daemon (" SLUICE_DEFAULT_SOCKET
    ")\n"
    "  --device N               device id (0)\n"
    "  --layout NAME            l2-2026.06, l2-2026.07, chip-2026.08 or chip-2026.09, then /a2a3 or\n"
    "                           /a5 (chip-2026.09/a2a3)\n"
    "  --runtime NAME           tensormap_and_ringbuffer or host_build_graph: task ids and phase kinds\n"
    "                           from chip-2026.09 on (tensormap_and_ringbuffer)\n"
    "  --cores N                AICores (24)\n"
    "  --aicpu-threads N        scheduler threads (3); level 4 adds the orchestrator\n"
    "  --level N                1 aicore tasks, 2 + aicpu tasks, 3 + scheduler phases,\n"
    "                           4 + orchestrator phases (4)\n"
    "  --regions LIST           profilers besides the swimlane, comma separated: pmu, scope_stats;\n"
    "                           chip-2026.09 only\n"
    "  --pmu-events N           event type of PMU, 1 to 8; 0 = 2, the use of the pipes (0)\n"
    "  --name TEXT              name of the session in logs and captures (sluice-producer)\n"
    "\n"
    "How much\n"
    "  --rate BYTES             per second over all kinds; 0 = unlimited (0)\n"
    "  --duration-ns N          end by the clock (1000000000, or no end if --tasks is given)\n"
    "  --tasks N                end after N tasks over all cores\n"
    "  --runs N                 runs in one session, each as long as --duration-ns and --tasks say (1)\n"
    "  --overlap                start each run before the previous one ends; the layout must\n"
    "                           name runs and have terminal banks: chip-2026.09\n"
    "  --pattern P              steady or burst (steady); the rate holds while a burst is on\n"
    "  --burst-on-ns N          length of a burst (10000000)\n"
    "  --burst-off-ns N         pause between bursts (90000000)\n"
    "  --catch-up-ns N          a thread without a CPU catches up at most N ns; 0 = unlimited (0)\n"
    "  --seed N                 of the record content and of the faults (1)\n"
    "  --content NAME           jittered: lengths, gaps and order of tasks vary like a workload's;\n"
    "                           regular: a task per core and period (jittered)\n"
    "  --cpus LIST              pin thread k to the k-th CPU of the list, e.g. 0 or 0,1\n"
    "\n"
    "Overrides of the layout, 0 = its own number\n"
    "  --slots N                free-queue slots, a power of two\n"
    "  --ready-queue-entries N  entries of one ready queue\n"
    "  --records A,S,O,C        records per buffer: aicpu task, sched, orch, aicore task\n"
    "  --buffers A,S,O,C        buffers per pool to request, same order\n"
    "\n"
    "Trouble\n"
    "  --device-wait-ns N       how long a device that waits 30 s for the host waits; 0 = 30 s (0)\n"
    "  --declare NAME[,CORES]   attach with this layout and number of cores instead of the device's\n"
    "  --misbehave LIST         faults to inject, comma separated, each a few times:\n";

static const char usage_end[] =
    "  --guard-ms N             when the daemon has been gone for N ms, recycle buffers unread "
    "and\n"
    "                           go on; 0 = stop with an error when it goes (0)\n"
    "  --placements             offer every placement, not only sim: needs libascendcl.so, from\n"
    "                           $SLUICE_CANN_DIRECTORY or the dynamic linker\n"
    "\n"
    "Output\n"
    "  --json                   the report as one JSON object on standard output\n"
    "  --progress               each second on standard error: progress RECORDS BYTES DROPPED\n"
    "  --self-test-rate         no daemon: how fast one thread can write, buffers recycled in "
    "place\n"
    "  --help                   this text\n"
    "\n"
    "On a2a3 the l2 generations lose the last AICore record of a core whose number of tasks is a\n"
    "multiple of the AICore buffer, as the device does: --tasks can choose such a number, a run "
    "that\n"
    "is ended by the clock avoids it. The report counts such records as aicore_lost.\n"
    "\n"
    "Exit codes: 0 finished, 1 failed, 2 wrong usage.\n"
    "\n"
    "Examples\n"
    "  sluice-producer --socket /tmp/a.sock --layout chip-2026.08/a5 --rate 500000000\n"
    "  sluice-producer --socket /tmp/a.sock --level 2 --cores 1 --aicpu-threads 1 --tasks 100000\n"
    "  sluice-producer --socket /tmp/a.sock --misbehave wrong-kind,bad-tail --json\n"
    "  sluice-producer --self-test-rate --level 2 --aicpu-threads 1\n";

enum option_id {
  OPT_SOCKET = 256,
  OPT_DEVICE,
  OPT_LAYOUT,
  OPT_CORES,
  OPT_THREADS,
  OPT_LEVEL,
  OPT_REGIONS,
  OPT_PMU_EVENTS,
  OPT_NAME,
  OPT_RATE,
  OPT_DURATION,
  OPT_TASKS,
  OPT_RUNS,
  OPT_OVERLAP,
  OPT_PATTERN,
  OPT_BURST_ON,
  OPT_BURST_OFF,
  OPT_CATCH_UP,
  OPT_SEED,
  OPT_CONTENT,
  OPT_CPUS,
  OPT_SLOTS,
  OPT_QUEUE,
  OPT_RECORDS,
  OPT_BUFFERS,
  OPT_RUNTIME,
  OPT_DEVICE_WAIT,
  OPT_DECLARE,
  OPT_MISBEHAVE,
  OPT_GUARD,
  OPT_PLACEMENTS,
  OPT_JSON,
  OPT_PROGRESS,
  OPT_SELF_TEST,
  OPT_HELP
};

static const struct option long_options[] = {
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"layout", required_argument, NULL, OPT_LAYOUT},
    {"cores", required_argument, NULL, OPT_CORES},
    {"aicpu-threads", required_argument, NULL, OPT_THREADS},
    {"level", required_argument, NULL, OPT_LEVEL},
    {"regions", required_argument, NULL, OPT_REGIONS},
    {"pmu-events", required_argument, NULL, OPT_PMU_EVENTS},
    {"name", required_argument, NULL, OPT_NAME},
    {"rate", required_argument, NULL, OPT_RATE},
    {"duration-ns", required_argument, NULL, OPT_DURATION},
    {"tasks", required_argument, NULL, OPT_TASKS},
    {"runs", required_argument, NULL, OPT_RUNS},
    {"overlap", no_argument, NULL, OPT_OVERLAP},
    {"pattern", required_argument, NULL, OPT_PATTERN},
    {"burst-on-ns", required_argument, NULL, OPT_BURST_ON},
    {"burst-off-ns", required_argument, NULL, OPT_BURST_OFF},
    {"catch-up-ns", required_argument, NULL, OPT_CATCH_UP},
    {"seed", required_argument, NULL, OPT_SEED},
    {"content", required_argument, NULL, OPT_CONTENT},
    {"cpus", required_argument, NULL, OPT_CPUS},
    {"slots", required_argument, NULL, OPT_SLOTS},
    {"ready-queue-entries", required_argument, NULL, OPT_QUEUE},
    {"records", required_argument, NULL, OPT_RECORDS},
    {"buffers", required_argument, NULL, OPT_BUFFERS},
    {"runtime", required_argument, NULL, OPT_RUNTIME},
    {"device-wait-ns", required_argument, NULL, OPT_DEVICE_WAIT},
    {"declare", required_argument, NULL, OPT_DECLARE},
    {"misbehave", required_argument, NULL, OPT_MISBEHAVE},
    {"guard-ms", required_argument, NULL, OPT_GUARD},
    {"placements", no_argument, NULL, OPT_PLACEMENTS},
    {"json", no_argument, NULL, OPT_JSON},
    {"progress", no_argument, NULL, OPT_PROGRESS},
    {"self-test-rate", no_argument, NULL, OPT_SELF_TEST},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* The option being parsed, for messages. */
struct argument {
  const char *name;
  const char *value;
  bool wrong;
};

static void complain(struct argument *a, const char *wanted) {
  if (!a->wrong) {
    fprintf(stderr, "sluice-producer: --%s %s: %s; see --help\n", a->name, a->value, wanted);
  }
  a->wrong = true;
}

static bool parse_number(const char *text, char **end, uint64_t *value) {
  errno = 0;
  *value = strtoull(text, end, 10);
  return errno == 0 && *end != text && text[0] >= '0' && text[0] <= '9';
}

static uint64_t number(struct argument *a, uint64_t least, uint64_t most) {
  char *end;
  uint64_t value;
  if (!parse_number(a->value, &end, &value) || *end != '\0' || value < least || value > most) {
    char wanted[96];
    snprintf(wanted, sizeof wanted, "expected a whole number from %llu to %llu",
             (unsigned long long)least, (unsigned long long)most);
    complain(a, wanted);
    return least;
  }
  return value;
}

/* "a,b,c,d": one number per kind, in the order of the kind numbers. */
static void four_numbers(struct argument *a, uint32_t out[SLUICE_KINDS], uint64_t most) {
  const char *next = a->value;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    char *end = NULL;
    uint64_t value;
    char separator = kind + 1 < SLUICE_KINDS ? ',' : '\0';
    if (!parse_number(next, &end, &value) || *end != separator || value > most) {
      complain(a, "expected four whole numbers: aicpu task, sched, orch, aicore task");
      return;
    }
    out[kind] = (uint32_t)value;
    next = end + 1;
  }
}

static void cpu_list(struct argument *a, struct options *o) {
  const char *next = a->value;
  char *end;
  uint64_t cpu;
  do {
    if (!parse_number(next, &end, &cpu) || cpu >= CPU_SETSIZE || o->cpu_count == MAX_PINNED_CPUS ||
        (*end != ',' && *end != '\0')) {
      complain(a, "expected CPU numbers, comma separated");
      return;
    }
    o->cpus[o->cpu_count++] = (int)cpu;
    next = end + 1;
  } while (*end != '\0');
}

/* "chip-2026.08/a2a3,24": what to declare at attach; 0 cores means the device's. */
static void declaration(struct argument *a, struct options *o) {
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(a->value, ","), a->value);
  const char *comma = strchr(a->value, ',');
  char *end = NULL;
  uint64_t cores = 0;
  bool is_number = comma == NULL || (parse_number(comma + 1, &end, &cores) && *end == '\0');
  if (!is_number || cores > SLUICE_MAX_CORES ||
      sluice_layout_parse(name, &o->declared.generation, &o->declared.platform) != 0) {
    complain(a, "expected a layout, or a layout and a number of cores");
  }
  o->declared.num_cores = (uint32_t)cores;
}

static void region_list(struct argument *a, struct options *o) {
  char copy[64];
  snprintf(copy, sizeof copy, "%s", a->value);
  char *rest = NULL;
  o->geometry.regions = SLUICE_REGION(SLUICE_REGION_SWIMLANE);
  for (char *name = strtok_r(copy, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
    if (strcmp(name, "pmu") == 0) {
      o->geometry.regions |= SLUICE_REGION(SLUICE_REGION_PMU);
    } else if (strcmp(name, "scope_stats") == 0) {
      o->geometry.regions |= SLUICE_REGION(SLUICE_REGION_SCOPE_STATS);
    } else {
      complain(a, "expected pmu, scope_stats or both");
    }
  }
}

static void fault_list(struct argument *a, struct options *o) {
  char copy[512];
  snprintf(copy, sizeof copy, "%s", a->value);
  char *rest = NULL;
  for (char *name = strtok_r(copy, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
    unsigned fault = 0;
    while (fault < FAULTS && strcmp(fault_infos[fault].name, name) != 0) {
      fault++;
    }
    if (fault == FAULTS) {
      complain(a, "unknown fault");
      return;
    }
    o->faults |= 1u << fault;
  }
}

static void apply(struct options *o, int id, struct argument *a, bool *burst) {
  struct sluice_geometry *g = &o->geometry;
  switch (id) {
    case OPT_SOCKET:
      o->socket = a->value;
      break;
    case OPT_DEVICE:
      g->device = (uint32_t)number(a, 0, UINT32_MAX);
      break;
    case OPT_LAYOUT:
      if (sluice_layout_parse(a->value, &g->generation, &g->platform) != 0) {
        complain(a, "no such layout");
      }
      break;
    case OPT_CORES:
      g->num_cores = (uint32_t)number(a, 1, SLUICE_MAX_CORES);
      break;
    case OPT_THREADS:
      g->sched_threads = (uint32_t)number(a, 1, SLUICE_MAX_THREADS);
      break;
    case OPT_LEVEL:
      g->level = (uint32_t)number(a, 1, 4);
      break;
    case OPT_REGIONS:
      region_list(a, o);
      break;
    case OPT_PMU_EVENTS:
      g->pmu_events = (uint32_t)number(a, 0, 8);
      break;
    case OPT_NAME:
      if (strlen(a->value) >= sizeof g->name) {
        complain(a, "at most 63 characters");
      }
      memset(g->name, 0, sizeof g->name);
      memcpy(g->name, a->value, strnlen(a->value, sizeof g->name - 1));
      break;
    case OPT_RATE:
      o->rate = number(a, 0, 1000000000000u);
      break;
    case OPT_DURATION:
      o->duration_ns = number(a, 0, MAX_NS);
      break;
    case OPT_TASKS:
      o->tasks = number(a, 0, (uint64_t)1 << 48);
      break;
    case OPT_RUNS:
      o->runs = (uint32_t)number(a, 1, 1000000);
      break;
    case OPT_OVERLAP:
      o->overlap = true;
      break;
    case OPT_PATTERN:
      *burst = strcmp(a->value, "burst") == 0;
      if (!*burst && strcmp(a->value, "steady") != 0) {
        complain(a, "expected steady or burst");
      }
      break;
    case OPT_BURST_ON:
      o->burst_on_ns = number(a, 1, MAX_NS);
      break;
    case OPT_BURST_OFF:
      o->burst_off_ns = number(a, 0, MAX_NS);
      break;
    case OPT_CATCH_UP:
      o->catch_up_ns = number(a, 0, MAX_NS);
      break;
    case OPT_SEED:
      g->synthetic_seed = number(a, 0, UINT64_MAX);
      break;
    case OPT_CONTENT:
      g->flags = SLUICE_FLAG_SYNTHETIC;
      if (strcmp(a->value, "jittered") == 0) {
        g->flags |= SLUICE_FLAG_JITTERED;
      } else if (strcmp(a->value, "regular") != 0) {
        complain(a, "expected jittered or regular");
      }
      break;
    case OPT_CPUS:
      cpu_list(a, o);
      break;
    case OPT_SLOTS:
      g->slot_count = (uint32_t)number(a, 0, 1024);
      break;
    case OPT_QUEUE:
      g->ready_queue_entries = (uint32_t)number(a, 0, 1u << 20);
      break;
    case OPT_RECORDS:
      four_numbers(a, g->buffer_records, 1u << 20);
      break;
    case OPT_BUFFERS:
      four_numbers(a, g->buffers_per_instance, 1u << 20);
      break;
    case OPT_RUNTIME:
      if (strcmp(a->value, "host_build_graph") == 0) {
        g->facts |= SLUICE_OVERRIDE(SLUICE_FACT_PHASE_KINDS, 4);
      } else if (strcmp(a->value, "tensormap_and_ringbuffer") != 0) {
        complain(a, "expected tensormap_and_ringbuffer or host_build_graph");
      }
      break;
    case OPT_DEVICE_WAIT:
      o->wait_limit_ns = number(a, 0, MAX_NS);
      break;
    case OPT_DECLARE:
      declaration(a, o);
      break;
    case OPT_MISBEHAVE:
      fault_list(a, o);
      break;
    case OPT_GUARD:
      o->guard_ms = (uint32_t)number(a, 0, 3600000);
      break;
    case OPT_PLACEMENTS:
      g->placements = SLUICE_CAN_ALL;
      break;
    case OPT_JSON:
      o->json = true;
      break;
    case OPT_PROGRESS:
      o->progress = true;
      break;
    case OPT_SELF_TEST:
      o->self_test_rate = true;
      break;
    default:
      break;
  }
}

static bool has_fault(const struct options *o, enum fault fault) {
  return (o->faults & 1u << fault) != 0;
}

/* Checks options against each other. Returns NULL, or what is wrong. */
static const char *check_together(const struct options *o) {
  const struct sluice_geometry *g = &o->geometry;
  struct sluice_layout layout;
  const char *wrong = sluice_layout_init(&layout, g);
  if (wrong != NULL) {
    return wrong;
  }
  if (g->sched_threads > layout.threads) {
    return "--aicpu-threads: more scheduler threads than ready queues";
  }
  if (g->sched_threads > g->num_cores) {
    return "--aicpu-threads: more scheduler threads than cores";
  }
  if (has_fault(o, FAULT_TORN_ENTRY) && !sluice_entries_are_unordered(&layout)) {
    return "--misbehave torn-entry: only l2-2026.06 can tear an entry";
  }
  if ((g->facts >> 4 * SLUICE_FACT_PHASE_KINDS & 15) != 0 && g->generation < SLUICE_CHIP_2026_09) {
    return "--runtime: runtimes differ in their records only from chip-2026.09 on";
  }
  bool is_counted = sluice_entries_are_counted(&layout);
  if ((has_fault(o, FAULT_ENTRY_COUNT) || has_fault(o, FAULT_WRONG_EPOCH) ||
       has_fault(o, FAULT_SCHEMA_FLIP)) &&
      !is_counted) {
    return "--misbehave: entries have a count and a run only from chip-2026.09 on";
  }
  if (has_fault(o, FAULT_NO_TERMINAL) && layout.facts[SLUICE_FACT_TERMINAL_BANKS] == 0) {
    return "--misbehave no-terminal: terminal banks exist only from chip-2026.09 on";
  }
  if (has_fault(o, FAULT_COUNTER_WRAP) && layout.facts[SLUICE_FACT_COUNTER_END] == 1) {
    return "--misbehave counter-wrap: the counters of this layout do not wrap";
  }
  if (has_fault(o, FAULT_STALE_CONTENDED) && layout.backpressure_at == 0) {
    return "--misbehave stale-contended: only chip-2026.08 has these flags";
  }
  if (o->overlap && (o->runs < 2 || layout.facts[SLUICE_FACT_TERMINAL_BANKS] == 0)) {
    return "--overlap: needs --runs 2 or more, and a layout with terminal banks: chip-2026.09";
  }
  bool has_regions = g->regions > SLUICE_REGION(SLUICE_REGION_SWIMLANE);
  if (has_regions && o->overlap) {
    return "--overlap: runs of a session with other regions than the swimlane do not overlap";
  }
  if (has_regions && o->self_test_rate) {
    return "--self-test-rate measures the swimlane";
  }
  if (o->self_test_rate && o->runs > 1) {
    return "--self-test-rate has one run";
  }
  if (o->self_test_rate && o->faults != 0) {
    return "--self-test-rate measures; it cannot misbehave";
  }
  if (has_fault(o, FAULT_COUNTER_WRAP) && g->level < 2) {
    return "--misbehave counter-wrap: needs --level 2 or more";
  }
  return NULL;
}

static void print_help(void) {
  fputs(usage, stdout);
  for (unsigned i = 0; i < FAULTS; i++) {
    printf("      %-20s %s\n", fault_infos[i].name, fault_infos[i].does);
  }
  fputs(usage_end, stdout);
}

enum options_outcome options_parse(struct options *o, int argc, char **argv) {
  memset(o, 0, sizeof *o);
  o->geometry = (struct sluice_geometry){.generation = SLUICE_CHIP_2026_09,
                                         .platform = SLUICE_A2A3,
                                         .level = DEFAULT_LEVEL,
                                         .num_cores = DEFAULT_CORES,
                                         .sched_threads = DEFAULT_THREADS,
                                         .flags = SLUICE_FLAG_SYNTHETIC | SLUICE_FLAG_JITTERED,
                                         .synthetic_seed = 1,
                                         .name = "sluice-producer"};
  o->runs = 1;
  bool burst = false;
  opterr = 0;
  optind = 1;
  int id;
  int which = 0;
  while ((id = getopt_long(argc, argv, "", long_options, &which)) != -1) {
    if (id == '?') {
      fprintf(stderr, "sluice-producer: %s: unknown option, or its value is missing; see --help\n",
              argv[optind - 1]);
      return OPTIONS_WRONG;
    }
    if (id == OPT_HELP) {
      print_help();
      return OPTIONS_DONE;
    }
    struct argument a = {long_options[which].name, optarg != NULL ? optarg : "", false};
    apply(o, id, &a, &burst);
    if (a.wrong) {
      return OPTIONS_WRONG;
    }
  }
  if (optind < argc) {
    fprintf(stderr, "sluice-producer: %s: not an option; see --help\n", argv[optind]);
    return OPTIONS_WRONG;
  }
  const char *wrong = check_together(o);
  if (wrong != NULL) {
    fprintf(stderr, "sluice-producer: %s; see --help\n", wrong);
    return OPTIONS_WRONG;
  }
  o->geometry.orch_threads = o->geometry.level >= 4;
  uint16_t generation = o->declared.generation;
  uint16_t platform = o->declared.platform;
  uint32_t cores = o->declared.num_cores;
  o->declared = o->geometry;
  if (generation != 0) {
    o->declared.generation = generation;
    o->declared.platform = platform;
    o->declared.facts = 0;
    o->declared.flags = 0; /* records at other offsets have other content */
  }
  o->declared.num_cores = cores != 0 ? cores : o->geometry.num_cores;
  if (o->duration_ns == 0 && o->tasks == 0) {
    o->duration_ns = DEFAULT_DURATION_NS;
  }
  if (burst) {
    o->burst_on_ns = o->burst_on_ns != 0 ? o->burst_on_ns : 10000000;
    o->burst_off_ns = o->burst_off_ns != 0 ? o->burst_off_ns : 90000000;
  } else {
    o->burst_on_ns = 0;
    o->burst_off_ns = 0;
  }
  return OPTIONS_RUN;
}

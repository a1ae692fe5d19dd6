/* options.h - the parsed command line of sluice-producer. */
#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "sluice_attach.h"

#define MAX_PINNED_CPUS 64

struct options {
  const char *socket;
  struct sluice_geometry geometry; /* without origin and period, which depend on the clock */
  uint64_t rate;                   /* bytes per second over all kinds; 0 = unlimited */
  uint64_t duration_ns;            /* 0 = until tasks are done */
  uint64_t tasks;                  /* over all cores; 0 = until duration_ns */
  uint64_t burst_on_ns;            /* 0 = steady */
  uint64_t burst_off_ns;
  uint64_t catch_up_ns; /* the most that a late lane makes up for; 0 = all of it */
  uint32_t faults; /* bit = enum fault */
  uint32_t guard_ms;
  uint32_t runs;
  bool overlap; /* a run starts before the previous one has ended */
  uint64_t wait_limit_ns; /* for a device that waits 30 s; 0 = 30 s */
  struct sluice_geometry declared; /* as sent in attach; differs only with --declare */
  int cpus[MAX_PINNED_CPUS];
  unsigned cpu_count;
  bool json;
  bool progress;
  bool self_test_rate;
};

enum options_outcome { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Parses argv. Prints help to stdout (OPTIONS_DONE) or one line to stderr (OPTIONS_WRONG). */
enum options_outcome options_parse(struct options *o, int argc, char **argv);

#endif

/* report.h - the producer's own account of a run. */
#ifndef SLUICE_REPORT_H
#define SLUICE_REPORT_H

#include <stdio.h>

#include "device.h"

struct kind_totals {
  uint64_t produced; /* attempts, as the device counts them */
  uint64_t dropped;  /* as the device counts them */
  uint64_t lost;     /* vanished without being counted: AICore records of failed rotations */
};

struct report {
  const char *layout;
  double duration_seconds;
  struct kind_totals kinds[SLUICE_SERVED_KINDS];
  uint64_t produced_bytes;
  uint64_t stall_ns;
  uint64_t own_sleep_ns; /* upper bound of the producer's own part of stall_ns */
  uint64_t max_pause_ns;
  uint64_t least_core_tasks; /* tasks of the core that ran the fewest */
  uint64_t most_core_tasks;
  struct histogram waits;
  struct histogram refills;
  unsigned runs;
  bool has_regions; /* other than the swimlane */
  unsigned dry_at_init;
  uint32_t injected[FAULTS];
  uint32_t faults;
  bool has_books;
  struct sluice_books books;
  bool has_guard;
  struct sluice_guard_stats guard;
  const char *failure; /* NULL, or why the run failed */
};

/* Adds a run: sums over all lanes, which must have ended. */
void report_collect(struct report *r, const struct device *d);

/* Adds the daemon's books of a run. */
void report_add_books(struct report *r, const struct sluice_books *books);

void report_print_json(const struct report *r, FILE *out);

void report_print_summary(const struct report *r, FILE *out);

extern const char *const kind_names[SLUICE_SERVED_KINDS];

#endif

#include "report.h"

#include <inttypes.h>
#include <string.h>

const char *const kind_names[SLUICE_SERVED_KINDS] = {"aicpu_task", "sched_phase", "orch_phase",
                                                     "aicore_task", "pmu", "scope_stats"};

/* Kinds to print: all if the session has regions other than the swimlane. */
static unsigned kinds_of(const struct report *r) {
  return r->has_regions ? SLUICE_SERVED_KINDS : SLUICE_KINDS;
}

static void add_pool(struct report *r, const struct device *d, const struct pool *p) {
  struct kind_totals *k = &r->kinds[p->kind];
  k->produced += p->total + p->phantom;
  k->dropped += p->dropped + p->phantom;
  r->produced_bytes += (p->total + p->phantom) * d->layout.record_bytes[p->kind];
}

void report_collect(struct report *r, const struct device *d) {
  uint64_t ended = d->go_ns;
  r->layout = sluice_layout_name(d->layout.generation, d->layout.platform);
  r->faults = d->options->faults;
  r->dry_at_init += d->dry_at_init;
  r->least_core_tasks = r->runs++ == 0 ? UINT64_MAX : r->least_core_tasks;
  for (unsigned i = 0; i < d->lane_count; i++) {
    const struct lane *l = &d->lanes[i];
    for (unsigned c = 0; c < l->core_count; c++) {
      add_pool(r, d, &l->cores[c].aicpu);
      add_pool(r, d, &l->cores[c].aicore);
      uint64_t tasks = l->cores[c].aicore.total;
      r->least_core_tasks = tasks < r->least_core_tasks ? tasks : r->least_core_tasks;
      r->most_core_tasks = tasks > r->most_core_tasks ? tasks : r->most_core_tasks;
    }
    if (l->has_sched) {
      add_pool(r, d, &l->sched);
    }
    if (l->has_orch) {
      add_pool(r, d, &l->orch);
    }
    r->kinds[SLUICE_KIND_AICORE_TASK].lost += l->aicore_lost;
    r->stall_ns += l->stall_ns;
    r->own_sleep_ns += l->own_sleep_ns;
    r->max_pause_ns = l->max_pause_ns > r->max_pause_ns ? l->max_pause_ns : r->max_pause_ns;
    histogram_merge(&r->waits, &l->waits);
    histogram_merge(&r->refills, &l->refills);
    ended = l->ended_ns > ended ? l->ended_ns : ended;
    for (unsigned fault = 0; fault < FAULTS; fault++) {
      r->injected[fault] += l->faults.injected[fault];
    }
  }
  for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
    const struct device_region *region = &d->regions[i];
    r->has_regions |= region->pools != NULL;
    for (unsigned p = 0; region->pools != NULL && p < region->layout.pools; p++) {
      struct kind_totals *k = &r->kinds[region->layout.kind];
      k->produced += region->pools[p].total;
      k->dropped += region->pools[p].dropped;
      r->produced_bytes += region->pools[p].total * region->layout.record_bytes;
    }
  }
  r->duration_seconds += (double)(ended - d->go_ns) / 1e9;
}

void report_add_books(struct report *r, const struct sluice_books *books) {
  for (unsigned kind = 0; kind < SLUICE_SERVED_KINDS; kind++) {
    r->books.produced[kind] += books->produced[kind];
    r->books.collected[kind] += books->collected[kind];
    r->books.dropped[kind] += books->dropped[kind];
    r->books.salvaged[kind] += books->salvaged[kind];
    r->books.never_started[kind] += books->never_started[kind];
    r->books.unaccounted[kind] += books->unaccounted[kind];
  }
  memcpy(r->books.text, books->text, sizeof r->books.text);
}

static uint64_t sum_produced(const struct report *r) {
  uint64_t sum = 0;
  for (unsigned kind = 0; kind < SLUICE_SERVED_KINDS; kind++) {
    sum += r->kinds[kind].produced;
  }
  return sum;
}

static uint64_t sum_dropped(const struct report *r) {
  uint64_t sum = 0;
  for (unsigned kind = 0; kind < SLUICE_SERVED_KINDS; kind++) {
    sum += r->kinds[kind].dropped;
  }
  return sum;
}

static double bytes_per_second(const struct report *r) {
  return r->duration_seconds > 0 ? (double)r->produced_bytes / r->duration_seconds : 0;
}

static void print_quantiles(const char *name, const struct histogram *h, FILE *out) {
  fprintf(out,
          "\"%s\":{\"samples\":%" PRIu64 ",\"p50\":%.9f,\"p99\":%.9f,\"p999\":%.9f,\"max\":%.9f},",
          name, h->samples, (double)histogram_quantile(h, 0.5) / 1e9,
          (double)histogram_quantile(h, 0.99) / 1e9, (double)histogram_quantile(h, 0.999) / 1e9,
          (double)h->max / 1e9);
}

static void print_u64_by_kind(const struct report *r, const char *name, const uint64_t *values,
                              FILE *out) {
  fprintf(out, "\"%s\":{", name);
  for (unsigned kind = 0; kind < kinds_of(r); kind++) {
    fprintf(out, "%s\"%s\":%" PRIu64, kind > 0 ? "," : "", kind_names[kind], values[kind]);
  }
  fputs("},", out);
}

/* Writes external text (error messages with paths) as a JSON string. */
static void print_string(const char *text, size_t limit, FILE *out) {
  fputc('"', out);
  for (size_t i = 0; i < limit && text[i] != '\0'; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') {
      fprintf(out, "\\%c", c);
    } else if (c < 0x20 || c == 0x7f) {
      fprintf(out, "\\u%04x", c);
    } else {
      fputc(c, out);
    }
  }
  fputc('"', out);
}

static void print_books(const struct report *r, FILE *out) {
  if (!r->has_books) {
    fputs("\"books\":null,", out);
    return;
  }
  fputs("\"books\":{", out);
  print_u64_by_kind(r, "produced", r->books.produced, out);
  print_u64_by_kind(r, "collected", r->books.collected, out);
  print_u64_by_kind(r, "dropped", r->books.dropped, out);
  print_u64_by_kind(r, "salvaged", r->books.salvaged, out);
  print_u64_by_kind(r, "never_started", r->books.never_started, out);
  fputs("\"unaccounted\":{", out);
  for (unsigned kind = 0; kind < kinds_of(r); kind++) {
    fprintf(out, "%s\"%s\":%" PRId64, kind > 0 ? "," : "", kind_names[kind],
            r->books.unaccounted[kind]);
  }
  fputs("},\"text\":", out);
  print_string(r->books.text, sizeof r->books.text, out);
  fputs("},", out);
}

static void print_guard(const struct report *r, FILE *out) {
  if (!r->has_guard) {
    return;
  }
  fputs("\"guard\":{", out);
  print_u64_by_kind(r, "lost_records", r->guard.lost_records, out);
  fprintf(out,
          "\"rescued_buffers\":%" PRIu64 ",\"takeovers\":%" PRIu64 ",\"resumes\":%" PRIu64
          ",\"stalls\":%" PRIu64 ",\"gone_at_ns\":%" PRIu64 "},",
          r->guard.rescued_buffers, r->guard.takeovers, r->guard.resumes, r->guard.stalls,
          r->guard.gone_at_ns);
}

static void print_injected(const struct report *r, FILE *out) {
  if (r->faults == 0) {
    return;
  }
  const char *separator = "";
  fputs("\"misbehaved\":{", out);
  for (unsigned fault = 0; fault < FAULTS; fault++) {
    if ((r->faults & 1u << fault) != 0) {
      fprintf(out, "%s\"%s\":%" PRIu32, separator, fault_infos[fault].name, r->injected[fault]);
      separator = ",";
    }
  }
  fputs("},", out);
}

void report_print_json(const struct report *r, FILE *out) {
  fprintf(out,
          "{\"layout\":\"%s\",\"produced_records\":%" PRIu64 ",\"produced_bytes\":%" PRIu64
          ",\"dropped_records\":%" PRIu64 ",\"aicore_lost\":%" PRIu64
          ",\"stall_seconds\":%.9f,\"own_sleep_seconds\":%.9f,",
          r->layout, sum_produced(r), r->produced_bytes, sum_dropped(r),
          r->kinds[SLUICE_KIND_AICORE_TASK].lost, (double)r->stall_ns / 1e9,
          (double)r->own_sleep_ns / 1e9);
  print_quantiles("wait_seconds", &r->waits, out);
  print_quantiles("refill_latency_seconds", &r->refills, out);
  fprintf(out, "\"duration_seconds\":%.9f,\"bytes_per_second\":%.0f,\"max_pause_seconds\":%.9f,",
          r->duration_seconds, bytes_per_second(r), (double)r->max_pause_ns / 1e9);
  fprintf(out, "\"runs\":%u,\"pools_dry_at_init\":%u,", r->runs, r->dry_at_init);
  fprintf(out, "\"least_core_tasks\":%" PRIu64 ",\"most_core_tasks\":%" PRIu64 ",",
          r->least_core_tasks, r->most_core_tasks);
  print_injected(r, out);
  print_guard(r, out);
  print_books(r, out);
  if (r->failure != NULL) {
    fputs("\"failure\":", out);
    print_string(r->failure, strlen(r->failure), out);
    fputc(',', out);
  }
  fputs("\"kinds\":{", out);
  for (unsigned kind = 0; kind < kinds_of(r); kind++) {
    const struct kind_totals *k = &r->kinds[kind];
    fprintf(out, "%s\"%s\":{\"produced\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"lost\":%" PRIu64 "}",
            kind > 0 ? "," : "", kind_names[kind], k->produced, k->dropped, k->lost);
  }
  fputs("}}\n", out);
}

void report_print_summary(const struct report *r, FILE *out) {
  fprintf(out, "%s: %" PRIu64 " records, %.3f GB in %.3f s = %.3f GB/s\n", r->layout,
          sum_produced(r), (double)r->produced_bytes / 1e9, r->duration_seconds,
          bytes_per_second(r) / 1e9);
  fprintf(out,
          "dropped %" PRIu64 ", AICore lost %" PRIu64
          ", stalled %.6f s (at most %.6f s of it by sleeping too long), longest pause %.6f s\n",
          sum_dropped(r), r->kinds[SLUICE_KIND_AICORE_TASK].lost, (double)r->stall_ns / 1e9,
          (double)r->own_sleep_ns / 1e9, (double)r->max_pause_ns / 1e9);
  fprintf(out, "refill p50 %.1f us, p99 %.1f us, max %.1f us (%" PRIu64 " samples)\n",
          (double)histogram_quantile(&r->refills, 0.5) / 1e3,
          (double)histogram_quantile(&r->refills, 0.99) / 1e3, (double)r->refills.max / 1e3,
          r->refills.samples);
  for (unsigned kind = 0; kind < kinds_of(r) && r->has_books; kind++) {
    fprintf(out,
            "%-12s produced %" PRIu64 ", collected %" PRIu64 ", dropped %" PRIu64
            ", salvaged %" PRIu64 ", unaccounted %" PRId64 "\n",
            kind_names[kind], r->books.produced[kind], r->books.collected[kind],
            r->books.dropped[kind], r->books.salvaged[kind], r->books.unaccounted[kind]);
  }
}

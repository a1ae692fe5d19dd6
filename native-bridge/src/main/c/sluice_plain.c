/*
 * sluice_plain.c - the client's calls without structs and macros, for languages that would have to
 * redefine those by hand: ctypes and similar.
 */
#include <stdio.h>
#include <string.h>

#include "sluice_internal.h"
#include "sluice_region.h"

int sluice_attach_open_layout(const char *socket_path, const char *layout, uint32_t device,
                              uint32_t level, uint32_t num_cores, uint32_t sched_threads,
                              uint32_t orch_threads, uint32_t placements, const char *name,
                              sluice_attach **session, char *error, size_t error_bytes) {
  struct sluice_geometry g = {.device = device,
                              .level = level,
                              .num_cores = num_cores,
                              .sched_threads = sched_threads,
                              .orch_threads = orch_threads,
                              .placements = placements};
  if (layout == NULL || sluice_layout_parse(layout, &g.generation, &g.platform) != 0) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "unknown layout \"%s\"; known: l2-2026.06, l2-2026.07, chip-2026.08 and "
                       "chip-2026.09, each with /a2a3 or /a5",
                       layout != NULL ? layout : "");
  }
  snprintf(g.name, sizeof g.name, "%s", name != NULL ? name : "");
  return sluice_attach_open(socket_path, &g, session, error, error_bytes);
}

uint64_t sluice_attach_data_base(const sluice_attach *s) {
  return s->arena.device_base + s->arena.region_offset;
}

uint64_t sluice_attach_rotation_table(const sluice_attach *s) {
  return s->arena.device_base + s->arena.rotation_offset;
}

uint64_t sluice_attach_terminal_bank(const sluice_attach *s) {
  return s->terminal_bank;
}

uint64_t sluice_attach_region_base(const sluice_attach *s, uint32_t region) {
  const struct sluice_arena *arena = sluice_attach_arena(s);
  int is_granted = region < SLUICE_REGIONS && arena->region_sizes[region] != 0;
  return is_granted ? arena->device_base + arena->region_offsets[region] : 0;
}

uint64_t sluice_attach_pmu_rings(const sluice_attach *s) {
  struct sluice_layout layout;
  struct sluice_region_layout pmu;
  uint64_t base = sluice_attach_region_base(s, SLUICE_REGION_PMU);
  int has_rings = base != 0 && sluice_layout_init(&layout, &s->geometry) == NULL &&
                   sluice_region_init(&pmu, &layout, SLUICE_REGION_PMU) == 0 &&
                   pmu.ring_table_at != 0;
  return has_rings ? base + pmu.ring_table_at : 0;
}

uint32_t sluice_attach_placement(const sluice_attach *s) {
  return s->arena.placement;
}

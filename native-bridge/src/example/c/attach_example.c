/*
 * attach_example.c - the smallest runtime that hands its profiling memory to the Sluice daemon.
 *
 *   cc -std=c11 attach_example.c -I<include> -L<lib> -lsluice_attach -o attach_example
 *   ./attach_example /run/sluice/attach.sock
 */
#include <inttypes.h>
#include <stdio.h>

#include "sluice_attach.h"

int main(int argc, char **argv) {
  char error[256];
  /* What the device was built for; 0 buffers and 0 overrides mean "the daemon and the layout
   * decide". */
  struct sluice_geometry geometry = {
      .generation = SLUICE_CHIP_2026_09,
      .platform = SLUICE_A2A3,
      .level = 2,
      .num_cores = 24,
      .sched_threads = 3,
      .name = "attach_example",
  };

  sluice_attach *session;
  if (sluice_attach_open(argc > 1 ? argv[1] : NULL, &geometry, &session, error, sizeof error) !=
      SLUICE_OK) {
    fprintf(stderr, "attach_example: %s\n", error);
    return 1;
  }
  const struct sluice_arena *arena = sluice_attach_arena(session);

  /* On hardware: register arena->base with the device here and pass the device's address to start.
   */
  if (sluice_attach_start(session, 0, 0, error, sizeof error) != SLUICE_OK) {
    fprintf(stderr, "attach_example: %s\n", error);
    sluice_attach_abandon(session);
    return 1;
  }
  printf("session %u: data base %p, rotation table %p, terminal bank 0x%" PRIx64 ", %zu bytes\n",
         arena->session, (void *)arena->region, (void *)arena->rotation_table,
         sluice_attach_terminal_bank(session), arena->bytes);

  /* Launch the kernels with these three addresses, wait for the device, and only then end the
   * session. */

  struct sluice_books books;
  if (sluice_attach_detach(session, &books, error, sizeof error) != SLUICE_OK) {
    fprintf(stderr, "attach_example: %s\n", error);
    return 1;
  }
  for (int kind = 0; kind < SLUICE_KINDS; kind++) {
    printf("kind %d: produced %" PRIu64 ", collected %" PRIu64 ", dropped %" PRIu64
           ", unaccounted %" PRId64 "\n",
           kind, books.produced[kind], books.collected[kind], books.dropped[kind],
           books.unaccounted[kind]);
  }
  return 0;
}

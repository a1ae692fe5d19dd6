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

  /* A daemon that hangs costs a launch two seconds of profiling, not its job. */
  sluice_attach *session;
  if (sluice_attach_open_within(argc > 1 ? argv[1] : NULL, &geometry, 2000, &session, error,
                                sizeof error) != SLUICE_OK) {
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

  /* And a daemon that dies must not hang the device. */
  if (sluice_attach_guard_start(session, 200, error, sizeof error) != SLUICE_OK) {
    fprintf(stderr, "attach_example: %s\n", error);
  }

  /* Launch the kernels with these three addresses, wait for the device, and only then end the
   * session. */

  /* SLUICE_ERROR_GONE: no daemon is left to say what was collected; lost is what the guard counted. */
  struct sluice_books books;
  int code = sluice_attach_detach(session, &books, error, sizeof error);
  if (code != SLUICE_OK) {
    fprintf(stderr, "attach_example: %s\n", error);
  }
  for (int kind = 0; kind < SLUICE_KINDS; kind++) {
    printf("kind %d: produced %" PRIu64 ", collected %" PRIu64 ", dropped %" PRIu64
           ", unaccounted %" PRId64 ", lost %" PRIu64 "\n",
           kind, books.produced[kind], books.collected[kind], books.dropped[kind],
           books.unaccounted[kind], books.lost[kind]);
  }
  return code == SLUICE_OK ? 0 : 1;
}

/*
 * sink.h - the destination of records: none, a memory ring, or a file that write() overwrites in a
 * loop.
 */
#ifndef SLUICE_BASELINE_SINK_H
#define SLUICE_BASELINE_SINK_H

#include <stddef.h>
#include <stdint.h>

struct sink {
  const char *path; /* NULL = memory, or no sink if bytes is 0 */
  uint64_t bytes;   /* length of the memory or file, after which writing restarts at 0 */
  int fd;
  uint8_t *memory;
  uint64_t at;
  uint64_t written;
  int error; /* errno of the first failed write, which disables the sink */
};

/* Opens the sink and pre-faults its memory. Returns NULL, or why it failed. */
const char *sink_open(struct sink *s);

/* Writes fewer bytes than the sink's length. */
void sink_write(struct sink *s, const uint8_t *from, size_t bytes);

/* Reserves memory for the caller to write; memory sinks only. */
uint8_t *sink_reserve(struct sink *s, size_t bytes);

/* Returns the unused end of the last reservation. */
void sink_give_back(struct sink *s, size_t bytes);

void sink_close(struct sink *s);

#endif

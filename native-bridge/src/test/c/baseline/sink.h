/*
 * sink.h - where the records go: nowhere, into memory that is used over and over, or into a file
 * that is written over and over through write().
 */
#ifndef SLUICE_BASELINE_SINK_H
#define SLUICE_BASELINE_SINK_H

#include <stddef.h>
#include <stdint.h>

struct sink {
  const char *path; /* NULL = memory, or nothing if bytes is 0 */
  uint64_t bytes;   /* length of the memory or of the file; then it starts over */
  int fd;
  uint8_t *memory;
  uint64_t at;
  uint64_t written;
  int error; /* errno of the first write that failed; nothing is written from then on */
};

/* Touches the memory, so that no page is fresh. NULL, or why it cannot be opened. */
const char *sink_open(struct sink *s);

/* Takes some bytes; fewer than the sink is long. */
void sink_write(struct sink *s, const uint8_t *from, size_t bytes);

/* Room for that many bytes in memory, to be written by the caller; memory sinks only. */
uint8_t *sink_reserve(struct sink *s, size_t bytes);

/* The end of what was reserved last was not needed. */
void sink_give_back(struct sink *s, size_t bytes);

void sink_close(struct sink *s);

#endif

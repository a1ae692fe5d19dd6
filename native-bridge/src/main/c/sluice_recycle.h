/*
 * sluice_recycle.h - the smallest host side: gives full buffers back to the device unread.
 *
 * Used by the guard while the daemon is dead, and by the producer's self test, which has no daemon.
 * Whoever calls it is the host: it must be the only writer of queue heads, free-queue slots and
 * free-queue tails.
 */
#ifndef SLUICE_RECYCLE_H
#define SLUICE_RECYCLE_H

#include "sluice_attach.h"
#include "sluice_layout.h"

struct sluice_recycler {
  struct sluice_layout layout;
  uint8_t *region; /* the data header, in this process */
  /* A device address minus device_base is an arena offset; host_base + offset is ours. */
  uint64_t device_base;
  uint8_t *host_base;
  size_t arena_bytes;
  /* Arena offset of the first buffer and number of buffers, by kind; offset 0 = not known. */
  uint64_t buffer_at[SLUICE_KINDS];
  uint32_t buffers[SLUICE_KINDS];
  uint64_t lost_records[SLUICE_KINDS];
  uint64_t lost_buffers[SLUICE_KINDS];
};

/* Pops at most limit entries of one ready queue and pushes their buffers back. Returns the number
 * of entries popped. */
unsigned sluice_recycle_queue(struct sluice_recycler *r, unsigned queue, unsigned limit);

/* Pushes a buffer (device address) to a pool's free queue. 0, or -1 if the queue is full. */
int sluice_push_free(struct sluice_recycler *r, unsigned kind, unsigned instance, uint64_t buffer);

#endif

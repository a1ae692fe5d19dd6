/*
 * sluice_recycle.h - the smallest host side: gives full buffers back to the device unread.
 *
 * Used by the guard while the daemon is dead, and by the producer's self test, which has no daemon.
 * The caller is the host: it must be the only writer of queue heads, free-queue slots and free-queue
 * tails.
 */
#ifndef SLUICE_RECYCLE_H
#define SLUICE_RECYCLE_H

#include "sluice_attach.h"
#include "sluice_layout.h"
#include "sluice_region.h"

struct sluice_recycler {
  struct sluice_layout layout;
  uint8_t *region; /* the data header, in this process */
  /* A device address minus device_base is an arena offset; host_base + offset is ours. */
  uint64_t device_base;
  uint8_t *host_base;
  size_t arena_bytes;
  /* Arena offset of the first buffer and number of buffers, by kind; offset 0 = not known. */
  uint64_t buffer_at[SLUICE_ALL_KINDS];
  uint32_t buffers[SLUICE_ALL_KINDS];
  /* A bit for each buffer, kind by kind, set before it is lent; NULL where no other host comes back. */
  uint8_t *lent;
  uint32_t lent_max;
  uint64_t lost_records[SLUICE_ALL_KINDS];
  uint64_t lost_buffers[SLUICE_ALL_KINDS];
};

/* One ready queue entry as read; nothing of it is checked. */
struct sluice_entry {
  uint32_t kind;
  uint32_t instance;
  uint64_t buffer; /* device address */
  uint32_t seq;
};

/*
 * Reads the entry at the head of a queue whose tail was read with acquire. 0, or -1 if it is not
 * there yet: l2-2026.06 has no barrier between entry and tail. There a part of what is read may
 * also be of the lap before, which only a ledger can tell.
 */
int sluice_read_entry(const struct sluice_layout *layout, const uint8_t *at,
                      struct sluice_entry *entry);

/*
 * Steps over the entry at the head: clears it where the next lap must not take it for new (C10,
 * docs/abi.md), then lets the device have its place.
 */
void sluice_release_entry(const struct sluice_layout *layout, uint8_t *at, uint8_t *head_word,
                          uint32_t next_head);

/*
 * Steps over entries at the head without a pointer, up to the place until. A host of l2-2026.06 that
 * died between clearing an entry and releasing the head leaves such; until is a tail that was seen
 * so long ago that nothing before it can still be on its way. Returns how many.
 */
unsigned sluice_step_over_cleared(struct sluice_recycler *r, unsigned queue, uint32_t until);

/*
 * Prepares a buffer that the device does not have for its next life, and counts the records that are in
 * it as lost. Returns how many.
 */
uint32_t sluice_reset_buffer(struct sluice_recycler *r, unsigned kind, uint64_t buffer);

/* Releases the freezes that a dead host left open, which would park a lane for 30 s. */
void sluice_release_freezes(struct sluice_recycler *r);

/* Pops at most limit entries of one ready queue and pushes their buffers back. Returns the number
 * of entries popped. */
unsigned sluice_recycle_queue(struct sluice_recycler *r, unsigned queue, unsigned limit);

/*
 * The same of a ready queue of another region than the swimlane's. The buffers that a dead daemon had
 * taken stay with it: nothing there is rescued.
 */
unsigned sluice_recycle_region(struct sluice_recycler *r, const struct sluice_region_layout *region,
                               size_t region_offset, unsigned queue, unsigned limit);

/* Pushes a buffer (device address) to a pool's free queue. 0, or -1 if the queue is full. */
int sluice_push_free(struct sluice_recycler *r, unsigned kind, unsigned instance, uint64_t buffer);

#endif

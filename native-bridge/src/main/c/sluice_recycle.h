/*
 * sluice_recycle.h - the smallest host side: returns full buffers to the device unread.
 *
 * Used by the guard while the daemon is dead, and by the producer's self test, which has no daemon.
 * The caller acts as the host: it must be the only writer of queue heads, free-queue slots and
 * free-queue tails.
 */
#ifndef SLUICE_RECYCLE_H
#define SLUICE_RECYCLE_H

#include "sluice_attach.h"
#include "sluice_layout.h"
#include "sluice_region.h"

struct sluice_recycler {
  struct sluice_layout layout;
  uint8_t *region; /* the data header, in this process */
  /* A device address minus device_base is an arena offset; host_base + offset is local. */
  uint64_t device_base;
  uint8_t *host_base;
  size_t arena_bytes;
  /* Arena offset of the first buffer and number of buffers, by kind; offset 0 = unknown. */
  uint64_t buffer_at[SLUICE_ALL_KINDS];
  uint32_t buffers[SLUICE_ALL_KINDS];
  /* One bit per buffer, kind by kind, set before it is lent; NULL if no other host will come
   * back. */
  uint8_t *lent;
  uint32_t lent_max;
  uint64_t lost_records[SLUICE_ALL_KINDS];
  uint64_t lost_buffers[SLUICE_ALL_KINDS];
};

/* One ready queue entry as read, unchecked. */
struct sluice_entry {
  uint32_t kind;
  uint32_t instance;
  uint64_t buffer; /* device address */
  uint32_t seq;
};

/*
 * Reads the entry at the head of a queue whose tail was read with acquire. Returns 0, or -1 if the
 * entry is not visible yet: l2-2026.06 has no barrier between entry and tail. There, parts of the
 * entry may also be of the previous lap; only a ledger can detect that.
 */
int sluice_read_entry(const struct sluice_layout *layout, const uint8_t *at,
                      struct sluice_entry *entry);

/*
 * Steps over the entry at the head: clears it where the next lap must not mistake it for a new one
 * (abi.md, rule C10), then lets the device reuse its slot.
 */
void sluice_release_entry(const struct sluice_layout *layout, uint8_t *at, uint8_t *head_word,
                          uint32_t next_head);

/*
 * Steps over entries at the head without a pointer, up to index until. A host of l2-2026.06 that
 * died between clearing an entry and releasing the head leaves such entries. until is a tail that
 * was read long enough ago for every entry before it to be visible. Returns the number of entries.
 */
unsigned sluice_step_over_cleared(struct sluice_recycler *r, unsigned queue, uint32_t until);

/*
 * Resets a buffer that the device does not own for its next use, and counts the records in it as
 * lost. Returns their number.
 */
uint32_t sluice_reset_buffer(struct sluice_recycler *r, unsigned kind, uint64_t buffer);

/* Releases the freezes that a dead host left set; they would stall a lane for 30 s. */
void sluice_release_freezes(struct sluice_recycler *r);

/* Pops at most limit entries of one ready queue and pushes their buffers back. Returns the number
 * of entries popped. */
unsigned sluice_recycle_queue(struct sluice_recycler *r, unsigned queue, unsigned limit);

/*
 * The same for a ready queue of a region other than the swimlane. Buffers that the dead daemon had
 * taken are not rescued there.
 */
unsigned sluice_recycle_region(struct sluice_recycler *r, const struct sluice_region_layout *region,
                               size_t region_offset, unsigned queue, unsigned limit);

/* Pushes a buffer (device address) to a pool's free queue. 0, or -1 if the queue is full. */
int sluice_push_free(struct sluice_recycler *r, unsigned kind, unsigned instance, uint64_t buffer);

#endif

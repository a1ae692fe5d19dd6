/*
 * stress.h - one lane of the device and one host, on threads of their own or in turns, on every
 * word of the ready and free queues.
 *
 * The device's half is the synthetic producer's own code. The host's half is written here as the
 * daemon does it (a ledger, sequence numbers, the rule for entries that are not whole yet), with the
 * words of the client library. Both sides check what they are handed: content, owner, number.
 */
#ifndef SLUICE_STRESS_H
#define SLUICE_STRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "private_arena.h"

#define STRESS_POOLS 2
#define STRESS_MAX_BUFFERS 8
#define STRESS_RECORDS 8

/* What the host found when it looked at a queue. */
enum stress_look { STRESS_NOTHING, STRESS_TAKEN, STRESS_NOT_WHOLE };

struct stress_shape {
  uint16_t generation;
  uint32_t queue_entries;
  uint32_t slots;
  uint32_t buffers; /* per pool */
};

struct stress_pool {
  bool is_with_device[STRESS_MAX_BUFFERS];
  uint32_t push_index[STRESS_MAX_BUFFERS];
  uint32_t spare[STRESS_MAX_BUFFERS];
  uint32_t spares;
  uint32_t next_seq;
};

struct stress {
  struct stress_shape shape;
  uint64_t rounds; /* buffers that the device publishes */
  bool is_weak;    /* the words of an entry and its tail become visible in any order */
  bool keeps_old;  /* breaks rule C10: leaves the pointer of a consumed entry */

  struct options options;
  struct device device;
  struct sluice_recycler wire;
  struct private_arena plan;
  uint8_t *memory;
  _Atomic bool device_is_done;

  /* host */
  struct stress_pool pools[STRESS_POOLS];
  uint64_t taken;
  uint64_t not_whole;  /* looks at an entry that was not whole yet */
  uint64_t violations; /* entries that stay wrong: no generation with a barrier may have one */
  uint64_t torn;       /* buffers taken whose content is not that of the entry */
  bool is_frozen[2];   /* push, pop */
  /* Raised before its word is stored; the device compares. */
  uint64_t openings;
  uint64_t releases;

  /* device */
  bool is_held[STRESS_POOLS][STRESS_MAX_BUFFERS];
  uint64_t doubled;   /* buffers handed out that the device had already */
  uint64_t not_clean; /* buffers handed out before the host's writes to them were visible */
  uint64_t unseen;    /* waits that found neither the contended flag nor the freeze it led to */
  bool is_popping;
  uint64_t random;
};

/* Free-queue indices and sequence numbers start shortly before 2^32. */
struct stress *stress_new(struct stress_shape shape, uint64_t rounds);

void stress_free(struct stress *s);

/* One look at the ready queue. */
enum stress_look stress_host_look(struct stress *s);

/* Opens and releases freezes as the daemon's gate does, if this generation has them. */
void stress_host_gate(struct stress *s, bool has_worked);

/* Fills the current buffer of the pool of this round and publishes it; between_stores, if not NULL,
 * runs after each store of the entry. */
void stress_device_round(struct stress *s, uint64_t round,
                         void (*between_stores)(struct stress *s));

/* Both sides on threads, until every round is published and taken. */
void stress_run(struct stress *s);

/* Buffers that are not in exactly one place: current, in a slot, or spare. Both sides are at rest. */
unsigned stress_misplaced(const struct stress *s);

#endif

/*
 * stress.h - one lane of the device and one host, on two threads or interleaved on one, exercising
 * every word of the ready and free queues.
 *
 * The device's half is the synthetic producer's own code. The host's half repeats the daemon's
 * algorithm (a ledger, sequence numbers, the rule for incomplete entries) with the client library's
 * accessors. Both sides check what they receive: content, owner, sequence number.
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

/* Result of one poll of a queue by the host. */
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
  uint64_t rounds; /* buffers for the device to publish */
  bool is_weak;    /* the words of an entry and its tail become visible in any order */
  bool keeps_old;  /* breaks rule C10: does not clear the pointer of a consumed entry */

  struct options options;
  struct device device;
  struct sluice_recycler wire;
  struct private_arena plan;
  uint8_t *memory;
  _Atomic bool device_is_done;

  /* host */
  struct stress_pool pools[STRESS_POOLS];
  uint64_t taken;
  uint64_t not_whole;  /* polls of an entry that was incomplete */
  uint64_t violations; /* entries that stay wrong: impossible in generations with a barrier */
  uint64_t torn;       /* taken buffers whose content does not match the entry */
  bool is_frozen[2];   /* push, pop */
  /* Raised before its word is stored; compared by the device. */
  uint64_t openings;
  uint64_t releases;

  /* device */
  bool is_held[STRESS_POOLS][STRESS_MAX_BUFFERS];
  uint64_t doubled;   /* buffers handed out that the device already held */
  uint64_t not_clean; /* buffers handed out before the host's writes were visible */
  uint64_t unseen;    /* waits that saw neither the contended flag nor the freeze it caused */
  bool is_popping;
  uint64_t random;
};

/* Free-queue indices and sequence numbers start just below 2^32. */
struct stress *stress_new(struct stress_shape shape, uint64_t rounds);

void stress_free(struct stress *s);

/* Polls the ready queue once. */
enum stress_look stress_host_look(struct stress *s);

/* Opens and releases freezes like the daemon's gate, in generations that have them. */
void stress_host_gate(struct stress *s, bool has_worked);

/* Fills and publishes the current buffer of this round's pool; between_stores, if not NULL, runs
 * after each store of the entry. */
void stress_device_round(struct stress *s, uint64_t round,
                         void (*between_stores)(struct stress *s));

/* Runs both sides on threads until every round is published and taken. */
void stress_run(struct stress *s);

/*
 * Counts buffers that are not in exactly one place: current, in a slot, or spare. Call at rest
 * only.
 */
unsigned stress_misplaced(const struct stress *s);

#endif

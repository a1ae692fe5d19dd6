/*
 * faults.h - a device that misbehaves, a bounded number of times.
 *
 * Every fault is an extra action beside a correct run: the producer's own books stay true, so a
 * host that survives can be held to them. Where a fault changes what is true, its line says so.
 */
#ifndef SLUICE_FAULTS_H
#define SLUICE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct lane;
struct pool;

enum fault {
  FAULT_WRONG_KIND,
  FAULT_FOREIGN_POINTER,
  FAULT_MISALIGNED_POINTER,
  FAULT_REPEATED_POINTER,
  FAULT_NULL_POINTER,
  FAULT_BAD_CORE_INDEX,
  FAULT_BAD_KIND,
  FAULT_BAD_TAIL,
  FAULT_COUNT_OVERFLOW,
  FAULT_TORN_ENTRY,
  FAULT_SEQUENCE_GAP,
  FAULT_COUNTER_WRAP,
  FAULT_STALE_CONTENDED,
  FAULT_STALL,
  FAULT_ENTRY_COUNT,
  FAULT_WRONG_EPOCH,
  FAULT_SCHEMA_FLIP,
  FAULT_NO_TERMINAL,
  FAULT_KILL,
  FAULT_NO_FLUSH,
  FAULTS
};

struct fault_info {
  const char *name;
  const char *does; /* one line for --help */
};

extern const struct fault_info fault_infos[FAULTS];

/* State of the faults of one lane; only the first scheduler lane has any. */
struct faults {
  uint32_t enabled;
  uint64_t random;
  uint64_t publishes;
  uint64_t next_at[FAULTS]; /* publish number at which a fault fires next */
  uint32_t injected[FAULTS];
  uint64_t phantom;         /* counter-wrap: attempts invented so far */
  uint64_t next_phantom_ns; /* and when the next step is due */
};

void faults_init(struct faults *f, uint32_t enabled, uint64_t seed);

/*
 * Before the pool's buffer is published: may change its count word, the sequence number or the schema
 * word. Returns the record count for the entry.
 */
uint32_t faults_before_publish(struct lane *lane, struct pool *pool, uint8_t *buffer);

/* The run to name in the next entry. */
uint64_t faults_epoch(struct faults *faults, uint64_t epoch);

/* Whether the next producer does not write its line in the terminal bank. */
bool faults_forget_terminal(struct faults *faults);

/* Publishes the entry torn, tail first; false if this entry is to go the regular way. */
bool faults_publish_torn(struct lane *lane, struct pool *pool, uint8_t *buffer, uint32_t seq);

/* After an entry was published: may publish bogus ones. */
void faults_after_publish(struct lane *lane, struct pool *pool, uint8_t *buffer, uint32_t seq);

/* Between runs of tasks. Returns true while a fault still has work to do before the flush. */
bool faults_between_runs(struct lane *lane, uint64_t now_ns);

#endif

/*
 * faults.h - a device that misbehaves a bounded number of times.
 *
 * Each fault is an extra action in an otherwise correct run: the producer's own books stay true, so
 * a host that survives can be checked against them. A fault that changes the truth documents it in
 * its line.
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

/* State of a lane's faults; only the first scheduler lane has any. */
struct faults {
  uint32_t enabled;
  uint64_t random;
  uint64_t publishes;
  uint64_t next_at[FAULTS]; /* publish number at which a fault fires next */
  uint32_t injected[FAULTS];
  uint64_t phantom;         /* counter-wrap: attempts invented so far */
  uint64_t next_phantom_ns; /* when the next step is due */
};

void faults_init(struct faults *f, uint32_t enabled, uint64_t seed);

/*
 * Called before the pool's buffer is published. May change its count word, the sequence number or
 * the schema word. Returns the record count for the entry.
 */
uint32_t faults_before_publish(struct lane *lane, struct pool *pool, uint8_t *buffer);

/* The run epoch for the next entry. */
uint64_t faults_epoch(struct faults *faults, uint64_t epoch);

/* Whether the next producer skips its line in the terminal bank. */
bool faults_forget_terminal(struct faults *faults);

/* Publishes the entry torn, tail first. Returns false if this entry must go the regular way. */
bool faults_publish_torn(struct lane *lane, struct pool *pool, uint8_t *buffer, uint32_t seq);

/* Called after an entry was published. May publish bogus ones. */
void faults_after_publish(struct lane *lane, struct pool *pool, uint8_t *buffer, uint32_t seq);

/* Called between runs of tasks. Returns true while a fault still has work to do before the
 * flush. */
bool faults_between_runs(struct lane *lane, uint64_t now_ns);

#endif

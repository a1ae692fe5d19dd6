#ifndef SLUICE_COLUMNS_H
#define SLUICE_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Encodes and decodes the payload of a capture's record frames (docs/capture-format.md), for the
 * daemon only. The Java class JavaCodec is the reference: both write the same bytes, and a test
 * compares them.
 *
 * A codec belongs to one thread. Nothing here allocates or blocks; errors are as stated.
 */

#define SLUICE_COLUMNS_API __attribute__((visibility("default")))

/* A field of a record: bytes (1, 2, 4 or 8) at an offset that is a multiple of them. */
struct sluice_column {
  uint8_t offset;
  uint8_t bytes;
  uint8_t storage; /* 0 the value, 1 its difference to the previous record, 2 its difference to
                      column `base` */
  uint8_t base;
};

/* Task totals of one core. Written by the codec's thread, read by any. */
struct sluice_task_counts {
  uint64_t busy_ticks;
  uint64_t tasks;
  uint64_t impossible; /* ended before they started, or ran for more than 2^44 ticks */
};

#define SLUICE_FIRST 1 /* starts a payload */
#define SLUICE_LAST 2  /* closes it */

/* Bytes of a codec. The caller provides the memory, aligned to 8. */
SLUICE_COLUMNS_API int64_t sluice_columns_size(void);

/*
 * Prepares a codec for records of record_bytes, a multiple of 8. Returns 0, or -1 if the
 * description is invalid. `start`, `end` and `waited` are the columns for counting tasks, -1 each
 * if there are none; `end` is stored as its difference to `start`, `waited` as its value. Counting
 * also needs counts in the encoding call.
 */
SLUICE_COLUMNS_API int sluice_columns_init(void *codec, int record_bytes, const struct sluice_column *columns, int count,
                                           int start, int end, int waited);

/*
 * Encodes consecutive records, aligned to 8. Returns the end of the payload so far, which is
 * complete once SLUICE_LAST was passed. `into` matters with SLUICE_FIRST only; it must have room
 * for JavaCodec.maxBytes().
 *
 * `counts`, `durations` and `waits` are those of the core, or NULL; the latter two are histograms
 * in the buckets of LogLinearHistogram.
 */
SLUICE_COLUMNS_API void *sluice_columns_encode(void *codec, int flags, void *into, const void *records, int64_t count,
                                               struct sluice_task_counts *counts, uint64_t *durations,
                                               uint64_t *waits);

/* Decodes a whole payload into `records`, aligned to 8. Returns 0, or -1 if it is not a payload of
 * `count` records. */
SLUICE_COLUMNS_API int sluice_columns_decode(void *codec, const void *payload, int64_t bytes, int64_t count,
                                             void *records);

#endif

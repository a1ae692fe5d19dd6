#include "columns.h"

#include <string.h>

#define BLOCK 64
#define MAX_COLUMNS 32
#define MAX_WORDS 16
#define HEADER_BYTES 2
#define LONGEST_TICKS (INT64_C(1) << 44)
#define HISTOGRAM_STEP_BITS 3
#define EXACT_IN_FLOAT (1 << 24)
#define FLOAT_BUCKETS 192
#define PARTS 4

enum { PLAIN, DELTA, SINCE };
enum { COLUMNS, RAW };

#define INLINE static inline __attribute__((always_inline))

/* Loops over 64 values are what wide registers are for; the loader picks what this machine has. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define FOR_THIS_MACHINE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define FOR_THIS_MACHINE
#endif

/* Not into each place that calls it: the whole encoder in one function runs out of registers and is a tenth slower. */
#define SEPARATE FOR_THIS_MACHINE static __attribute__((noinline))

struct span {
  int64_t low, high;
};

/* Of the tasks of a payload, how many there were in each bucket of a histogram, in four parts. */
struct tally {
  int first, last, blocks;
  uint32_t count[PARTS][FLOAT_BUCKETS];
};

struct codec {
  int words;
  int columns;
  struct sluice_column column[MAX_COLUMNS];
  int end, waited;
  int has_tasks;
  /* The payload so far, and the records of a block that is not full. */
  uint8_t *at;
  int pending;
  int is_first;
  /* Of one block: its words, the values of each column, and the last value of the block before. */
  uint64_t block[MAX_WORDS][BLOCK];
  int64_t narrow[MAX_COLUMNS][BLOCK];
  const int64_t *values[MAX_COLUMNS];
  int64_t previous[MAX_COLUMNS];
  /* What is stored of each column of this block, and the durations of its tasks. */
  struct span span[MAX_COLUMNS];
  int64_t ticks[BLOCK];
  struct tally ran, waited_for;
};

INLINE void clear_tally(struct tally *tally) {
  memset(tally, 0, sizeof *tally);
  tally->first = FLOAT_BUCKETS;
  tally->last = -1;
}

int64_t sluice_columns_size(void) { return sizeof(struct codec); }

int sluice_columns_init(void *memory, int record_bytes, const struct sluice_column *columns, int count, int start,
                        int end, int waited) {
  struct codec *codec = memory;
  if (record_bytes <= 0 || record_bytes % 8 != 0 || record_bytes > 8 * MAX_WORDS || count < 0 || count > MAX_COLUMNS ||
      start >= count || end >= count || waited >= count) {
    return -1;
  }
  for (int c = 0; c < count; c++) {
    int bytes = columns[c].bytes;
    if ((bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) || columns[c].offset % bytes != 0 ||
        columns[c].offset + bytes > record_bytes || columns[c].storage > SINCE ||
        (columns[c].storage == SINCE && columns[c].base >= c)) {
      return -1;
    }
  }
  /* The spans and differences of these columns are what tasks are counted by. */
  if (start >= 0 && end >= 0 && waited >= 0 &&
      (columns[end].storage != SINCE || columns[end].base != start || columns[waited].storage != PLAIN)) {
    return -1;
  }
  memset(codec, 0, sizeof *codec);
  codec->words = record_bytes / 8;
  codec->columns = count;
  memcpy(codec->column, columns, (size_t)count * sizeof *columns);
  codec->end = end;
  codec->waited = waited;
  codec->has_tasks = start >= 0 && end >= 0 && waited >= 0;
  clear_tally(&codec->ran);
  clear_tally(&codec->waited_for);
  return 0;
}

/* All arithmetic is modulo 2^64. */
INLINE int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }

INLINE int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

INLINE int bits(uint64_t value) { return value == 0 ? 0 : 64 - __builtin_clzll(value); }

/* Bytes from which sign extension makes the same value; 0 for 0. */
INLINE int significant_bytes(int64_t value) { return value == 0 ? 0 : bits((uint64_t)(value ^ value >> 63)) / 8 + 1; }

INLINE size_t packed_bytes(int records, int width) { return ((size_t)records * (size_t)width + 7) / 8; }

/* ---- Encoding ----------------------------------------------------------------------------------------------------- */

/* Pairs of values become values of twice the width. */
INLINE void join(uint64_t *restrict to, const uint64_t *restrict from, int pairs, int width) {
  for (int i = 0; i < pairs; i++) {
    to[i] = from[2 * i] | from[2 * i + 1] << width;
  }
}

/* Packs 64 values, those behind the records being 0. */
INLINE void pack(uint8_t *at, const uint64_t *value, int records, int width) {
  uint64_t twos[BLOCK / 2], fours[BLOCK / 4], eights[BLOCK / 8];
  int joined = 0;
  if (width <= 32) {
    join(twos, value, BLOCK / 2, width);
    value = twos;
    joined = 1;
  }
  if (width <= 16) {
    join(fours, twos, BLOCK / 4, 2 * width);
    value = fours;
    joined = 2;
  }
  if (width <= 8) {
    join(eights, fours, BLOCK / 8, 4 * width);
    value = eights;
    joined = 3;
  }
  width <<= joined;
  int count = (records + (1 << joined) - 1) >> joined;
  uint64_t word = 0;
  int used = 0;
  for (int i = 0; i < count; i++) {
    word |= value[i] << used;
    used += width;
    if (used >= 64) {
      memcpy(at, &word, 8);
      at += 8;
      used -= 64;
      word = used == 0 ? 0 : value[i] >> (width - used);
    }
  }
  if (used > 0) {
    memcpy(at, &word, 8);
  }
}

SEPARATE uint8_t *put_column(struct span *span, uint8_t *at, const int64_t *value, int records) {
  int64_t low = value[0];
  int64_t high = value[0];
  for (int i = 0; i < records; i++) {
    low = value[i] < low ? value[i] : low;
    high = value[i] > high ? value[i] : high;
  }
  *span = (struct span){low, high};
  int width = bits((uint64_t)minus(high, low));
  int length = significant_bytes(low);
  at[0] = (uint8_t)width;
  at[1] = (uint8_t)length;
  memcpy(at + HEADER_BYTES, &low, 8);
  at += HEADER_BYTES + length;
  if (width == 0) {
    return at;
  }
  uint64_t rest[BLOCK];
  for (int i = 0; i < records; i++) {
    rest[i] = (uint64_t)minus(value[i], low);
  }
  for (int i = records; i < BLOCK; i++) {
    rest[i] = 0;
  }
  pack(at, rest, records, width);
  return at + packed_bytes(records, width);
}

INLINE const int64_t *load(struct codec *codec, int c, int records) {
  const struct sluice_column *column = &codec->column[c];
  const uint64_t *word = codec->block[column->offset / 8];
  int shift = 8 * (column->offset % 8);
  int64_t *value = codec->narrow[c];
  switch (column->bytes) {
    case 8:
      return (const int64_t *)word;
    case 4:
      for (int i = 0; i < records; i++) {
        value[i] = (int32_t)(word[i] >> shift);
      }
      return value;
    case 2:
      for (int i = 0; i < records; i++) {
        value[i] = (int16_t)(word[i] >> shift);
      }
      return value;
    default:
      for (int i = 0; i < records; i++) {
        value[i] = (int8_t)(word[i] >> shift);
      }
      return value;
  }
}

INLINE uint8_t *encode_column(struct codec *codec, int c, int records, uint8_t *at) {
  const int64_t *value = load(codec, c, records);
  codec->values[c] = value;
  int64_t other[BLOCK];
  switch (codec->column[c].storage) {
    case DELTA: {
      int64_t before = codec->previous[c];
      if (codec->is_first) {
        /* As if the record before the first had been as far away as the second. */
        before = minus(plus(value[0], value[0]), value[records > 1 ? 1 : 0]);
        memcpy(at, &before, 8);
        at += 8;
      }
      int64_t *stored = other;
      stored[0] = minus(value[0], before);
      for (int i = 1; i < records; i++) {
        stored[i] = minus(value[i], value[i - 1]);
      }
      codec->previous[c] = value[records - 1];
      return put_column(&codec->span[c], at, stored, records);
    }
    case SINCE: {
      const int64_t *since = codec->values[codec->column[c].base];
      int64_t *stored = c == codec->end ? codec->ticks : other;
      for (int i = 0; i < records; i++) {
        stored[i] = minus(value[i], since[i]);
      }
      return put_column(&codec->span[c], at, stored, records);
    }
    default:
      return put_column(&codec->span[c], at, value, records);
  }
}

/*
 * The bucket of a value of up to 2^51: itself below 8, else the exponent and three more bits, which is what the upper
 * bits of a double are.
 */
INLINE int64_t bucket(int64_t value) {
  const uint64_t two_to_52 = UINT64_C(0x4330000000000000);
  union {
    uint64_t bits;
    double number;
  } exact = {.bits = two_to_52 | (uint64_t)value}, base = {.bits = two_to_52};
  exact.number -= base.number;
  int64_t upper = (int64_t)(exact.bits >> (52 - HISTOGRAM_STEP_BITS));
  return value < 1 << HISTOGRAM_STEP_BITS
             ? value
             : upper - ((1023 + HISTOGRAM_STEP_BITS - 1) << HISTOGRAM_STEP_BITS);
}

INLINE void add(uint64_t *counter, uint64_t delta) {
  __atomic_store_n(counter, *counter + delta, __ATOMIC_RELAXED);
}

/* The buckets of values below 2^24, which a float holds exactly; in loops that the compiler can make wide. */
INLINE void find_buckets(uint8_t *restrict at, const int64_t *restrict value, int records) {
  int32_t small[BLOCK];
  float exact[BLOCK];
  int32_t upper[BLOCK];
  for (int i = 0; i < records; i++) {
    small[i] = (int32_t)value[i];
  }
  for (int i = 0; i < records; i++) {
    exact[i] = (float)small[i];
  }
  memcpy(upper, exact, (size_t)records * sizeof upper[0]);
  for (int i = 0; i < records; i++) {
    upper[i] = (upper[i] >> (23 - HISTOGRAM_STEP_BITS)) - ((127 + HISTOGRAM_STEP_BITS - 1) << HISTOGRAM_STEP_BITS);
  }
  for (int i = 0; i < records; i++) {
    at[i] = (uint8_t)(small[i] < 1 << HISTOGRAM_STEP_BITS ? small[i] : upper[i]);
  }
}

/*
 * Neighbours often share a bucket, and a counter that is incremented at each step makes each step wait for the one
 * before: so they take turns by four.
 */
INLINE void count_values(struct tally *tally, const int64_t *value, int records, struct span span) {
  int first = (int)bucket(span.low);
  int last = (int)bucket(span.high);
  tally->first = first < tally->first ? first : tally->first;
  tally->last = last > tally->last ? last : tally->last;
  tally->blocks++;
  if (first == last) {
    tally->count[0][first] += (uint32_t)records;
    return;
  }
  uint8_t at[BLOCK];
  find_buckets(at, value, records);
  int i = 0;
  for (; i + PARTS <= records; i += PARTS) {
    tally->count[0][at[i]]++;
    tally->count[1][at[i + 1]]++;
    tally->count[2][at[i + 2]]++;
    tally->count[3][at[i + 3]]++;
  }
  for (; i < records; i++) {
    tally->count[0][at[i]]++;
  }
}

/* Adds what was counted since the last time. */
INLINE void add_tally(struct tally *tally, uint64_t *histogram) {
  for (int b = tally->first; b <= tally->last; b++) {
    add(&histogram[b], (uint64_t)tally->count[0][b] + tally->count[1][b] + tally->count[2][b] + tally->count[3][b]);
    tally->count[0][b] = tally->count[1][b] = tally->count[2][b] = tally->count[3][b] = 0;
  }
  tally->first = FLOAT_BUCKETS;
  tally->last = -1;
  tally->blocks = 0;
}

/* Counts tasks of which some are impossible; rare, and so not fast. */
INLINE void count_some(struct codec *codec, int records, struct sluice_task_counts *counts, uint64_t *durations,
                       uint64_t *waits) {
  uint64_t busy = 0;
  uint64_t possible = 0;
  for (int i = 0; i < records; i++) {
    int64_t ticks = codec->ticks[i];
    if (ticks >= 0 && ticks <= LONGEST_TICKS) {
      busy += (uint64_t)ticks;
      possible++;
      add(&durations[bucket(ticks)], 1);
      add(&waits[bucket((uint32_t)codec->values[codec->waited][i])], 1);
    }
  }
  add(&counts->busy_ticks, busy);
  add(&counts->tasks, possible);
  add(&counts->impossible, (uint64_t)records - possible);
}

/* What the encoder found out about the columns is not found out again. */
SEPARATE void count_tasks(struct codec *codec, int records, struct sluice_task_counts *counts, uint64_t *durations,
                          uint64_t *waits) {
  struct span ran = codec->span[codec->end];
  struct span waited = codec->span[codec->waited];
  if (ran.low < 0 || ran.high >= EXACT_IN_FLOAT || waited.low < 0 || waited.high >= EXACT_IN_FLOAT) {
    count_some(codec, records, counts, durations, waits);
    return;
  }
  uint64_t busy = 0;
  for (int i = 0; i < records; i++) {
    busy += (uint64_t)codec->ticks[i];
  }
  add(&counts->busy_ticks, busy);
  add(&counts->tasks, (uint64_t)records);
  count_values(&codec->ran, codec->ticks, records, ran);
  count_values(&codec->waited_for, codec->values[codec->waited], records, waited);
}

INLINE void encode_block(struct codec *codec, int records) {
  uint8_t *start = codec->at;
  uint8_t *at = start;
  *at++ = COLUMNS;
  for (int c = 0; c < codec->columns; c++) {
    at = encode_column(codec, c, records, at);
  }
  size_t raw_bytes = (size_t)records * (size_t)codec->words * 8;
  codec->is_first = (size_t)(at - start) > 1 + raw_bytes;
  if (codec->is_first) {
    at = start;
    *at++ = RAW;
    for (int i = 0; i < records; i++) {
      for (int w = 0; w < codec->words; w++, at += 8) {
        memcpy(at, &codec->block[w][i], 8);
      }
    }
  }
  codec->at = at;
}

/* Reads each word once, since a device may write to a buffer that it gave away. */
INLINE void take(struct codec *codec, int at, const uint64_t *record, int records, int words) {
  for (int i = 0; i < records; i++) {
    for (int w = 0; w < words; w++) {
      codec->block[w][at + i] = record[(size_t)i * (size_t)words + (size_t)w];
    }
  }
}

FOR_THIS_MACHINE
void *sluice_columns_encode(void *memory, int flags, void *into, const void *records, int64_t count,
                            struct sluice_task_counts *counts, uint64_t *durations, uint64_t *waits) {
  struct codec *codec = memory;
  counts = codec->has_tasks ? counts : NULL;
  if (flags & SLUICE_FIRST) {
    codec->at = into;
    codec->pending = 0;
    codec->is_first = 1;
    if (codec->ran.blocks != 0) {
      clear_tally(&codec->ran);
      clear_tally(&codec->waited_for);
    }
  }
  const uint64_t *record = records;
  int words = codec->words;
  while (count > 0) {
    int taken = BLOCK - codec->pending;
    taken = count < taken ? (int)count : taken;
    if (words == 4) {
      take(codec, codec->pending, record, taken, 4);
    } else {
      take(codec, codec->pending, record, taken, words);
    }
    codec->pending += taken;
    record += (size_t)taken * (size_t)words;
    count -= taken;
    /* The next block comes from another processor's cache while this one is encoded. */
    for (int line = 0; line < words * BLOCK / 8 && line * 8 < count * words; line++) {
      __builtin_prefetch(record + (size_t)line * 8);
    }
    if (codec->pending == BLOCK) {
      codec->pending = 0;
      encode_block(codec, BLOCK);
      if (counts != NULL) {
        count_tasks(codec, BLOCK, counts, durations, waits);
      }
    }
  }
  if ((flags & SLUICE_LAST) && codec->pending > 0) {
    int rest = codec->pending;
    codec->pending = 0;
    encode_block(codec, rest);
    if (counts != NULL) {
      count_tasks(codec, rest, counts, durations, waits);
    }
  }
  if ((flags & SLUICE_LAST) && counts != NULL) {
    add_tally(&codec->ran, durations);
    add_tally(&codec->waited_for, waits);
  }
  return codec->at;
}

/* ---- Decoding ----------------------------------------------------------------------------------------------------- */

struct input {
  const uint8_t *at;
  const uint8_t *end;
};

INLINE uint64_t peek(const uint8_t *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

/* What is stored of one column. */
INLINE int unpack(struct input *in, int64_t *stored, int records) {
  if (in->end - in->at < HEADER_BYTES) {
    return -1;
  }
  int width = in->at[0];
  int length = in->at[1];
  if (width > 64 || length > 8 ||
      (size_t)(in->end - in->at) < HEADER_BYTES + (size_t)length + packed_bytes(records, width)) {
    return -1;
  }
  in->at += HEADER_BYTES;
  int64_t low = 0;
  memcpy(&low, in->at, (size_t)length);
  int unused = 64 - 8 * length;
  low = length == 0 ? 0 : (int64_t)((uint64_t)low << unused) >> unused;
  in->at += length;
  if (width == 0) {
    for (int i = 0; i < records; i++) {
      stored[i] = low;
    }
    return 0;
  }
  /* A value is read as a word from its first byte on: up to 8 bytes behind the last. */
  uint8_t padded[BLOCK * 8 + 16];
  size_t bytes = packed_bytes(records, width);
  const uint8_t *from = in->at;
  if ((size_t)(in->end - from) < bytes + 16) {
    memcpy(padded, from, bytes);
    memset(padded + bytes, 0, 16);
    from = padded;
  }
  in->at += bytes;
  uint64_t mask = ~UINT64_C(0) >> (64 - width);
  if (width <= 56) {
    for (int i = 0; i < records; i++) {
      unsigned bit = (unsigned)(i * width);
      stored[i] = plus(low, (int64_t)(peek(from + bit / 8) >> bit % 8 & mask));
    }
  } else {
    for (int i = 0; i < records; i++) {
      unsigned bit = (unsigned)(i * width);
      uint64_t word = peek(from + bit / 8) >> bit % 8;
      if (bit % 8 != 0) {
        word |= (uint64_t)from[bit / 8 + 8] << (64 - bit % 8);
      }
      stored[i] = plus(low, (int64_t)(word & mask));
    }
  }
  return 0;
}

INLINE int decode_columns(struct codec *codec, struct input *in, int records) {
  memset(codec->block, 0, sizeof codec->block[0] * (size_t)codec->words);
  for (int c = 0; c < codec->columns; c++) {
    const struct sluice_column *column = &codec->column[c];
    if (codec->is_first && column->storage == DELTA) {
      if (in->end - in->at < 8) {
        return -1;
      }
      codec->previous[c] = (int64_t)peek(in->at);
      in->at += 8;
    }
    int64_t *value = codec->narrow[c];
    if (unpack(in, value, records) != 0) {
      return -1;
    }
    if (column->storage == DELTA) {
      int64_t sum = codec->previous[c];
      for (int i = 0; i < records; i++) {
        sum = plus(sum, value[i]);
        value[i] = sum;
      }
      codec->previous[c] = sum;
    } else if (column->storage == SINCE) {
      const int64_t *since = codec->narrow[column->base];
      for (int i = 0; i < records; i++) {
        value[i] = plus(value[i], since[i]);
      }
    }
    uint64_t *word = codec->block[column->offset / 8];
    int shift = 8 * (column->offset % 8);
    uint64_t mask = ~UINT64_C(0) >> (64 - 8 * column->bytes);
    for (int i = 0; i < records; i++) {
      word[i] |= ((uint64_t)value[i] & mask) << shift;
    }
  }
  return 0;
}

FOR_THIS_MACHINE
int sluice_columns_decode(void *memory, const void *payload, int64_t bytes, int64_t count, void *records) {
  struct codec *codec = memory;
  struct input in = {payload, (const uint8_t *)payload + bytes};
  uint64_t *record = records;
  int words = codec->words;
  codec->is_first = 1;
  while (count > 0) {
    int n = count < BLOCK ? (int)count : BLOCK;
    if (in.at == in.end) {
      return -1;
    }
    int form = *in.at++;
    if (form == COLUMNS) {
      if (decode_columns(codec, &in, n) != 0) {
        return -1;
      }
      for (int i = 0; i < n; i++) {
        for (int w = 0; w < words; w++) {
          record[(size_t)i * (size_t)words + (size_t)w] = codec->block[w][i];
        }
      }
    } else {
      size_t raw_bytes = (size_t)n * (size_t)words * 8;
      if (form != RAW || (size_t)(in.end - in.at) < raw_bytes) {
        return -1;
      }
      memcpy(record, in.at, raw_bytes);
      in.at += raw_bytes;
    }
    codec->is_first = form == RAW;
    record += (size_t)n * (size_t)words;
    count -= n;
  }
  return in.at == in.end ? 0 : -1;
}

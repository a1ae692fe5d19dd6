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

/* Loops over 64 values profit from wide registers; the loader picks the variant for this
 * machine. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define FOR_THIS_MACHINE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define FOR_THIS_MACHINE
#endif

/* Keeps these functions out of line: one function for the whole encoder spills registers and is 10
 * % slower. */
#define SEPARATE FOR_THIS_MACHINE static __attribute__((noinline))

struct span {
  int64_t low, high;
};

/* Histogram of the tasks of a payload: counts per bucket, in four parts. */
struct tally {
  int first, last, blocks;
  uint32_t count[PARTS][FLOAT_BUCKETS];
};

struct codec {
  int words;
  int columns;
  struct sluice_column column[MAX_COLUMNS];
  int start, end, waited;
  int has_tasks;
  /* End of the payload so far, and the number of records in the incomplete block. */
  uint8_t *at;
  int pending;
  int is_first;
  /* One block: its words, the values of columns narrower than 8 bytes, and each column's last value
   * before the block. */
  uint64_t block[MAX_WORDS][BLOCK];
  int32_t small[MAX_COLUMNS][BLOCK];
  int64_t previous[MAX_COLUMNS];
  /* Range of the stored values of each column of this block, and the durations of its tasks. */
  struct span span[MAX_COLUMNS];
  int32_t ticks[BLOCK];
  struct tally ran, waited_for;
  /* Decoding only: the values of each column. */
  int64_t decoded[MAX_COLUMNS][BLOCK];
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
        (columns[c].storage == SINCE &&
         (columns[c].base >= c || (columns[columns[c].base].bytes == 8) != (bytes == 8)))) {
      return -1;
    }
  }
  /* Task counting relies on the ranges and differences of these columns. */
  if (start >= 0 && end >= 0 && waited >= 0 &&
      (columns[end].storage != SINCE || columns[end].base != start || columns[end].bytes != 8 ||
       columns[waited].storage != PLAIN || columns[waited].bytes != 4)) {
    return -1;
  }
  memset(codec, 0, sizeof *codec);
  codec->words = record_bytes / 8;
  codec->columns = count;
  memcpy(codec->column, columns, (size_t)count * sizeof *columns);
  codec->start = start;
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

/* Bytes from which sign extension restores the value; 0 for 0. */
INLINE int significant_bytes(int64_t value) { return value == 0 ? 0 : bits((uint64_t)(value ^ value >> 63)) / 8 + 1; }

INLINE size_t packed_bytes(int records, int width) { return ((size_t)records * (size_t)width + 7) / 8; }

/* ---- Encoding ----------------------------------------------------------------------------------------------------- */

/* Appends values of `width` bits each. */
INLINE void put_bits(uint8_t *at, const uint64_t *value, int count, int width) {
  uint64_t word = 0;
  int used = 0;
  for (int i = 0; i < count; i++) {
    word |= value[i] << used;
    memcpy(at, &word, 8);
    used += width;
    int is_full = used >= 64;
    used &= 63;
    uint64_t rest = value[i] >> 1 >> ((width - used - 1) & 63);
    word = is_full ? rest : word;
    at += is_full ? 8 : 0;
  }
  if (used > 0) {
    memcpy(at, &word, 8);
  }
}

/*
 * Packs 64 values; those after the records must be 0. Merges neighbours in a register lane into a
 * value of twice the width until a lane of 64 bits is full.
 */
INLINE void pack(uint8_t *at, const uint32_t *value, int records, int width) {
  uint64_t lane[BLOCK / 2];
  if (width <= 16) {
    uint16_t narrow[BLOCK];
    uint32_t pair[BLOCK / 2];
    for (int i = 0; i < BLOCK; i++) {
      narrow[i] = (uint16_t)value[i];
    }
    memcpy(pair, narrow, sizeof pair);
    for (int i = 0; i < BLOCK / 2; i++) {
      pair[i] = (pair[i] & 0xffff) | pair[i] >> 16 << width;
    }
    memcpy(lane, pair, sizeof pair);
    for (int i = 0; i < BLOCK / 4; i++) {
      lane[i] = (lane[i] & 0xffffffff) | lane[i] >> 32 << 2 * width;
    }
    if (width <= 8) {
      uint64_t eight[BLOCK / 8];
      for (int i = 0; i < BLOCK / 8; i++) {
        eight[i] = lane[2 * i] | lane[2 * i + 1] << 4 * width;
      }
      put_bits(at, eight, (records + 7) / 8, 8 * width);
    } else {
      put_bits(at, lane, (records + 3) / 4, 4 * width);
    }
  } else {
    memcpy(lane, value, sizeof lane);
    for (int i = 0; i < BLOCK / 2; i++) {
      lane[i] = (lane[i] & 0xffffffff) | lane[i] >> 32 << width;
    }
    put_bits(at, lane, (records + 1) / 2, 2 * width);
  }
}

/* The width of a column's entries in bits, and its smallest value. */
INLINE uint8_t *put_header(uint8_t *at, int width, int64_t low) {
  int length = significant_bytes(low);
  at[0] = (uint8_t)width;
  at[1] = (uint8_t)length;
  memcpy(at + HEADER_BYTES, &low, 8);
  return at + HEADER_BYTES + length;
}

/* The stored values of a column, 64 of them; those after the records may be anything. */
SEPARATE uint8_t *put_small(struct span *span, uint8_t *at, int32_t *value, int records) {
  for (int i = records; i < BLOCK; i++) {
    value[i] = value[0];
  }
  int32_t low = value[0];
  int32_t high = value[0];
  for (int i = 0; i < BLOCK; i++) {
    low = value[i] < low ? value[i] : low;
    high = value[i] > high ? value[i] : high;
  }
  *span = (struct span){low, high};
  int width = bits((uint64_t)((int64_t)high - low));
  at = put_header(at, width, low);
  if (width == 0) {
    return at;
  }
  uint32_t rest[BLOCK];
  for (int i = 0; i < BLOCK; i++) {
    rest[i] = (uint32_t)value[i] - (uint32_t)low;
  }
  for (int i = records; i < BLOCK; i++) {
    rest[i] = 0;
  }
  pack(at, rest, records, width);
  return at + packed_bytes(records, width);
}

/* The same for a column whose stored values exceed 32 bits. */
SEPARATE uint8_t *put_large(struct span *span, uint8_t *at, const int64_t *value, int records) {
  int64_t low = value[0];
  int64_t high = value[0];
  for (int i = 0; i < records; i++) {
    low = value[i] < low ? value[i] : low;
    high = value[i] > high ? value[i] : high;
  }
  *span = (struct span){low, high};
  int width = bits((uint64_t)minus(high, low));
  at = put_header(at, width, low);
  if (width > 0) {
    uint64_t rest[BLOCK];
    for (int i = 0; i < records; i++) {
      rest[i] = (uint64_t)minus(value[i], low);
    }
    put_bits(at, rest, records, width);
  }
  return at + packed_bytes(records, width);
}

/* A column of 8 bytes. Most stored values fit in 32 bits, which halves the work. */
INLINE uint8_t *encode_large(struct codec *codec, int c, int records, uint8_t *at) {
  const struct sluice_column *column = &codec->column[c];
  const int64_t *value = (const int64_t *)codec->block[column->offset / 8];
  int64_t other[BLOCK];
  const int64_t *stored = value;
  if (column->storage == DELTA) {
    int64_t before = codec->previous[c];
    if (codec->is_first) {
      /* As if the record before the first were as far away as the second. */
      before = minus(plus(value[0], value[0]), value[records > 1 ? 1 : 0]);
      memcpy(at, &before, 8);
      at += 8;
    }
    other[0] = minus(value[0], before);
    for (int i = 1; i < BLOCK; i++) {
      other[i] = minus(value[i], value[i - 1]);
    }
    codec->previous[c] = value[records - 1];
    stored = other;
  } else if (column->storage == SINCE) {
    const int64_t *since = (const int64_t *)codec->block[codec->column[column->base].offset / 8];
    for (int i = 0; i < BLOCK; i++) {
      other[i] = minus(value[i], since[i]);
    }
    stored = other;
  }
  int32_t brief[BLOCK];
  int32_t *small = c == codec->end ? codec->ticks : brief;
  uint64_t seen = 0;
  for (int i = 0; i < records; i++) {
    seen |= (uint64_t)stored[i] + (UINT64_C(1) << 31);
  }
  if (seen >> 32 != 0) {
    return put_large(&codec->span[c], at, stored, records);
  }
  for (int i = 0; i < BLOCK; i++) {
    small[i] = (int32_t)stored[i];
  }
  return put_small(&codec->span[c], at, small, records);
}

/* A column of less than 8 bytes, in arithmetic modulo 2^32. */
INLINE uint8_t *encode_small(struct codec *codec, int c, int records, uint8_t *at) {
  const struct sluice_column *column = &codec->column[c];
  const uint64_t *word = codec->block[column->offset / 8];
  int shift = 8 * (column->offset % 8);
  int32_t *value = codec->small[c];
  if (column->bytes == 4) {
    for (int i = 0; i < BLOCK; i++) {
      value[i] = (int32_t)(word[i] >> shift);
    }
  } else {
    int unused = 32 - 8 * column->bytes;
    for (int i = 0; i < BLOCK; i++) {
      value[i] = (int32_t)((uint32_t)(word[i] >> shift) << unused) >> unused;
    }
  }
  int32_t other[BLOCK];
  if (column->storage == DELTA) {
    int64_t before = codec->previous[c];
    if (codec->is_first) {
      before = 2 * (int64_t)value[0] - value[records > 1 ? 1 : 0];
      memcpy(at, &before, 8);
      at += 8;
    }
    other[0] = (int32_t)((uint32_t)value[0] - (uint32_t)before);
    for (int i = 1; i < BLOCK; i++) {
      other[i] = (int32_t)((uint32_t)value[i] - (uint32_t)value[i - 1]);
    }
    codec->previous[c] = value[records - 1];
    value = other;
  } else if (column->storage == SINCE) {
    const int32_t *since = codec->small[column->base];
    for (int i = 0; i < BLOCK; i++) {
      other[i] = (int32_t)((uint32_t)value[i] - (uint32_t)since[i]);
    }
    value = other;
  }
  return put_small(&codec->span[c], at, value, records);
}

/*
 * The bucket of a value of up to 2^51: the value itself below 8, otherwise the exponent and three
 * more bits, i.e. the upper bits of a double.
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

/* The buckets of values below 2^24, which a float represents exactly; in loops that the compiler
 * can vectorise. */
INLINE void find_buckets(uint8_t *restrict at, const int32_t *restrict value) {
  float exact[BLOCK];
  int32_t upper[BLOCK];
  for (int i = 0; i < BLOCK; i++) {
    exact[i] = (float)value[i];
  }
  memcpy(upper, exact, sizeof upper);
  for (int i = 0; i < BLOCK; i++) {
    upper[i] = (upper[i] >> (23 - HISTOGRAM_STEP_BITS)) - ((127 + HISTOGRAM_STEP_BITS - 1) << HISTOGRAM_STEP_BITS);
    upper[i] = value[i] < 1 << HISTOGRAM_STEP_BITS ? value[i] : upper[i];
  }
  for (int i = 0; i < BLOCK; i++) {
    at[i] = (uint8_t)upper[i];
  }
}

/*
 * Neighbours often share a bucket, and consecutive increments of one counter depend on each other,
 * so they rotate over four counters. Buckets are read eight at a time: byte loads would wait for
 * the store of all of them.
 */
INLINE void count_values(struct tally *tally, const int32_t *value, int records, struct span span) {
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
  find_buckets(at, value);
  int i = 0;
  for (; i + 8 <= records; i += 8) {
    uint64_t eight;
    memcpy(&eight, at + i, 8);
    for (int part = 0; part < PARTS; part++) {
      tally->count[part][eight >> 8 * part & 255]++;
    }
    for (int part = 0; part < PARTS; part++) {
      tally->count[part][eight >> (32 + 8 * part) & 255]++;
    }
  }
  for (; i < records; i++) {
    tally->count[0][at[i]]++;
  }
}

/* Adds the counts since the last call. */
INLINE void add_tally(struct tally *tally, uint64_t *histogram) {
  for (int b = tally->first; b <= tally->last; b++) {
    add(&histogram[b], (uint64_t)tally->count[0][b] + tally->count[1][b] + tally->count[2][b] + tally->count[3][b]);
    tally->count[0][b] = tally->count[1][b] = tally->count[2][b] = tally->count[3][b] = 0;
  }
  tally->first = FLOAT_BUCKETS;
  tally->last = -1;
  tally->blocks = 0;
}

/* Counts a block that contains impossible tasks. Rare, so not optimised. */
INLINE void count_some(struct codec *codec, int records, struct sluice_task_counts *counts, uint64_t *durations,
                       uint64_t *waits) {
  const int64_t *starts = (const int64_t *)codec->block[codec->column[codec->start].offset / 8];
  const int64_t *ends = (const int64_t *)codec->block[codec->column[codec->end].offset / 8];
  uint64_t busy = 0;
  uint64_t possible = 0;
  for (int i = 0; i < records; i++) {
    int64_t ticks = minus(ends[i], starts[i]);
    if (ticks >= 0 && ticks <= LONGEST_TICKS) {
      busy += (uint64_t)ticks;
      possible++;
      add(&durations[bucket(ticks)], 1);
      add(&waits[bucket((uint32_t)codec->small[codec->waited][i])], 1);
    }
  }
  add(&counts->busy_ticks, busy);
  add(&counts->tasks, possible);
  add(&counts->impossible, (uint64_t)records - possible);
}

/* Reuses what the encoder has computed for the columns. */
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
  count_values(&codec->waited_for, codec->small[codec->waited], records, waited);
}

INLINE void encode_block(struct codec *codec, int records) {
  uint8_t *start = codec->at;
  uint8_t *at = start;
  *at++ = COLUMNS;
  for (int c = 0; c < codec->columns; c++) {
    at = codec->column[c].bytes == 8 ? encode_large(codec, c, records, at) : encode_small(codec, c, records, at);
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

/* Reads each word once: a device may still write to a buffer that it has published. */
INLINE void take(struct codec *codec, int at, const uint64_t *record, int records, int words) {
  for (int i = 0; i < records; i++) {
    for (int w = 0; w < words; w++) {
      codec->block[w][at + i] = record[(size_t)i * (size_t)words + (size_t)w];
    }
  }
}

typedef uint64_t two __attribute__((vector_size(16)));

/* The same for a whole block, in squares of two words, for which every machine has instructions. */
INLINE void take_block(struct codec *codec, const uint64_t *record, int words) {
  for (int i = 0; i < BLOCK; i += 2) {
    for (int w = 0; w < words; w += 2) {
      two first, second;
      memcpy(&first, record + i * words + w, sizeof first);
      memcpy(&second, record + (i + 1) * words + w, sizeof second);
      two left = {first[0], second[0]}, right = {first[1], second[1]};
      memcpy(&codec->block[w][i], &left, sizeof left);
      memcpy(&codec->block[w + 1][i], &right, sizeof right);
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
    if (words == 4 && taken == BLOCK) {
      take_block(codec, record, 4);
    } else if (words == 8 && taken == BLOCK) {
      take_block(codec, record, 8);
    } else {
      take(codec, codec->pending, record, taken, words);
    }
    codec->pending += taken;
    record += (size_t)taken * (size_t)words;
    count -= taken;
    /* Prefetches the next block from another core's cache while this one is encoded. */
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

/* The stored values of one column. */
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
  /* Values are read as words from their first byte: up to 8 bytes past the last. */
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
    int64_t *value = codec->decoded[c];
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
      const int64_t *since = codec->decoded[column->base];
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

/* The codec of captured records on buffers of exactly the permitted size, for AddressSanitizer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "columns/columns.h"
#include "test.h"

#define RECORD_BYTES 32
#define MOST_RECORDS 200

/* All storage types and widths; 4 bytes of each record have no column. */
static const struct sluice_column columns[] = {{0, 8, 1, 0},  {8, 8, 2, 0},  {16, 4, 1, 0},
                                               {20, 4, 0, 0}, {24, 2, 0, 0}, {26, 1, 1, 0},
                                               {27, 1, 2, 5}};
#define COLUMNS (int)(sizeof columns / sizeof columns[0])

static uint64_t state;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static void *new_codec(void) {
  void *codec = malloc((size_t)sluice_columns_size());
  CHECK_EQUAL(0, sluice_columns_init(codec, RECORD_BYTES, columns, COLUMNS, 0, 1, 3));
  return codec;
}

/* Same as JavaCodec.maxBytes(). */
static size_t most_bytes(size_t records) {
  return (records + 63) / 64 + records * RECORD_BYTES + COLUMNS * 18 + 8;
}

static void fill(uint8_t *records, int count, int bits) {
  for (int i = 0; i < count; i++) {
    uint64_t words[RECORD_BYTES / 8];
    for (int w = 0; w < RECORD_BYTES / 8; w++) {
      words[w] = bits == 0 ? (uint64_t)(i * 17) : next_random() >> (64 - bits);
    }
    words[3] &= 0xFFFFFFFF; /* bytes without a column decode to 0 */
    memcpy(records + i * RECORD_BYTES, words, RECORD_BYTES);
  }
}

/* Returns a payload in memory of its exact length; the caller frees it. */
static uint8_t *encode(void *codec, const uint8_t *records, int count, size_t *bytes) {
  uint8_t *room = malloc(most_bytes((size_t)count));
  uint8_t *end = sluice_columns_encode(codec, SLUICE_FIRST | SLUICE_LAST, room, records, count,
                                       NULL, NULL, NULL);
  *bytes = (size_t)(end - room);
  uint8_t *payload = malloc(*bytes);
  memcpy(payload, room, *bytes);
  free(room);
  return payload;
}

static void gives_every_record_back(void) {
  void *codec = new_codec();
  state = 1;
  for (int bits = 0; bits <= 64; bits++) {
    for (int count = 1; count <= MOST_RECORDS; count += 1 + count / 3) {
      uint8_t *records = malloc((size_t)count * RECORD_BYTES);
      uint8_t *decoded = malloc((size_t)count * RECORD_BYTES);
      fill(records, count, bits);
      size_t bytes;
      uint8_t *payload = encode(codec, records, count, &bytes);
      CHECK_EQUAL(0, sluice_columns_decode(codec, payload, (int64_t)bytes, count, decoded));
      CHECK_EQUAL(0, memcmp(records, decoded, (size_t)count * RECORD_BYTES));
      free(payload);
      free(decoded);
      free(records);
    }
  }
  free(codec);
}

static void stays_inside_of_a_damaged_payload(void) {
  void *codec = new_codec();
  state = 2;
  uint8_t records[130 * RECORD_BYTES] __attribute__((aligned(8)));
  uint8_t *decoded = malloc(sizeof records);
  fill(records, 130, 11);
  size_t bytes;
  uint8_t *payload = encode(codec, records, 130, &bytes);
  for (size_t length = 0; length < bytes; length++) {
    uint8_t *cut = malloc(length == 0 ? 1 : length);
    memcpy(cut, payload, length);
    CHECK_EQUAL(-1, sluice_columns_decode(codec, cut, (int64_t)length, 130, decoded));
    free(cut);
  }
  for (int round = 0; round < 20000; round++) {
    uint8_t *changed = malloc(bytes);
    memcpy(changed, payload, bytes);
    for (uint64_t i = next_random() % 4; i < 4; i++) {
      changed[next_random() % bytes] = (uint8_t)next_random();
    }
    sluice_columns_decode(codec, changed, (int64_t)bytes, 130, decoded);
    free(changed);
  }
  CHECK_EQUAL(0, sluice_columns_decode(codec, payload, (int64_t)bytes, 130, decoded));
  CHECK_EQUAL(0, memcmp(records, decoded, sizeof records));
  free(payload);
  free(decoded);
  free(codec);
}

static void refuses_a_wrong_description(void) {
  void *codec = malloc((size_t)sluice_columns_size());
  const struct sluice_column wrong[] = {
      {0, 3, 0, 0}, {2, 4, 0, 0}, {28, 8, 0, 0}, {32, 4, 0, 0}, {0, 8, 3, 0}, {0, 8, 2, 0}};
  for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    CHECK_EQUAL(-1, sluice_columns_init(codec, RECORD_BYTES, &wrong[i], 1, -1, -1, -1));
  }
  CHECK_EQUAL(-1, sluice_columns_init(codec, 12, columns, 1, -1, -1, -1));
  CHECK_EQUAL(-1, sluice_columns_init(codec, 256, columns, 1, -1, -1, -1));
  CHECK_EQUAL(-1, sluice_columns_init(codec, RECORD_BYTES, columns, COLUMNS, COLUMNS, -1, -1));
  free(codec);
}

const struct test columns_tests[] = {
    {"columns: every record comes back", gives_every_record_back},
    {"columns: a damaged payload", stays_inside_of_a_damaged_payload},
    {"columns: a wrong description", refuses_a_wrong_description},
    {NULL, NULL},
};

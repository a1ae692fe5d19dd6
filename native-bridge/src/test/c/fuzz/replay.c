/*
 * replay.c - feeds a fuzz target its corpus and damaged copies of it, always the same ones, for
 * builds without clang.
 *
 *   replay FOLDER COPIES
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint64_t state = 20261129;

static uint32_t next_random(uint32_t below) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((state >> 33) % below);
}

/* Copy to the heap at its exact size, so that a sanitizer detects reads past the end. */
static void offer(const uint8_t *input, size_t bytes) {
  uint8_t *copy = malloc(bytes + (bytes == 0));
  memcpy(copy, input, bytes);
  LLVMFuzzerTestOneInput(copy, bytes);
  free(copy);
}

static size_t damage(uint8_t *input, size_t bytes) {
  static const uint32_t edges[] = {0, 1, 8, 64, 0xffff, 0x7fffffff, 0xffffffff, 0x80000000};
  for (uint32_t more = 1 + next_random(4); more > 0 && bytes > 8; more--) {
    size_t at = 1 + next_random((uint32_t)bytes - 5);
    switch (next_random(4)) {
      case 0:
        memcpy(input + at, &edges[next_random(8)], 4);
        break;
      case 1:
        input[at] ^= (uint8_t)(1u << next_random(8));
        break;
      case 2:
        bytes = at;
        break;
      default: {
        size_t length = bytes - at < INPUT_BYTES - bytes ? bytes - at : INPUT_BYTES - bytes;
        memcpy(input + bytes, input + at, length);
        bytes += length;
      }
    }
  }
  return bytes;
}

int main(int argc, char **argv) {
  unsigned files = 0;
  unsigned inputs = 0;
  unsigned copies = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
  struct dirent **entries;
  int count = argc > 1 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
  /* Silences the code under test, which reports bad input many thousand times. */
  int null = open("/dev/null", O_WRONLY);
  int shown = dup(STDERR_FILENO);
  dup2(null, STDERR_FILENO);
  for (int i = 0; i < count; i++) {
    static uint8_t input[INPUT_BYTES];
    static uint8_t damaged[INPUT_BYTES];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
    FILE *file = entries[i]->d_name[0] == '.' ? NULL : fopen(path, "rb");
    free(entries[i]);
    if (file == NULL) {
      continue;
    }
    size_t bytes = fread(input, 1, sizeof input, file);
    fclose(file);
    files++;
    inputs++;
    offer(input, bytes);
    for (unsigned copy = 0; copy < copies; copy++, inputs++) {
      memcpy(damaged, input, bytes);
      offer(damaged, damage(damaged, bytes));
    }
  }
  if (count >= 0) {
    free(entries);
  }
  dup2(shown, STDERR_FILENO);
  printf("fuzz: %u files, %u inputs survived\n", files, inputs);
  return files > 0 ? 0 : 1;
}

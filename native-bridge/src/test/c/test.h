/* test.h - the smallest test harness: a test is a function, a failed check names its line. */
#ifndef SLUICE_TEST_H
#define SLUICE_TEST_H

#include <stdbool.h>
#include <stddef.h>

/* Notes a failure of the running test and goes on. */
void test_failed(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define CHECK(condition)                                 \
  do {                                                   \
    if (!(condition)) {                                  \
      test_failed(__FILE__, __LINE__, "%s", #condition); \
    }                                                    \
  } while (0)

#define CHECK_EQUAL(expected, actual)                                                              \
  do {                                                                                             \
    long long expected_ = (long long)(expected);                                                   \
    long long actual_ = (long long)(actual);                                                       \
    if (expected_ != actual_) {                                                                    \
      test_failed(__FILE__, __LINE__, "%s: expected %lld, got %lld", #actual, expected_, actual_); \
    }                                                                                              \
  } while (0)

struct test {
  const char *name;
  void (*run)(void);
};

extern const struct test columns_tests[];
extern const struct test content_tests[];
extern const struct test layout_tests[];
extern const struct test queue_tests[];
extern const struct test stress_tests[];
extern const struct test attach_tests[];
extern const struct test lock_tests[];
extern const struct test guard_tests[];
extern const struct test producer_tests[];
extern const struct test baseline_tests[];

/* Directory with the programs under test. */
extern const char *products;

/* Whether the kernel frees the locks of a thread that ends. An emulator of user programs does not. */
bool has_robust_locks(void);

/* A fresh path for a Unix socket, in a directory that is removed at the end. */
void fresh_socket_path(char *path, size_t bytes);

#endif

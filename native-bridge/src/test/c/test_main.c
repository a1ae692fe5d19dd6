#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

/* No test hangs for longer: SIGALRM ends the process, and with it the build. Slower machines (an
 * emulator, a sanitizer) say by how much in SLUICE_TEST_LIMIT. */
#define TEST_LIMIT_SECONDS 60

const char *products = ".";

static const char *running;
static bool has_failed;
static char directory[64];
static unsigned sockets;
static unsigned limit_seconds = TEST_LIMIT_SECONDS;
static char **only; /* beginnings of the names to run; NULL = all */

void test_failed(const char *file, int line, const char *format, ...) {
  va_list arguments;
  const char *name = strrchr(file, '/');
  fprintf(stderr, "%s: %s:%d: ", running, name != NULL ? name + 1 : file, line);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  has_failed = true;
}

bool has_robust_locks(void) {
  void *list;
  size_t bytes;
  return syscall(SYS_get_robust_list, 0, &list, &bytes) == 0;
}

void fresh_socket_path(char *path, size_t bytes) {
  snprintf(path, bytes, "%s/%u.sock", directory, sockets++);
}

static void on_alarm(int signal) {
  (void)signal;
  static const char text[] = ": took longer than its limit\n";
  if (write(STDERR_FILENO, running, strlen(running)) < 0 ||
      write(STDERR_FILENO, text, sizeof text - 1) < 0) {
    _exit(3);
  }
  _exit(1);
}

static bool is_wanted(const char *name) {
  bool wanted = only == NULL;
  for (char **beginning = only; !wanted && *beginning != NULL; beginning++) {
    wanted = strncmp(name, *beginning, strlen(*beginning)) == 0;
  }
  return wanted;
}

static bool needs_robust_locks(const char *name) {
  return strncmp(name, "locks:", strlen("locks:")) == 0 ||
         strncmp(name, "guard:", strlen("guard:")) == 0;
}

static void run_all(const struct test *tests, unsigned *passed, unsigned *failed) {
  for (const struct test *t = tests; t->name != NULL; t++) {
    if (!is_wanted(t->name)) {
      continue;
    }
    if (needs_robust_locks(t->name) && !has_robust_locks()) {
      printf("skipped %s (no robust futexes here)\n", t->name);
      continue;
    }
    running = t->name;
    has_failed = false;
    alarm(limit_seconds);
    t->run();
    alarm(0);
    *(has_failed ? failed : passed) += 1;
    printf("%s %s\n", has_failed ? "FAILED" : "ok    ", t->name);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  unsigned passed = 0;
  unsigned failed = 0;
  if (argc > 1) {
    products = argv[1];
  }
  if (argc > 2) {
    only = argv + 2;
  }
  if (getenv("SLUICE_TEST_LIMIT") != NULL) {
    limit_seconds = (unsigned)strtoul(getenv("SLUICE_TEST_LIMIT"), NULL, 10);
  }
  signal(SIGALRM, on_alarm);
  snprintf(directory, sizeof directory, "/tmp/sluice-test-XXXXXX");
  if (mkdtemp(directory) == NULL) {
    perror(directory);
    return 1;
  }
  run_all(columns_tests, &passed, &failed);
  run_all(content_tests, &passed, &failed);
  run_all(layout_tests, &passed, &failed);
  run_all(queue_tests, &passed, &failed);
  run_all(stress_tests, &passed, &failed);
  run_all(lock_tests, &passed, &failed);
  run_all(attach_tests, &passed, &failed);
  run_all(guard_tests, &passed, &failed);
  run_all(producer_tests, &passed, &failed);
  run_all(baseline_tests, &passed, &failed);
  for (unsigned i = 0; i < sockets; i++) {
    char path[108];
    snprintf(path, sizeof path, "%s/%u.sock", directory, i);
    unlink(path);
  }
  rmdir(directory);
  printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

#include "programs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define MAX_ARGUMENTS 40

const char *const all_layouts[LAYOUTS] = {
    "l2-2026.06/a2a3",   "l2-2026.06/a5",   "l2-2026.07/a2a3",   "l2-2026.07/a5",
    "chip-2026.08/a2a3", "chip-2026.08/a5", "chip-2026.09/a2a3", "chip-2026.09/a5"};

const char *const kind_sections[4] = {
    "\"aicpu_task\":{\"produced\"", "\"sched_phase\":{\"produced\"", "\"orch_phase\":{\"produced\"",
    "\"aicore_task\":{\"produced\""};

/* Prepends the words of SLUICE_TEST_RUNNER, e.g. an emulator for a foreign architecture. */
static unsigned put_runner(char **argv) {
  static char words[256];
  unsigned count = 0;
  const char *runner = getenv("SLUICE_TEST_RUNNER");
  if (runner != NULL) {
    snprintf(words, sizeof words, "%s", runner);
    for (char *word = strtok(words, " "); word != NULL && count < 8; word = strtok(NULL, " ")) {
      argv[count++] = word;
    }
  }
  return count;
}

static struct program start(const char *name, const char *const *arguments, bool wants_errors) {
  struct program p = {.pid = -1, .output = -1, .errors = -1};
  char path[512];
  char *argv[MAX_ARGUMENTS] = {NULL};
  int out[2];
  int err[2] = {-1, -1};
  snprintf(path, sizeof path, "%s/%s", products, name);
  unsigned count = put_runner(argv);
  argv[count++] = path;
  for (unsigned i = 0; arguments[i] != NULL && count < MAX_ARGUMENTS - 1; i++) {
    argv[count++] = (char *)arguments[i];
  }
  if (pipe2(out, O_CLOEXEC) != 0 || (wants_errors && pipe2(err, O_CLOEXEC) != 0)) {
    test_failed(__FILE__, __LINE__, "no pipe");
    return p;
  }
  p.pid = fork();
  if (p.pid == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(wants_errors ? err[1] : open("/dev/null", O_WRONLY), STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
  }
  close(out[1]);
  p.output = out[0];
  if (wants_errors) {
    close(err[1]);
    p.errors = err[0];
  }
  return p;
}

struct program program_start(const char *name, const char *const *arguments) {
  return start(name, arguments, false);
}

struct program program_start_and_await_line(const char *name, const char *const *arguments) {
  struct program p = start(name, arguments, true);
  char c = '\0';
  while (p.errors >= 0 && c != '\n' && read(p.errors, &c, 1) == 1) {
  }
  return p;
}

struct outcome *program_end(struct program *p) {
  struct outcome *o = calloc(1, sizeof *o);
  size_t length = 0;
  ssize_t n;
  while (p->pid > 0 && length < sizeof o->output - 1 &&
         (n = read(p->output, o->output + length, sizeof o->output - 1 - length)) > 0) {
    length += (size_t)n;
  }
  close(p->output);
  if (p->errors >= 0) {
    close(p->errors);
  }
  if (p->pid > 0) {
    waitpid(p->pid, &o->status, 0);
  }
  return o;
}

struct outcome *run(const char *name, const char *const *arguments) {
  struct program p = program_start(name, arguments);
  return program_end(&p);
}

uint64_t number_in(const char *text, const char *section, const char *key) {
  const char *from = strstr(text, section);
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *at = from != NULL ? strstr(from, quoted) : NULL;
  if (at == NULL) {
    test_failed(__FILE__, __LINE__, "no %s %s in: %s", section, key, text);
    return 0;
  }
  return strtoull(at + strlen(quoted), NULL, 10);
}

/* programs.h - the products as processes: start, wait, and read the numbers they print. */
#ifndef SLUICE_TEST_PROGRAMS_H
#define SLUICE_TEST_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct program {
  pid_t pid;
  int output; /* its standard output */
  int errors; /* its standard error, or -1 if it is not wanted */
};

struct outcome {
  int status; /* as waitpid gives it */
  char output[8192];
};

/* Starts a product with arguments (NULL terminated); what it says on standard error is dropped. */
struct program program_start(const char *name, const char *const *arguments);

/* The same; returns once it has said its first line on standard error, or has ended. */
struct program program_start_and_await_line(const char *name, const char *const *arguments);

/* Waits for the end and takes the standard output; to be freed. */
struct outcome *program_end(struct program *p);

/* Both in one. */
struct outcome *run(const char *name, const char *const *arguments);

/* The number after "key": in text, from the first occurrence of section on. */
uint64_t number_in(const char *text, const char *section, const char *key);

/* "l2-2026.06/a2a3" and so on, all six. */
#define LAYOUTS 8
extern const char *const all_layouts[LAYOUTS];

/* Where the numbers of a kind begin in a report. */
extern const char *const kind_sections[4];

#endif

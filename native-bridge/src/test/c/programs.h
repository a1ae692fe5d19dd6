/*
 * programs.h - runs the built programs as processes: start, wait, and read the numbers they print.
 */
#ifndef SLUICE_TEST_PROGRAMS_H
#define SLUICE_TEST_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct program {
  pid_t pid;
  int output; /* its standard output */
  int errors; /* its standard error, or -1 if discarded */
};

struct outcome {
  int status; /* as from waitpid */
  char output[8192];
};

/* Starts a program with arguments (NULL-terminated); discards its standard error. */
struct program program_start(const char *name, const char *const *arguments);

/* Same, but returns once it has printed its first line on standard error, or has ended. */
struct program program_start_and_await_line(const char *name, const char *const *arguments);

/* Waits for the program to end and returns its standard output; the caller frees it. */
struct outcome *program_end(struct program *p);

/* Starts a program and waits for it. */
struct outcome *run(const char *name, const char *const *arguments);

/* Returns the number after "key": in text, searching from the first occurrence of section. */
uint64_t number_in(const char *text, const char *section, const char *key);

/* All layouts: "l2-2026.06/a2a3" etc. */
#define LAYOUTS 8
extern const char *const all_layouts[LAYOUTS];

/* Start of each kind's numbers in a report. */
extern const char *const kind_sections[4];

#endif

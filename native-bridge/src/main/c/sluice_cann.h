/*
 * sluice_cann.h - the vendor's libraries, bound at run time.
 *
 * None is linked: a runtime process has them loaded already, and a machine without a device must be
 * able to use this client too. Never met hardware; tested against a stand-in. Not installed.
 */
#ifndef SLUICE_CANN_H
#define SLUICE_CANN_H

#include <stddef.h>

/* A function to look up, and where its address goes. */
struct sluice_symbol {
  const char *name;
  void **function;
};

/*
 * The library that the process already has, or that of the folder SLUICE_CANN_DIRECTORY, or the
 * linker's; NULL if there is none. Kept for the life of the process: the vendor's libraries do not
 * support being unloaded.
 */
void *sluice_cann_open(const char *library);

/* Looks up all symbols of a library. */
int sluice_cann_bind(const char *library, const struct sluice_symbol *symbols, size_t count,
                     char *error, size_t error_bytes);

/* SLUICE_ERROR_CANN, and a line that names call and code and says what the code means. */
int sluice_cann_failed(const char *call, int code, char *error, size_t error_bytes);

#endif

#include "sluice_cann.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sluice_internal.h"

void *sluice_cann_open(const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  const char *folder = getenv("SLUICE_CANN_DIRECTORY");
  if (library == NULL && folder != NULL) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  } else if (library == NULL) {
    library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  return library;
}

int sluice_cann_bind(const char *name, const struct sluice_symbol *symbols, size_t count,
                     char *error, size_t error_bytes) {
  void *library = sluice_cann_open(name);
  if (library == NULL) {
    const char *reason = dlerror();
    return sluice_fail(SLUICE_ERROR_CANN, error, error_bytes, "cannot load %s: %s", name,
                       reason != NULL ? reason : "unknown reason");
  }
  for (size_t i = 0; i < count; i++) {
    *symbols[i].function = dlsym(library, symbols[i].name);
    if (*symbols[i].function == NULL) {
      return sluice_fail(SLUICE_ERROR_CANN, error, error_bytes,
                         "%s lacks %s: a version of CANN that is too old", name, symbols[i].name);
    }
  }
  return SLUICE_OK;
}

/* The driver's codes are small numbers, the runtime's and ACL's have six digits (abi.md 5.2). */
static const char *meaning(const char *call, int code) {
  if (strncmp(call, "hal", 3) == 0) {
    return code == 8   ? " (mapped already, or a registration that leaked: reset the device)"
           : code == 3 ? " (this board cannot map its memory into a process)"
           : code == 6 ? " (out of memory)"
                       : "";
  }
  return code == 107002   ? " (the calling thread has not set its device)"
         : code == 207001 ? " (no memory or registration resource is left)"
         : code == 507899 ? " (not possible on this board, or a driver error)"
                          : "";
}

int sluice_cann_failed(const char *call, int code, char *error, size_t error_bytes) {
  return sluice_fail(SLUICE_ERROR_CANN, error, error_bytes, "%s returned %d%s", call, code,
                     meaning(call, code));
}

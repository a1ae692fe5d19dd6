/*
 * sluice_device.c - the part of the client that talks to a device: registers the mapped arena
 * (placement host) or imports memory that the daemon allocated on the device. Tested against a
 * stand-in only, never on hardware.
 *
 * The vendor's library is bound at run time, not linked: a runtime process has it loaded already,
 * and a machine without a device must be able to use this client too.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sluice_internal.h"

#define LIBRARY "libascendcl.so"
#define HOST_REGISTER_MAPPED 0
#define LOCATION_DEVICE 1
#define ACCESS_READ_WRITE 3

/* As in the public headers of the vendor. */
struct access_description {
  int flags;
  struct {
    uint32_t id;
    int type;
  } location;
  uint8_t reserved[12];
};

struct acl {
  int (*host_register)(void *host, uint64_t bytes, int type, void **device);
  int (*host_unregister)(void *host);
  int (*import_key)(void **device, const char *key, uint64_t flags);
  int (*close_key)(const char *key);
  int (*get_device)(int32_t *device);
  int (*import_handle)(uint64_t shareable, int32_t device, void **handle);
  int (*reserve)(void **address, size_t bytes, size_t alignment, void *expected, uint64_t flags);
  int (*release)(void *address);
  int (*map)(void *address, size_t bytes, size_t offset, void *handle, uint64_t flags);
  int (*unmap)(void *address);
  int (*set_access)(void *address, size_t bytes, const struct access_description *access,
                    size_t count);
  int (*free_physical)(void *handle);
};

/* What has been done and must be undone; 0 means not done. */
struct sluice_device {
  struct acl acl;
  void *registered;
  char key[SLUICE_SHARE_KEY_BYTES + 1];
  void *handle;
  void *reserved;
  void *mapped;
};

/*
 * The library that the process has loaded, or the one in directory SLUICE_CANN_DIRECTORY, or the
 * dynamic linker's; NULL if none. Stays loaded for the life of the process: the vendor's
 * libraries do not support being unloaded.
 */
static void *open_library(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  const char *folder = getenv("SLUICE_CANN_DIRECTORY");
  if (library == NULL && folder != NULL) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, LIBRARY);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  } else if (library == NULL) {
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  }
  return library;
}

static int bind(struct acl *acl, char *error, size_t error_bytes) {
  const struct {
    const char *name;
    void **function;
  } symbols[] = {
      {"aclrtHostRegister", (void **)&acl->host_register},
      {"aclrtHostUnregister", (void **)&acl->host_unregister},
      {"aclrtIpcMemImportByKey", (void **)&acl->import_key},
      {"aclrtIpcMemClose", (void **)&acl->close_key},
      {"aclrtGetDevice", (void **)&acl->get_device},
      {"aclrtMemImportFromShareableHandle", (void **)&acl->import_handle},
      {"aclrtReserveMemAddress", (void **)&acl->reserve},
      {"aclrtReleaseMemAddress", (void **)&acl->release},
      {"aclrtMapMem", (void **)&acl->map},
      {"aclrtUnmapMem", (void **)&acl->unmap},
      {"aclrtMemSetAccess", (void **)&acl->set_access},
      {"aclrtFreePhysical", (void **)&acl->free_physical},
  };
  void *library = open_library();
  if (library == NULL) {
    const char *reason = dlerror();
    return sluice_fail(SLUICE_ERROR_CANN, error, error_bytes, "cannot load %s: %s", LIBRARY,
                       reason != NULL ? reason : "unknown reason");
  }
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    *symbols[i].function = dlsym(library, symbols[i].name);
    if (*symbols[i].function == NULL) {
      return sluice_fail(SLUICE_ERROR_CANN, error, error_bytes,
                         "%s lacks %s: this CANN version is too old", LIBRARY, symbols[i].name);
    }
  }
  return SLUICE_OK;
}

/* Returns SLUICE_ERROR_CANN with a line that names call and code and explains the code. */
static int failed(const char *call, int code, char *error, size_t error_bytes) {
  const char *meaning = code == 107002   ? " (the calling thread has not set its device)"
                        : code == 207001 ? " (no memory or registration resource is left)"
                        : code == 507899 ? " (not possible on this board, or a driver error)"
                                         : "";
  return sluice_fail(SLUICE_ERROR_CANN, error, error_bytes, "%s returned %d%s", call, code,
                     meaning);
}

/* Creates the device state of a session and binds its functions. */
static int begin(struct sluice_attach *s, char *error, size_t error_bytes) {
  s->device = calloc(1, sizeof *s->device);
  if (s->device == NULL) {
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "out of memory");
  }
  return bind(&s->device->acl, error, error_bytes);
}

uint32_t sluice_device_bare_process(void) {
  void *library = open_library();
  int (*get)(int32_t *) = NULL;
  int32_t process = 0;
  if (library != NULL) {
    *(void **)&get = dlsym(library, "aclrtDeviceGetBareTgid");
  }
  return get != NULL && get(&process) == 0 && process > 0 ? (uint32_t)process : 0;
}

int sluice_device_register(struct sluice_attach *s, char *error, size_t error_bytes) {
  int code = begin(s, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  void *device = NULL;
  int result = s->device->acl.host_register(s->arena.base, s->mapped_bytes, HOST_REGISTER_MAPPED,
                                            &device);
  if (result != 0) {
    return failed("aclrtHostRegister", result, error, error_bytes);
  }
  s->device->registered = s->arena.base;
  s->arena.device_base = (uint64_t)(uintptr_t)device;
  return SLUICE_OK;
}

static int import_by_key(struct sluice_attach *s, const struct sluice_share *share, char *error,
                         size_t error_bytes) {
  void *device = NULL;
  int result = s->device->acl.import_key(&device, share->key, 0);
  if (result != 0) {
    return failed("aclrtIpcMemImportByKey", result, error, error_bytes);
  }
  memcpy(s->device->key, share->key, sizeof share->key);
  s->arena.device_base = (uint64_t)(uintptr_t)device;
  return SLUICE_OK;
}

/* Records each step when it succeeds: release undoes what was done, whichever step failed. */
static int import_by_handle(struct sluice_attach *s, const struct sluice_share *share, char *error,
                            size_t error_bytes) {
  struct sluice_device *d = s->device;
  size_t bytes = share->bytes;
  /* The number of the device differs between processes under ASCEND_RT_VISIBLE_DEVICES. */
  int32_t device = 0;
  int result = d->acl.get_device(&device);
  if (result != 0) {
    return failed("aclrtGetDevice", result, error, error_bytes);
  }
  result = d->acl.import_handle(share->handle, device, &d->handle);
  if (result != 0) {
    d->handle = NULL;
    return failed("aclrtMemImportFromShareableHandle", result, error, error_bytes);
  }
  result = d->acl.reserve(&d->reserved, bytes, 0, NULL, 0);
  if (result != 0) {
    d->reserved = NULL;
    return failed("aclrtReserveMemAddress", result, error, error_bytes);
  }
  result = d->acl.map(d->reserved, bytes, 0, d->handle, 0);
  if (result != 0) {
    return failed("aclrtMapMem", result, error, error_bytes);
  }
  d->mapped = d->reserved;
  struct access_description access = {.flags = ACCESS_READ_WRITE,
                                      .location = {(uint32_t)device, LOCATION_DEVICE}};
  result = d->acl.set_access(d->mapped, bytes, &access, 1);
  if (result != 0) {
    return failed("aclrtMemSetAccess", result, error, error_bytes);
  }
  s->arena.device_base = (uint64_t)(uintptr_t)d->mapped;
  return SLUICE_OK;
}

int sluice_device_import(struct sluice_attach *s, const struct sluice_share *share, char *error,
                         size_t error_bytes) {
  int code = begin(s, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  switch (share->route) {
    case SLUICE_SHARE_IPC_KEY:
      return import_by_key(s, share, error, error_bytes);
    case SLUICE_SHARE_HANDLE:
      return import_by_handle(s, share, error, error_bytes);
    default:
      return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes, "unknown share route %u",
                         share->route);
  }
}

void sluice_device_release(struct sluice_attach *s) {
  struct sluice_device *d = s->device;
  if (d == NULL) {
    return;
  }
  if (d->registered != NULL) {
    d->acl.host_unregister(d->registered);
  }
  if (d->key[0] != '\0') {
    d->acl.close_key(d->key);
  }
  if (d->mapped != NULL) {
    d->acl.unmap(d->mapped);
  }
  if (d->reserved != NULL) {
    d->acl.release(d->reserved);
  }
  if (d->handle != NULL) {
    d->acl.free_physical(d->handle);
  }
  free(d);
  s->device = NULL;
}

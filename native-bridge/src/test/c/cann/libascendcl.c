/*
 * libascendcl.c - the stand-in's routes for sharing memory between processes:
 * registered host memory, IPC keys, shareable handles.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "standin.h"

#define HOST_REGISTER_MAPPED 0
#define DISABLE_PID_VALIDATION 1ull

STANDIN_API int aclInit(const char *config) {
  (void)config;
  return standin_enter("aclInit");
}

STANDIN_API int aclrtSetDevice(int32_t device) {
  int code = standin_enter_for("aclrtSetDevice", device);
  if (code == 0 && (device < 0 || device >= standin_devices())) {
    code = RT_DEVICE_ID;
  }
  if (code == 0) {
    standin_set_current_device(device);
  }
  return code;
}

STANDIN_API int aclrtGetDevice(int32_t *device) {
  int code = standin_enter("aclrtGetDevice");
  if (code == 0 && standin_current_device() < 0) {
    code = RT_CONTEXT_NULL;
  }
  if (code == 0) {
    *device = standin_current_device();
  }
  return code;
}

STANDIN_API int aclrtGetDeviceCount(uint32_t *count) {
  int code = standin_enter("aclrtGetDeviceCount");
  if (code == 0) {
    *count = (uint32_t)standin_devices();
  }
  return code;
}

STANDIN_API int aclrtDeviceGetBareTgid(int32_t *pid) {
  int code = standin_enter("aclrtDeviceGetBareTgid");
  if (code == 0) {
    *pid = (int32_t)getpid();
  }
  return code;
}

/* ---- registered host memory ------------------------------------------------------------------ */

/* Maps the same shared pages a second time, at the device's address. */
static int register_host(void *host, uint64_t size, void **device) {
  if (standin_find_owner(host) != NULL) {
    return RT_PARAM_INVALID;
  }
  struct standin_range *range = standin_new_range(STANDIN_HOST, standin_current_device(), size);
  if (range == NULL) {
    return RT_MEMORY_ALLOCATION;
  }
  void *view = mremap(host, 0, range->bytes, MREMAP_MAYMOVE);
  if (view == MAP_FAILED) {
    standin_release(range);
    return RT_PARAM_INVALID;
  }
  range->device_base = view;
  range->owner = host;
  *device = view;
  return RT_OK;
}

STANDIN_API int aclrtHostRegister(void *host, uint64_t size, int type, void **device) {
  int code = standin_enter("aclrtHostRegister");
  if (code != 0) {
    return code;
  }
  if (standin_current_device() < 0) {
    return RT_CONTEXT_NULL;
  }
  if (host == NULL || size == 0 || type != HOST_REGISTER_MAPPED || device == NULL ||
      (uintptr_t)host % STANDIN_PAGE != 0) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  code = register_host(host, size, device);
  standin_unlock();
  return code;
}

STANDIN_API int aclrtHostUnregister(void *host) {
  int code = standin_enter("aclrtHostUnregister");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find_owner(host);
  if (range == NULL) {
    code = RT_PARAM_INVALID;
  } else {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

/* ---- IPC keys -------------------------------------------------------------------------------- */

static int allow(struct standin_range *range, const int32_t *pids, size_t count) {
  struct standin_control *control = range->control;
  if (count > STANDIN_MAX_PIDS - control->pids) {
    return RT_PARAM_INVALID;
  }
  for (size_t i = 0; i < count; i++) {
    control->pid[control->pids++] = pids[i];
  }
  return RT_OK;
}

static void format_key(const struct standin_range *range, char *key) {
  snprintf(key, STANDIN_KEY_BYTES, "standin:%d:%d", (int)getpid(), range->fd);
}

STANDIN_API int aclrtIpcMemGetExportKey(void *device, size_t size, char *key, size_t length,
                                        uint64_t flags) {
  int code = standin_enter("aclrtIpcMemGetExportKey");
  if (code != 0) {
    return code;
  }
  if (key == NULL || length < STANDIN_KEY_BYTES || flags > DISABLE_PID_VALIDATION) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  struct standin_range *range = standin_find(device, 0);
  if (range == NULL || range->kind != STANDIN_MALLOC || size > range->bytes) {
    code = RT_PARAM_INVALID;
  } else {
    range->control->skips_pid_check = flags == DISABLE_PID_VALIDATION;
    format_key(range, key);
  }
  standin_unlock();
  return code;
}

/* Finds the range that this process exported under a key. */
static struct standin_range *find_exported(const char *key) {
  int pid;
  int fd;
  if (sscanf(key, "standin:%d:%d", &pid, &fd) != 2 || pid != (int)getpid()) {
    return NULL;
  }
  return standin_find_fd(fd);
}

STANDIN_API int aclrtIpcMemSetImportPid(const char *key, int32_t *pids, size_t count) {
  int code = standin_enter("aclrtIpcMemSetImportPid");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = find_exported(key);
  code = range == NULL ? RT_PARAM_INVALID : allow(range, pids, count);
  standin_unlock();
  return code;
}

static int import(struct standin_range *range, int pid, int fd) {
  int code = standin_adopt(range, pid, fd);
  return code == RT_OK ? standin_place(range, 1) : code;
}

STANDIN_API int aclrtIpcMemImportByKey(void **device, const char *key, uint64_t flags) {
  int code = standin_enter("aclrtIpcMemImportByKey");
  if (code != 0) {
    return code;
  }
  int pid;
  int fd;
  if (standin_current_device() < 0) {
    return RT_CONTEXT_NULL;
  }
  if (device == NULL || flags > 1 || sscanf(key, "standin:%d:%d", &pid, &fd) != 2) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  struct standin_range *range = standin_new_range(STANDIN_IMPORT, 0, STANDIN_PAGE);
  code = range == NULL ? RT_MEMORY_ALLOCATION : import(range, pid, fd);
  if (code == RT_OK) {
    snprintf(range->key, sizeof range->key, "%s", key);
    *device = range->device_base;
  } else if (range != NULL) {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtIpcMemClose(const char *key) {
  int code = standin_enter("aclrtIpcMemClose");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find_key(key);
  if (range != NULL) {
    standin_release(range);
  } else if (find_exported(key) == NULL) {
    code = RT_PARAM_INVALID;
  }
  standin_unlock();
  return code;
}

/* ---- shareable handles (VMM) ----------------------------------------------------------------- */

/*
 * Memory type and location, as in public headers; only the fields that this path sets are checked.
 */
struct physical_property {
  int handle_type; /* 0: none */
  int allocation_type;
  int memory_attribute;
  struct {
    uint32_t id;
    int type;
  } location;
  uint64_t reserve;
};

struct access_description {
  int flags;
  struct {
    uint32_t id;
    int type;
  } location;
  uint8_t reserve[12];
};

STANDIN_API int aclrtMallocPhysical(void **handle, size_t size,
                                    const struct physical_property *property, uint64_t flags) {
  int code = standin_enter("aclrtMallocPhysical");
  if (code != 0) {
    return code;
  }
  if (standin_current_device() < 0) {
    return RT_CONTEXT_NULL;
  }
  if (handle == NULL || size == 0 || size % STANDIN_PAGE != 0 || property == NULL || flags != 0 ||
      property->location.id >= (uint32_t)standin_devices()) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  struct standin_range *range =
      standin_new_range(STANDIN_PHYSICAL, standin_host_device((int)property->location.id), size);
  code = range == NULL ? RT_MEMORY_ALLOCATION : standin_back(range);
  if (code == RT_OK) {
    *handle = range;
  } else if (range != NULL) {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtFreePhysical(void *handle) {
  int code = standin_enter("aclrtFreePhysical");
  if (code != 0) {
    return code;
  }
  struct standin_range *range = handle;
  standin_lock();
  if (range == NULL || !range->in_use || range->kind != STANDIN_PHYSICAL) {
    code = RT_PARAM_INVALID;
  } else {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtMemExportToShareableHandle(void *handle, int type, uint64_t flags,
                                                uint64_t *shareable) {
  int code = standin_enter("aclrtMemExportToShareableHandle");
  if (code != 0) {
    return code;
  }
  struct standin_range *range = handle;
  if (range == NULL || type != 0 || flags > DISABLE_PID_VALIDATION || shareable == NULL) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  range->control->skips_pid_check = flags == DISABLE_PID_VALIDATION;
  *shareable = (uint64_t)getpid() << 32 | (uint32_t)range->fd;
  standin_unlock();
  return RT_OK;
}

STANDIN_API int aclrtMemSetPidToShareableHandle(uint64_t shareable, int32_t *pids, size_t count) {
  int code = standin_enter("aclrtMemSetPidToShareableHandle");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find_fd((int)(uint32_t)shareable);
  code = range == NULL || shareable >> 32 != (uint64_t)getpid() ? RT_PARAM_INVALID
                                                               : allow(range, pids, count);
  standin_unlock();
  return code;
}

STANDIN_API int aclrtMemImportFromShareableHandle(uint64_t shareable, int32_t device,
                                                  void **handle) {
  int code = standin_enter("aclrtMemImportFromShareableHandle");
  if (code != 0) {
    return code;
  }
  if (handle == NULL || device < 0 || device >= standin_devices()) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  struct standin_range *range = standin_new_range(STANDIN_PHYSICAL, device, STANDIN_PAGE);
  code = range == NULL
             ? RT_MEMORY_ALLOCATION
             : standin_adopt(range, (int)(shareable >> 32), (int)(uint32_t)shareable);
  if (code == RT_OK) {
    *handle = range;
  } else if (range != NULL) {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtReserveMemAddress(void **address, size_t size, size_t alignment,
                                       void *expected, uint64_t flags) {
  int code = standin_enter("aclrtReserveMemAddress");
  if (code != 0) {
    return code;
  }
  if (address == NULL || size == 0 || size % STANDIN_PAGE != 0 || alignment != 0 ||
      expected != NULL || flags > 1) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  struct standin_range *range = standin_new_range(STANDIN_RESERVED, 0, size);
  code = range == NULL ? RT_MEMORY_ALLOCATION : standin_place(range, 0);
  if (code == RT_OK) {
    *address = range->device_base;
  } else if (range != NULL) {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtReleaseMemAddress(void *address) {
  int code = standin_enter("aclrtReleaseMemAddress");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find(address, 0);
  if (range == NULL || range->kind != STANDIN_RESERVED || range->physical != NULL) {
    code = RT_PARAM_INVALID;
  } else {
    standin_release(range);
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtMapMem(void *address, size_t size, size_t offset, void *handle,
                            uint64_t flags) {
  int code = standin_enter("aclrtMapMem");
  if (code != 0) {
    return code;
  }
  struct standin_range *physical = handle;
  standin_lock();
  struct standin_range *range = standin_find(address, 0);
  if (range == NULL || range->kind != STANDIN_RESERVED || range->physical != NULL ||
      physical == NULL || !physical->in_use || offset != 0 || flags != 0 ||
      size != physical->bytes || size != range->bytes) {
    code = RT_PARAM_INVALID;
  } else {
    range->physical = physical;
    range->device = physical->device;
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtMemSetAccess(void *address, size_t size,
                                  const struct access_description *access, size_t count) {
  int code = standin_enter("aclrtMemSetAccess");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find(address, 0);
  if (range == NULL || range->physical == NULL || size != range->bytes || access == NULL ||
      count != 1 || standin_host_device((int)access->location.id) != range->device) {
    code = RT_PARAM_INVALID;
  } else if (range->physical->control->pids + range->physical->control->skips_pid_check > 0) {
    /* Shared: a test plays the device in this process or in the exporter. */
    void *view = mmap(range->device_base, range->bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_FIXED, range->physical->fd, 0);
    code = view == MAP_FAILED ? RT_MEMORY_ALLOCATION : RT_OK;
  }
  standin_unlock();
  return code;
}

STANDIN_API int aclrtUnmapMem(void *address) {
  int code = standin_enter("aclrtUnmapMem");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find(address, 0);
  if (range == NULL || range->physical == NULL) {
    code = RT_PARAM_INVALID;
  } else {
    mmap(range->device_base, range->bytes, PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    range->physical = NULL;
  }
  standin_unlock();
  return code;
}

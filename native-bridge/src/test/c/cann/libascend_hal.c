/* libascend_hal.c - the stand-in's halHostRegister and halHostUnregister. */
#include <sys/mman.h>

#include "standin.h"

#define DEV_SVM_MAP_HOST 2u

static int map(struct standin_range *range, void **host) {
  if (range->host != NULL) {
    return DRV_PARAMETER_ERROR;
  }
  void *mapped =
      mmap(NULL, range->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
           standin_memory(range)->fd, 0);
  if (mapped == MAP_FAILED) {
    return DRV_OUT_OF_MEMORY;
  }
  range->host = mapped;
  *host = mapped;
  return DRV_OK;
}

STANDIN_API int halHostRegister(void *device, uint64_t size, uint32_t flags, uint32_t id,
                                void **host) {
  (void)id; /* ignored for this type */
  int code = standin_enter("halHostRegister");
  if (code != 0) {
    return code;
  }
  if (flags != DEV_SVM_MAP_HOST || host == NULL || size == 0) {
    return DRV_INVALID_VALUE;
  }
  standin_lock();
  struct standin_range *range = standin_find(device, 0);
  uint64_t rounded = (size + STANDIN_PAGE - 1) / STANDIN_PAGE * STANDIN_PAGE;
  code = range == NULL || standin_memory(range) == NULL || rounded != range->bytes
             ? DRV_INVALID_VALUE
             : map(range, host);
  standin_unlock();
  return code;
}

STANDIN_API int halHostUnregister(void *device, uint32_t id) {
  (void)id;
  int code = standin_enter("halHostUnregister");
  if (code != 0) {
    return code;
  }
  standin_lock();
  struct standin_range *range = standin_find(device, 0);
  if (range == NULL || range->host == NULL) {
    code = DRV_INVALID_VALUE;
  } else {
    munmap(range->host, range->bytes);
    range->host = NULL;
  }
  standin_unlock();
  return code;
}

/* libruntime.c - the stand-in's rtMalloc, rtFree, rtMemcpy and rtSetDevice. */
#include <string.h>

#include "standin.h"

#define RT_MEMORY_HBM 0x2u
#define HOST_TO_DEVICE 1
#define DEVICE_TO_HOST 2

STANDIN_API int rtSetDevice(int device) {
  int code = standin_enter_for("rtSetDevice", device);
  if (code == 0 && (device < 0 || device >= standin_devices())) {
    code = RT_DEVICE_ID;
  }
  if (code == 0) {
    standin_set_current_device(device);
  }
  return code;
}

static int allocate(void **pointer, uint64_t size) {
  struct standin_range *range = standin_new_range(STANDIN_MALLOC, standin_host_device(standin_current_device()), size);
  if (range == NULL) {
    return RT_MEMORY_ALLOCATION;
  }
  int code = standin_back(range);
  if (code == RT_OK) {
    code = standin_place(range, 0);
  }
  if (code != RT_OK) {
    standin_release(range);
    return code;
  }
  *pointer = range->device_base;
  return RT_OK;
}

STANDIN_API int rtMalloc(void **pointer, uint64_t size, uint32_t type, uint16_t module) {
  (void)module;
  int code = standin_enter("rtMalloc");
  if (code != 0) {
    return code;
  }
  if (standin_current_device() < 0) {
    return RT_CONTEXT_NULL;
  }
  if (pointer == NULL || size == 0 || type != RT_MEMORY_HBM) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  code = allocate(pointer, size);
  standin_unlock();
  return code;
}

STANDIN_API int rtFree(void *pointer) {
  int code = standin_enter("rtFree");
  if (code != 0) {
    return code;
  }
  if (standin_current_device() < 0) {
    return RT_CONTEXT_NULL;
  }
  standin_lock();
  struct standin_range *range = standin_find(pointer, 0);
  if (range == NULL || range->kind != STANDIN_MALLOC) {
    code = RT_PARAM_INVALID;
  } else {
    if (range->host != NULL) {
      standin_count_leak();
    }
    range->control->is_freed = 1;
    standin_release(range);
  }
  standin_unlock();
  return code;
}

static int copy(void *to, const void *from, uint64_t count, int kind) {
  int is_to_device = kind == HOST_TO_DEVICE;
  const uint8_t *device_side = is_to_device ? to : from;
  struct standin_range *range = standin_find(device_side, 1);
  if (range == NULL || standin_memory(range) == NULL ||
      device_side + count > range->device_base + range->bytes) {
    return RT_PARAM_INVALID;
  }
  if (standin_find(is_to_device ? from : to, 1) != NULL) {
    return RT_PARAM_INVALID;
  }
  uint8_t *memory = standin_memory(range)->backing + (device_side - range->device_base);
  /* Copies words whole, like the hardware: the device may read one while it is written. */
  if (count == 4) {
    if (is_to_device) {
      __atomic_store_n((uint32_t *)(void *)memory, *(const uint32_t *)from, __ATOMIC_SEQ_CST);
    } else {
      *(uint32_t *)to = __atomic_load_n((const uint32_t *)(void *)memory, __ATOMIC_SEQ_CST);
    }
  } else if (count == 8) {
    if (is_to_device) {
      __atomic_store_n((uint64_t *)(void *)memory, *(const uint64_t *)from, __ATOMIC_SEQ_CST);
    } else {
      *(uint64_t *)to = __atomic_load_n((const uint64_t *)(void *)memory, __ATOMIC_SEQ_CST);
    }
  } else {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    memcpy(is_to_device ? memory : to, is_to_device ? from : memory, count);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
  }
  return RT_OK;
}

STANDIN_API int rtMemcpy(void *to, uint64_t capacity, const void *from, uint64_t count, int kind) {
  int code = standin_enter("rtMemcpy");
  if (code != 0) {
    return code;
  }
  if (standin_current_device() < 0) {
    return RT_CONTEXT_NULL;
  }
  if (count == 0 || count > capacity || (kind != HOST_TO_DEVICE && kind != DEVICE_TO_HOST)) {
    return RT_PARAM_INVALID;
  }
  standin_lock();
  standin_count_copy(kind == HOST_TO_DEVICE, count);
  code = copy(to, from, count, kind);
  standin_unlock();
  return code;
}

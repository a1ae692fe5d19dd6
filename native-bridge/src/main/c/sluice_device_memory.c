#include "sluice_device_memory.h"

#include <stdatomic.h>
#include <string.h>

#include "sluice_attach.h"
#include "sluice_cann.h"

#define MEMORY_HBM 0x2
#define HOST_TO_DEVICE 1
#define DEVICE_TO_HOST 2
#define DEV_SVM_MAP_HOST 2

/* Control words, of which none may be torn, are read one by one; nothing longer is. */
#define WORDS_BYTES 256

static int bind(struct sluice_device_memory *m, int is_mapped, char *error, size_t error_bytes) {
  const struct sluice_symbol runtime[] = {
      {"rtSetDevice", (void **)&m->set_device},
      {"rtMalloc", (void **)&m->allocate},
      {"rtFree", (void **)&m->free},
      {"rtMemcpy", (void **)&m->copy},
  };
  const struct sluice_symbol driver[] = {
      {"halHostRegister", (void **)&m->map},
      {"halHostUnregister", (void **)&m->unmap},
  };
  int (*get_device)(int32_t *) = NULL;
  const struct sluice_symbol acl[] = {{"aclrtGetDevice", (void **)&get_device}};
  int code = sluice_cann_bind("libruntime.so", runtime, sizeof runtime / sizeof runtime[0], error,
                              error_bytes);
  if (code == SLUICE_OK && is_mapped) {
    code = sluice_cann_bind("libascend_hal.so", driver, sizeof driver / sizeof driver[0], error,
                            error_bytes);
  }
  if (code == SLUICE_OK) {
    code = sluice_cann_bind("libascendcl.so", acl, 1, error, error_bytes);
  }
  if (code != SLUICE_OK) {
    return code;
  }
  int result = get_device(&m->device);
  return result == 0 ? SLUICE_OK
                     : sluice_cann_failed("aclrtGetDevice", result, error, error_bytes);
}

int sluice_device_memory_make(struct sluice_device_memory *m, size_t bytes, int is_mapped,
                              char *error, size_t error_bytes) {
  memset(m, 0, sizeof *m);
  int code = bind(m, is_mapped, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  int result = m->allocate(&m->pointer, bytes, MEMORY_HBM, 0);
  if (result != 0) {
    m->pointer = NULL;
    return sluice_cann_failed("rtMalloc", result, error, error_bytes);
  }
  m->bytes = bytes;
  if (!is_mapped) {
    return SLUICE_OK;
  }
  void *mapping = NULL;
  result = m->map(m->pointer, bytes, DEV_SVM_MAP_HOST, (uint32_t)m->device, &mapping);
  if (result != 0 || mapping == NULL) {
    m->free(m->pointer);
    m->pointer = NULL;
    return sluice_cann_failed("halHostRegister", result, error, error_bytes);
  }
  m->mapping = mapping;
  return SLUICE_OK;
}

void sluice_device_memory_free(struct sluice_device_memory *m) {
  if (m->mapping != NULL) {
    m->unmap(m->pointer, (uint32_t)m->device);
    m->mapping = NULL;
  }
  if (m->pointer != NULL) {
    m->free(m->pointer);
    m->pointer = NULL;
  }
}

int sluice_device_memory_enter(struct sluice_device_memory *m, char *error, size_t error_bytes) {
  int result = m->set_device(m->device);
  return result == 0 ? SLUICE_OK : sluice_cann_failed("rtSetDevice", result, error, error_bytes);
}

/*
 * A mapping is write-combining or non-cacheable: stores may merge and wait, loads may pass them.
 * The barriers of C11 are for memory that is coherent with the CPUs.
 */
static void fence(void) {
#if defined(__aarch64__)
  __asm__ volatile("dsb sy" ::: "memory");
#elif defined(__x86_64__)
  __asm__ volatile("mfence" ::: "memory");
#else
  atomic_thread_fence(memory_order_seq_cst);
#endif
}

static void copy(struct sluice_device_memory *m, void *to, const void *from, size_t bytes,
                 int kind) {
  int code = m->failure == 0 ? m->copy(to, bytes, from, bytes, kind) : 0;
  if (code != 0) {
    m->failure = code;
  }
}

/* Offsets and lengths of control words are multiples of 4. */
static void read_words(const uint8_t *from, uint8_t *into, size_t bytes) {
  size_t at = 0;
  while (at < bytes) {
    if ((uintptr_t)(from + at) % 8 == 0 && bytes - at >= 8) {
      uint64_t value = *(const volatile uint64_t *)(const void *)(from + at);
      memcpy(into + at, &value, sizeof value);
      at += sizeof value;
    } else {
      uint32_t value = *(const volatile uint32_t *)(const void *)(from + at);
      memcpy(into + at, &value, sizeof value);
      at += sizeof value;
    }
  }
}

void sluice_device_read(struct sluice_device_memory *m, size_t offset, void *into, size_t bytes) {
  if (m->mapping == NULL) {
    copy(m, into, (const uint8_t *)m->pointer + offset, bytes, DEVICE_TO_HOST);
    return;
  }
  if (bytes <= WORDS_BYTES) {
    read_words(m->mapping + offset, into, bytes);
  } else {
    memcpy(into, m->mapping + offset, bytes);
  }
  fence();
}

void sluice_device_write(struct sluice_device_memory *m, size_t offset, const void *from,
                         size_t bytes) {
  if (m->mapping == NULL) {
    copy(m, (uint8_t *)m->pointer + offset, from, bytes, HOST_TO_DEVICE);
    return;
  }
  memcpy(m->mapping + offset, from, bytes);
  fence();
}

/* Read back: the answer proves that the store has left this CPU. */
void sluice_device_store32(struct sluice_device_memory *m, size_t offset, uint32_t value) {
  if (m->mapping == NULL) {
    copy(m, (uint8_t *)m->pointer + offset, &value, sizeof value, HOST_TO_DEVICE);
    return;
  }
  volatile uint32_t *word = (volatile uint32_t *)(void *)(m->mapping + offset);
  fence();
  *word = value;
  fence();
  (void)*word;
}

void sluice_device_store64(struct sluice_device_memory *m, size_t offset, uint64_t value) {
  if (m->mapping == NULL) {
    copy(m, (uint8_t *)m->pointer + offset, &value, sizeof value, HOST_TO_DEVICE);
    return;
  }
  volatile uint64_t *word = (volatile uint64_t *)(void *)(m->mapping + offset);
  fence();
  *word = value;
  fence();
  (void)*word;
}

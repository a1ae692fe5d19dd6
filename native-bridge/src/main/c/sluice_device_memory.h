/*
 * sluice_device_memory.h - memory of the device that this process allocates, and reaches as the
 * board allows (abi.md 5.1, 5.2): mapped on a2a3, by the runtime's copies on a5. For the relay; not
 * installed. Never met hardware; tested against a stand-in.
 *
 * Mapped: control words are single loads and stores, fenced; never the runtime's copies, with which
 * the AICPU's cache is not coherent there. Copied: each access is one synchronous copy.
 */
#ifndef SLUICE_DEVICE_MEMORY_H
#define SLUICE_DEVICE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct sluice_device_memory {
  int (*set_device)(int32_t device);
  int (*allocate)(void **pointer, uint64_t bytes, uint32_t type, uint16_t module);
  int (*free)(void *pointer);
  int (*copy)(void *to, uint64_t capacity, const void *from, uint64_t count, int kind);
  int (*map)(void *pointer, uint64_t bytes, uint32_t flags, uint32_t device, void **host);
  int (*unmap)(void *pointer, uint32_t device);

  int32_t device;    /* as the runtime numbers it in this process */
  size_t bytes;
  void *pointer;     /* the device's address; NULL = nothing is allocated */
  uint8_t *mapping;  /* ours; NULL where memory is reached by copies */
  int failure;       /* the first code of a copy that was not 0; everything after it is void */
};

/*
 * Allocates, and maps if is_mapped. The calling thread has set its device. After a failure nothing
 * is left behind.
 */
int sluice_device_memory_make(struct sluice_device_memory *m, size_t bytes, int is_mapped,
                              char *error, size_t error_bytes);

/* Unmaps and frees. Idempotent. The calling thread has set its device. */
void sluice_device_memory_free(struct sluice_device_memory *m);

/* The context of the runtime belongs to a thread: called first in each that uses the memory. */
int sluice_device_memory_enter(struct sluice_device_memory *m, char *error, size_t error_bytes);

/* Control words or payload, from the device. Words are not torn. */
void sluice_device_read(struct sluice_device_memory *m, size_t offset, void *into, size_t bytes);

/* Bulk, before a launch. */
void sluice_device_write(struct sluice_device_memory *m, size_t offset, const void *from,
                         size_t bytes);

/* One word; the device sees it after everything that was written before. */
void sluice_device_store32(struct sluice_device_memory *m, size_t offset, uint32_t value);
void sluice_device_store64(struct sluice_device_memory *m, size_t offset, uint64_t value);

#endif

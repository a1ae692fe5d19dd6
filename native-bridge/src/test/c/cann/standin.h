/*
 * standin.h - a stand-in for the CANN libraries, for tests on machines without a device.
 *
 * Three shared libraries with the real names (libruntime.so, libascend_hal.so, libascendcl.so)
 * contain the functions that Sluice calls; they share this core (libcann_standin.so). It
 * imitates the behaviour that would make a faulty host fail only on real hardware:
 *
 *  - Device memory is a memfd. Its device address is in a range that the allocating process can
 *    neither read nor write: a host that dereferences a device address crashes here, too.
 *  - halHostRegister maps an allocation at a host address different from the device's, as on a2a3.
 *    A test that needs an a5 makes it fail.
 *  - Registration works only once, on allocation bases; sizes are rounded up to pages; freeing
 *    registered memory leaks the registration (code 8 from then on).
 *  - The device context is per thread: runtime calls fail before rtSetDevice in the same thread.
 *  - An importing process sees the memory at its own device address, where code that plays the
 *    device can access it.
 *
 * Any call can be made to fail at its nth use, or all calls for one device, and every call is
 * counted. All calls for one device can be made to hang: with standin_hang, or from another process
 * with a file named by SLUICE_STANDIN_HANG plus the device number.
 */
#ifndef SLUICE_STANDIN_H
#define SLUICE_STANDIN_H

#include <stddef.h>
#include <stdint.h>

#define STANDIN_API __attribute__((visibility("default")))

#define STANDIN_PAGE 4096u
#define STANDIN_KEY_BYTES 65
#define STANDIN_MAX_PIDS 16

/* Codes of the runtime and of ACL, from public headers. */
enum {
  RT_OK = 0,
  RT_PARAM_INVALID = 107000,
  RT_DEVICE_ID = 107001,
  RT_CONTEXT_NULL = 107002,
  RT_FEATURE_NOT_SUPPORT = 207000,
  RT_MEMORY_ALLOCATION = 207001,
  RT_IPC_NOT_SUPPORTED = 507899
};

/* Codes of the driver. */
enum {
  DRV_OK = 0,
  DRV_INVALID_DEVICE = 2,
  DRV_INVALID_VALUE = 3,
  DRV_INVALID_HANDLE = 4,
  DRV_OUT_OF_MEMORY = 6,
  DRV_PARAMETER_ERROR = 8,
  DRV_BUSY = 13
};

/* Control page at the end of each memfd, shared by all processes that map it. */
struct standin_control {
  uint32_t magic;
  uint32_t device;
  uint64_t bytes;
  uint32_t skips_pid_check;
  uint32_t pids;
  int32_t pid[STANDIN_MAX_PIDS];
  uint32_t is_freed;
};

enum standin_kind {
  STANDIN_MALLOC,   /* rtMalloc */
  STANDIN_PHYSICAL, /* aclrtMallocPhysical, or an import of one */
  STANDIN_IMPORT,   /* by IPC key */
  STANDIN_RESERVED, /* aclrtReserveMemAddress */
  STANDIN_HOST      /* aclrtHostRegister */
};

/* One range of device memory in this process. */
struct standin_range {
  enum standin_kind kind;
  int in_use;
  int device;
  int fd;
  size_t bytes;                    /* rounded up to pages */
  uint8_t *device_base;            /* device address; 0 for unmapped physical memory */
  uint8_t *backing;                /* the stand-in's own mapping; never handed out */
  uint8_t *host;                   /* mapping of halHostRegister; NULL if not registered */
  struct standin_control *control; /* shared with importers */
  struct standin_range *physical;  /* of a reserved range: what is mapped into it */
  const void *owner;               /* of registered host memory: the process's address of it */
  char key[STANDIN_KEY_BYTES];     /* of an import by key */
};

#pragma GCC visibility push(default)

/* Counts the call; returns the code injected for it, or 0. Every function starts with this. */
int standin_enter(const char *call);
/* Same for a call that names its device. */
int standin_enter_for(const char *call, int device);

int standin_devices(void);
/* Returns the host's number of this process's device (ASCEND_RT_VISIBLE_DEVICES); -1 if none. */
int standin_host_device(int device);

/* Returns the device of this thread; -1 if none was set. */
int standin_current_device(void);
void standin_set_current_device(int device);

/* Every function holds it from start to end. */
void standin_lock(void);
void standin_unlock(void);

/* Returns NULL if the table is full. The caller holds the lock. */
struct standin_range *standin_new_range(enum standin_kind kind, int device, size_t bytes);
/* Allocates device memory and its control page; returns 0 or a code of the runtime. */
int standin_back(struct standin_range *range);
/* Adopts another process's memory through its descriptor; returns 0 or a code of the runtime. */
int standin_adopt(struct standin_range *range, int pid, int fd);
/* Assigns a device address: reserved only, or accessible to code that plays the device. */
int standin_place(struct standin_range *range, int is_usable);
void standin_release(struct standin_range *range);

/* Returns the range that backs a placed range: itself or what is mapped into it; may be NULL. */
const struct standin_range *standin_memory(const struct standin_range *range);

/* Finds the range that starts at, or (interior) contains, a device address. */
struct standin_range *standin_find(const void *device_pointer, int is_interior);
struct standin_range *standin_find_owner(const void *host_pointer);
struct standin_range *standin_find_fd(int fd);
struct standin_range *standin_find_key(const char *key);

void standin_count_copy(int is_to_device, size_t bytes);
void standin_count_leak(void);

#pragma GCC visibility pop

/* ---- test hooks ------------------------------------------------------------------------------ */

/* Makes the nth use (from 1, counted from now; 0: every use) of a call fail with a code. */
STANDIN_API void standin_fail(const char *call, int nth, int code);
/* Same for threads that have set this device; -1 is any. */
STANDIN_API void standin_fail_on(const char *call, int device, int nth, int code);
/* Makes every call for a device fail, as if it were being reset or gone; code 0 ends that. */
STANDIN_API void standin_break(int device, int code);
/* Blocks every call for a device until this is called with 0. */
STANDIN_API void standin_hang(int device, int is_hung);
/* Clears injected failures and counters. Ranges stay. */
STANDIN_API void standin_reset(void);
STANDIN_API long standin_calls(const char *call);
/* Number of copies by direction, with up to NARROW_BYTES or more. */
STANDIN_API long standin_copies(int is_to_device, int is_wide);
STANDIN_API long standin_copied_bytes(int is_to_device);
/* Number of copies by threads that had set this device. */
STANDIN_API long standin_copies_of(int device);
/* Number of live allocations, registrations, imports and reservations. */
STANDIN_API long standin_live(void);
/* Number of registrations whose memory was freed before they were removed. */
STANDIN_API long standin_leaked(void);

#endif

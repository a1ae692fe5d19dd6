/*
 * standin.h - a stand-in for the CANN libraries, for tests on machines without a device.
 *
 * Three shared libraries with the real names (libruntime.so, libascend_hal.so, libascendcl.so) hold
 * the functions of abi.md 5.2 and 5.5; they share this core (libcann_standin.so). What it imitates,
 * because a host that gets it wrong would fail on a board only:
 *
 *  - Device memory is a memfd. Its device address lies in a range that the allocating process can
 *    neither read nor write: a host that follows a device address dies here, as it should.
 *  - halHostRegister maps an allocation at a host address that differs from the device's, as on
 *    a2a3. A test that wants an a5 makes it fail.
 *  - Registration works on allocation bases only, once; sizes are rounded up to pages; freeing
 *    memory that is still registered leaks the registration (code 8 from then on).
 *  - The device context belongs to a thread: runtime calls fail before rtSetDevice in it.
 *  - An importing process sees the memory at a device address of its own, where code that plays the
 *    device can use it.
 *
 * Any call can be made to fail at its nth use, or all calls for one device, and every call is
 * counted. All calls for one device can be made to hang: standin_hang, or in another process a file
 * whose name is that in SLUICE_STANDIN_HANG with the device's number behind it.
 */
#ifndef SLUICE_STANDIN_H
#define SLUICE_STANDIN_H

#include <stddef.h>
#include <stdint.h>

#define STANDIN_API __attribute__((visibility("default")))

#define STANDIN_PAGE 4096u
#define STANDIN_KEY_BYTES 65
#define STANDIN_MAX_PIDS 16

/* Codes of the runtime and of ACL, as public headers have them. */
enum {
  RT_OK = 0,
  RT_PARAM_INVALID = 107000,
  RT_DEVICE_ID = 107001,
  RT_CONTEXT_NULL = 107002,
  RT_FEATURE_NOT_SUPPORT = 207000,
  RT_MEMORY_ALLOCATION = 207001,
  RT_IPC_NOT_SUPPORTED = 507899
};

/* Codes of the driver (abi.md 5.2). */
enum {
  DRV_OK = 0,
  DRV_INVALID_DEVICE = 2,
  DRV_INVALID_VALUE = 3,
  DRV_INVALID_HANDLE = 4,
  DRV_OUT_OF_MEMORY = 6,
  DRV_PARAMETER_ERROR = 8,
  DRV_BUSY = 13
};

/* What hangs off the end of each memfd: seen by every process that has it. */
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

/* One range of device memory as this process knows it. */
struct standin_range {
  enum standin_kind kind;
  int in_use;
  int device;
  int fd;
  size_t bytes;                    /* rounded up to pages */
  uint8_t *device_base;            /* where the device sees it; 0 for physical memory not mapped */
  uint8_t *backing;                /* the stand-in's own view; never given out */
  uint8_t *host;                   /* the view of halHostRegister; 0 if not registered */
  struct standin_control *control; /* shared with importers */
  struct standin_range *physical;  /* of a reserved range: what is mapped there */
  const void *owner;               /* of registered host memory: where the process has it */
  char key[STANDIN_KEY_BYTES];     /* of an import by key */
};

#pragma GCC visibility push(default)

/* Counts the call; returns the code that was injected for it, or 0. Every function starts so. */
int standin_enter(const char *call);
/* The same for a call that names its device. */
int standin_enter_for(const char *call, int device);

int standin_devices(void);
/* The host's number of a device of this process (ASCEND_RT_VISIBLE_DEVICES); -1 for none. */
int standin_host_device(int device);

/* The device of this thread, -1 if none was set. */
int standin_current_device(void);
void standin_set_current_device(int device);

/* Held by each function for its whole length. */
void standin_lock(void);
void standin_unlock(void);

/* 0 when there is no more room. The caller holds the lock. */
struct standin_range *standin_new_range(enum standin_kind kind, int device, size_t bytes);
/* Makes device memory and its control page; 0 or a code of the runtime. */
int standin_back(struct standin_range *range);
/* Takes over another process's memory by descriptor path; 0 or a code of the runtime. */
int standin_adopt(struct standin_range *range, int pid, int fd);
/* Gives the range a device address: reserved only, or usable as the device would. */
int standin_place(struct standin_range *range, int is_usable);
void standin_release(struct standin_range *range);

/* Where the bytes of a placed range are: its own memory, or what was mapped there; may be null. */
const struct standin_range *standin_memory(const struct standin_range *range);

/* The range that starts at, or (interior) contains, a device address. */
struct standin_range *standin_find(const void *device_pointer, int is_interior);
struct standin_range *standin_find_owner(const void *host_pointer);
struct standin_range *standin_find_fd(int fd);
struct standin_range *standin_find_key(const char *key);

void standin_count_copy(int is_to_device, size_t bytes);
void standin_count_leak(void);

#pragma GCC visibility pop

/* ---- what tests ask -------------------------------------------------------------------------- */

/* Fails the nth use (from 1, counted from now; 0: every use) of a call with a code. */
STANDIN_API void standin_fail(const char *call, int nth, int code);
/* The same, for threads that have set this device; -1 is any. */
STANDIN_API void standin_fail_on(const char *call, int device, int nth, int code);
/* Lets every call for a device fail, as while it is being reset or is gone; code 0 ends that. */
STANDIN_API void standin_break(int device, int code);
/* From now on no call for a device returns, until this is called with 0. */
STANDIN_API void standin_hang(int device, int is_hung);
/* Forgets injected failures, and counts from 0 again. Ranges stay. */
STANDIN_API void standin_reset(void);
STANDIN_API long standin_calls(const char *call);
/* Copies so far: to the device or from it; at most so many bytes, or more. */
STANDIN_API long standin_copies(int is_to_device, int is_wide);
STANDIN_API long standin_copied_bytes(int is_to_device);
/* Copies of threads that had set this device. */
STANDIN_API long standin_copies_of(int device);
/* Allocations, registrations, imports and reservations that are alive. */
STANDIN_API long standin_live(void);
/* Registrations whose memory was freed first. */
STANDIN_API long standin_leaked(void);

#endif

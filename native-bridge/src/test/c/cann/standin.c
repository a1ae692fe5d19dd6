/*
 * standin.c - memory, bookkeeping and injected failures shared by the three libraries.
 *
 * Environment: SLUICE_STANDIN_FAIL = "call:nth:code,..."; SLUICE_STANDIN_LOG = a file to which the
 * process appends its counts at exit, one "pid call count" per line.
 */
#include "standin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC 0x5354414eu
#define MAX_RANGES 1024
#define MAX_CALLS 64
#define MAX_FAILURES 64
#define MAX_DEVICES 64
#define DEVICES 8
/*
 * Unused by processes on Linux; the start depends on the pid, so that it differs between processes.
 */
#define DEVICE_SPACE 0x120000000000ull
#define DEVICE_SPACE_STRIDE 0x000400000000ull
/* Control words have at most 32 bytes (an entry); longer copies are payload. */
#define NARROW_BYTES 64
#define PAYLOAD_BYTES 16384

struct call {
  const char *name;
  long count;
};

struct failure {
  char call[48];
  int device; /* set by the calling thread; -1 for any */
  int nth;
  int code;
  long seen;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct standin_range ranges[MAX_RANGES];
static struct call calls[MAX_CALLS];
static struct failure failures[MAX_FAILURES];
static int failure_count;
static long copies[2][2];
static long copied_bytes[2]; /* of copies of PAYLOAD_BYTES and more: records, not words */
static long copies_of[MAX_DEVICES];
static atomic_int hung[MAX_DEVICES];
static int broken[MAX_DEVICES]; /* code with which every call for a device fails; 0: none */
static long leaked;
static uintptr_t next_device_address;
static __thread int current_device = -1;

void standin_lock(void) {
  pthread_mutex_lock(&lock);
}

void standin_unlock(void) {
  pthread_mutex_unlock(&lock);
}

/* ---- failures and counts --------------------------------------------------------------------- */

static void add_failure(const char *call, int device, int nth, int code) {
  if (failure_count < MAX_FAILURES) {
    struct failure *f = &failures[failure_count++];
    snprintf(f->call, sizeof f->call, "%s", call);
    f->device = device;
    f->nth = nth;
    f->code = code;
    f->seen = 0;
  }
}

static void read_failures_once(void) {
  static int is_read;
  const char *wanted = getenv("SLUICE_STANDIN_FAIL");
  if (is_read || wanted == NULL) {
    return;
  }
  is_read = 1;
  char text[1024];
  snprintf(text, sizeof text, "%s", wanted);
  char *rest = text;
  for (char *item = strsep(&rest, ","); item != NULL; item = strsep(&rest, ",")) {
    char call[48];
    int nth;
    int code;
    if (sscanf(item, "%47[^:]:%d:%d", call, &nth, &code) == 3) {
      add_failure(call, -1, nth, code);
    }
  }
}

static int is_device(int device) {
  return device >= 0 && device < MAX_DEVICES;
}

static int is_hung(int device) {
  const char *file = getenv("SLUICE_STANDIN_HANG");
  char name[256];
  if (!is_device(device)) {
    return 0;
  }
  if (file != NULL) {
    snprintf(name, sizeof name, "%s%d", file, device);
  }
  return atomic_load(&hung[device]) || (file != NULL && access(name, F_OK) == 0);
}

int standin_enter(const char *call) {
  return standin_enter_for(call, current_device);
}

int standin_enter_for(const char *call, int device) {
  while (is_hung(device)) {
    usleep(1000);
  }
  standin_lock();
  read_failures_once();
  for (int i = 0; i < MAX_CALLS; i++) {
    if (calls[i].name == NULL) {
      calls[i].name = call;
    }
    if (strcmp(calls[i].name, call) == 0) {
      calls[i].count++;
      break;
    }
  }
  int code = is_device(device) ? broken[device] : 0;
  for (int i = 0; i < failure_count; i++) {
    struct failure *f = &failures[i];
    if (strcmp(f->call, call) == 0 && (f->device < 0 || f->device == device)) {
      f->seen++;
      if (f->nth == 0 || f->seen == f->nth) {
        code = f->code;
      }
    }
  }
  standin_unlock();
  return code;
}

void standin_fail(const char *call, int nth, int code) {
  standin_fail_on(call, -1, nth, code);
}

void standin_fail_on(const char *call, int device, int nth, int code) {
  standin_lock();
  add_failure(call, device, nth, code);
  standin_unlock();
}

void standin_break(int device, int code) {
  standin_lock();
  if (is_device(device)) {
    broken[device] = code;
  }
  standin_unlock();
}

void standin_hang(int device, int is_hung) {
  if (is_device(device)) {
    atomic_store(&hung[device], is_hung);
  }
}

void standin_reset(void) {
  standin_lock();
  failure_count = 0;
  memset(calls, 0, sizeof calls);
  memset(copies, 0, sizeof copies);
  memset(copied_bytes, 0, sizeof copied_bytes);
  memset(copies_of, 0, sizeof copies_of);
  memset(broken, 0, sizeof broken);
  leaked = 0;
  standin_unlock();
}

long standin_calls(const char *call) {
  long count = 0;
  standin_lock();
  for (int i = 0; i < MAX_CALLS && calls[i].name != NULL; i++) {
    if (strcmp(calls[i].name, call) == 0) {
      count = calls[i].count;
    }
  }
  standin_unlock();
  return count;
}

void standin_count_copy(int is_to_device, size_t bytes) {
  copies[is_to_device][bytes > NARROW_BYTES]++;
  copied_bytes[is_to_device] += bytes >= PAYLOAD_BYTES ? (long)bytes : 0;
  if (is_device(current_device)) {
    copies_of[current_device]++;
  }
}

long standin_copies_of(int device) {
  standin_lock();
  long count = is_device(device) ? copies_of[device] : 0;
  standin_unlock();
  return count;
}

long standin_copies(int is_to_device, int is_wide) {
  standin_lock();
  long count = copies[is_to_device != 0][is_wide != 0];
  standin_unlock();
  return count;
}

long standin_copied_bytes(int is_to_device) {
  standin_lock();
  long bytes = copied_bytes[is_to_device != 0];
  standin_unlock();
  return bytes;
}

void standin_count_leak(void) {
  leaked++;
}

long standin_leaked(void) {
  standin_lock();
  long count = leaked;
  standin_unlock();
  return count;
}

long standin_live(void) {
  long live = 0;
  standin_lock();
  for (int i = 0; i < MAX_RANGES; i++) {
    live += ranges[i].in_use + (ranges[i].in_use && ranges[i].host != NULL);
  }
  standin_unlock();
  return live;
}

__attribute__((destructor)) static void log_counts(void) {
  const char *path = getenv("SLUICE_STANDIN_LOG");
  FILE *out = path != NULL ? fopen(path, "a") : NULL;
  if (out == NULL) {
    return;
  }
  for (int i = 0; i < MAX_CALLS && calls[i].name != NULL; i++) {
    fprintf(out, "%d %s %ld\n", (int)getpid(), calls[i].name, calls[i].count);
  }
  for (int to = 0; to < 2; to++) {
    fprintf(out, "%d copies.narrow.%s %ld\n", (int)getpid(), to ? "to_device" : "from_device",
            copies[to][0]);
    fprintf(out, "%d copies.wide.%s %ld\n", (int)getpid(), to ? "to_device" : "from_device",
            copies[to][1]);
  }
  fprintf(out, "%d copied.to_device %ld\n", (int)getpid(), copied_bytes[1]);
  fprintf(out, "%d copied.from_device %ld\n", (int)getpid(), copied_bytes[0]);
  fprintf(out, "%d live %ld\n", (int)getpid(), standin_live());
  fprintf(out, "%d leaked %ld\n", (int)getpid(), leaked);
  fclose(out);
}

/* ---- devices --------------------------------------------------------------------------------- */

/* Like the runtime: a process sees only the devices of the list, renumbered from 0. */
static int visible_devices(const char *list) {
  int count = *list != '\0';
  for (const char *c = list; *c != '\0'; c++) {
    count += *c == ',';
  }
  return count;
}

int standin_devices(void) {
  const char *visible = getenv("ASCEND_RT_VISIBLE_DEVICES");
  return visible != NULL ? visible_devices(visible) : DEVICES;
}

int standin_host_device(int device) {
  const char *visible = getenv("ASCEND_RT_VISIBLE_DEVICES");
  if (visible == NULL) {
    return device;
  }
  for (; device > 0; device--) {
    const char *comma = strchr(visible, ',');
    if (comma == NULL) {
      return -1;
    }
    visible = comma + 1;
  }
  return atoi(visible);
}

int standin_current_device(void) {
  return current_device;
}

void standin_set_current_device(int device) {
  current_device = device;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

struct standin_range *standin_new_range(enum standin_kind kind, int device, size_t bytes) {
  for (int i = 0; i < MAX_RANGES; i++) {
    struct standin_range *range = &ranges[i];
    if (!range->in_use) {
      memset(range, 0, sizeof *range);
      range->kind = kind;
      range->in_use = 1;
      range->device = device;
      range->fd = -1;
      range->bytes = (bytes + STANDIN_PAGE - 1) / STANDIN_PAGE * STANDIN_PAGE;
      return range;
    }
  }
  return NULL;
}

static int map_backing(struct standin_range *range) {
  uint8_t *backing = mmap(NULL, range->bytes + STANDIN_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
                          range->fd, 0);
  if (backing == MAP_FAILED) {
    return RT_MEMORY_ALLOCATION;
  }
  range->backing = backing;
  range->control = (struct standin_control *)(void *)(backing + range->bytes);
  return RT_OK;
}

int standin_back(struct standin_range *range) {
  range->fd = memfd_create("cann-standin", MFD_CLOEXEC);
  if (range->fd < 0 || ftruncate(range->fd, (off_t)(range->bytes + STANDIN_PAGE)) != 0) {
    return RT_MEMORY_ALLOCATION;
  }
  int code = map_backing(range);
  if (code == RT_OK) {
    range->control->magic = MAGIC;
    range->control->device = (uint32_t)range->device;
    range->control->bytes = range->bytes;
    /* Fresh device memory holds garbage: a host must not rely on zeros. */
    memset(range->backing, 0xA5, range->bytes);
  }
  return code;
}

int standin_adopt(struct standin_range *range, int pid, int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
  range->fd = open(path, O_RDWR | O_CLOEXEC);
  if (range->fd < 0) {
    return RT_PARAM_INVALID;
  }
  off_t size = lseek(range->fd, 0, SEEK_END);
  if (size < (off_t)(2 * STANDIN_PAGE)) {
    return RT_PARAM_INVALID;
  }
  range->bytes = (size_t)size - STANDIN_PAGE;
  int code = map_backing(range);
  if (code != RT_OK) {
    return code;
  }
  struct standin_control *control = range->control;
  if (control->magic != MAGIC || control->is_freed) {
    return RT_PARAM_INVALID;
  }
  range->device = (int)control->device;
  if (control->skips_pid_check) {
    return RT_OK;
  }
  for (uint32_t i = 0; i < control->pids; i++) {
    if (control->pid[i] == (int32_t)getpid()) {
      return RT_OK;
    }
  }
  return RT_IPC_NOT_SUPPORTED;
}

int standin_place(struct standin_range *range, int is_usable) {
  if (next_device_address == 0) {
    next_device_address = DEVICE_SPACE + (uintptr_t)(getpid() % 64) * DEVICE_SPACE_STRIDE;
  }
  void *wanted = (void *)next_device_address;
  int flags = MAP_FIXED_NOREPLACE | (is_usable ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);
  void *base = mmap(wanted, range->bytes, is_usable ? PROT_READ | PROT_WRITE : PROT_NONE,
                    flags | MAP_NORESERVE, is_usable ? range->fd : -1, 0);
  if (base != wanted) {
    return RT_MEMORY_ALLOCATION;
  }
  next_device_address += range->bytes + STANDIN_PAGE;
  range->device_base = base;
  return RT_OK;
}

void standin_release(struct standin_range *range) {
  if (range->host != NULL) {
    munmap(range->host, range->bytes);
  }
  if (range->device_base != NULL) {
    munmap(range->device_base, range->bytes);
  }
  if (range->backing != NULL) {
    munmap(range->backing, range->bytes + STANDIN_PAGE);
  }
  if (range->fd >= 0) {
    close(range->fd);
  }
  range->in_use = 0;
}

const struct standin_range *standin_memory(const struct standin_range *range) {
  const struct standin_range *memory = range->physical != NULL ? range->physical : range;
  return memory->backing != NULL ? memory : NULL;
}

struct standin_range *standin_find(const void *device_pointer, int is_interior) {
  const uint8_t *p = device_pointer;
  for (int i = 0; i < MAX_RANGES; i++) {
    struct standin_range *range = &ranges[i];
    if (range->in_use && range->device_base != NULL) {
      if (p == range->device_base ||
          (is_interior && p > range->device_base && p < range->device_base + range->bytes)) {
        return range;
      }
    }
  }
  return NULL;
}

struct standin_range *standin_find_owner(const void *host_pointer) {
  for (int i = 0; i < MAX_RANGES; i++) {
    if (ranges[i].in_use && ranges[i].owner == host_pointer) {
      return &ranges[i];
    }
  }
  return NULL;
}

struct standin_range *standin_find_fd(int fd) {
  for (int i = 0; i < MAX_RANGES; i++) {
    if (ranges[i].in_use && ranges[i].fd == fd && ranges[i].control != NULL) {
      return &ranges[i];
    }
  }
  return NULL;
}

struct standin_range *standin_find_key(const char *key) {
  for (int i = 0; i < MAX_RANGES; i++) {
    if (ranges[i].in_use && ranges[i].kind == STANDIN_IMPORT && strcmp(ranges[i].key, key) == 0) {
      return &ranges[i];
    }
  }
  return NULL;
}

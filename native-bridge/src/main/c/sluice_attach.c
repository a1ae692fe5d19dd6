/*
 * sluice_attach.c - the C client: one conversation over a Unix socket, one mapped arena.
 *
 * Every call is a request and its reply. Form, type and status of a message are checked before any
 * of it is used. No call waits forever: a daemon that does not answer in time is an error.
 */
#include "sluice_attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sluice_internal.h"
#include "sluice_lock.h"
#include "sluice_region.h"

/* Creating an arena zeroes and locks memory; settling may wait for storage. A healthy host takes no
 * longer. */
#define REPLY_TIMEOUT_MS 30000
#define SETTLE_TIMEOUT_MS 120000

#define SLUICE_ON_DEVICE \
  (SLUICE_CAN(SLUICE_PLACEMENT_DEVICE_MAPPED) | SLUICE_CAN(SLUICE_PLACEMENT_DEVICE_COPIED))

/* ---- connect and map ------------------------------------------------------------------------- */

static uint64_t clock_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* milliseconds if not 0, otherwise the variable's value, otherwise 0. */
static uint32_t timeout_or(uint32_t milliseconds, const char *variable) {
  const char *value = getenv(variable);
  char *end = NULL;
  unsigned long number = milliseconds == 0 && value != NULL ? strtoul(value, &end, 10) : 0;
  int is_number = end != NULL && end != value && *end == '\0' && number <= INT32_MAX;
  return is_number ? (uint32_t)number : milliseconds;
}

static uint32_t reply_timeout(const struct sluice_attach *s, uint32_t usual_ms) {
  return s->reply_timeout_ms != 0 ? s->reply_timeout_ms : usual_ms;
}

static int connect_to_daemon(struct sluice_attach *s, uint32_t timeout_ms, char *error,
                             size_t error_bytes) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, s->socket_path, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return sluice_fail(SLUICE_ERROR_CONNECT, error, error_bytes, "cannot create a socket: %s",
                       strerror(errno));
  }
  sluice_set_reply_timeout(fd, timeout_ms);
  int connected;
  do {
    connected = connect(fd, (struct sockaddr *)&address, sizeof address);
  } while (connected != 0 && errno == EINTR);
  if (connected != 0) {
    int cause = errno;
    close(fd);
    if (cause == EACCES) {
      return sluice_fail(SLUICE_ERROR_CONNECT, error, error_bytes,
                         "permission denied on %s; join the daemon's group", s->socket_path);
    }
    if (cause == EAGAIN) {
      return sluice_fail(SLUICE_ERROR_CONNECT, error, error_bytes,
                         "the daemon at %s accepted no connection for %u ms", s->socket_path,
                         timeout_ms);
    }
    return sluice_fail(SLUICE_ERROR_CONNECT, error, error_bytes, "no daemon at %s: %s",
                       s->socket_path, strerror(cause));
  }
  s->socket = fd;
  return SLUICE_OK;
}

/* The fields of ARENA that this client uses. */
struct arena_reply {
  uint32_t placement;
  uint32_t slots;
  uint64_t arena_bytes;
  uint64_t region_offsets[SLUICE_REGIONS];
  uint64_t region_sizes[SLUICE_REGIONS];
  uint64_t rotation_offset;
  uint64_t buffers_offset;
  uint64_t locks_offset;
  uint64_t buffers[SLUICE_ALL_KINDS];
  uint64_t buffer_offset[SLUICE_ALL_KINDS];
};

static struct arena_reply read_arena(const struct sluice_message *m) {
  struct arena_reply r = {
      .placement = (uint32_t)sluice_number(m, SLUICE_KEY_PLACEMENT),
      .slots = (uint32_t)sluice_number(m, SLUICE_KEY_SLOTS),
      .arena_bytes = sluice_number(m, SLUICE_KEY_ARENA_BYTES),
      .rotation_offset = sluice_number(m, SLUICE_KEY_ROTATION_OFFSET),
      .buffers_offset = sluice_number(m, SLUICE_KEY_BUFFERS_OFFSET),
      .locks_offset = sluice_number(m, SLUICE_KEY_LOCKS_OFFSET),
  };
  sluice_numbers(m, SLUICE_KEY_REGION_OFFSETS, r.region_offsets, SLUICE_REGIONS);
  sluice_numbers(m, SLUICE_KEY_REGION_BYTES, r.region_sizes, SLUICE_REGIONS);
  sluice_numbers(m, SLUICE_KEY_GRANTED, r.buffers, SLUICE_ALL_KINDS);
  sluice_numbers(m, SLUICE_KEY_BUFFER_OFFSETS, r.buffer_offset, SLUICE_ALL_KINDS);
  return r;
}

/* Everything that the reply describes must lie inside the arena: a wrong offset here would be a
 * wild write later. */
static int check_arena(const struct arena_reply *r, const struct sluice_layout *layout,
                       uint32_t regions) {
  uint64_t rotation_bytes = 8 * (uint64_t)layout->cores;
  int inside =
      sluice_regions_are_sound(r->region_offsets, r->region_sizes, r->arena_bytes, layout, regions) && rotation_bytes <= r->arena_bytes &&
      r->rotation_offset <= r->arena_bytes - rotation_bytes && r->buffers_offset <= r->arena_bytes &&
      (r->locks_offset == 0 || (r->arena_bytes >= SLUICE_LOCKS_BYTES &&
                                r->locks_offset <= r->arena_bytes - SLUICE_LOCKS_BYTES));
  for (unsigned kind = 0; kind < SLUICE_KINDS && inside; kind++) {
    uint64_t bytes = r->buffers[kind] * (uint64_t)layout->buffer_bytes[kind];
    inside = r->buffer_offset[kind] == 0 ||
             (r->buffers[kind] <= UINT32_MAX && bytes <= r->arena_bytes && r->buffer_offset[kind] <= r->arena_bytes - bytes);
  }
  return inside && r->rotation_offset % 8 == 0 &&
         r->locks_offset % 64 == 0;
}

static int map_arena(struct sluice_attach *s, const struct arena_reply *r, char *error,
                     size_t error_bytes) {
  struct stat status;
  if (fstat(s->arena.fd, &status) != 0) {
    return sluice_fail(SLUICE_ERROR_MAP, error, error_bytes, "cannot inspect the arena: %s",
                       strerror(errno));
  }
  /* A mapping beyond the end of its file faults with SIGBUS on first touch. */
  if (status.st_size < 0 || (uint64_t)status.st_size < r->arena_bytes) {
    return sluice_fail(SLUICE_ERROR_MAP, error, error_bytes,
                       "the arena descriptor holds %lld bytes, the daemon promised %llu",
                       (long long)status.st_size, (unsigned long long)r->arena_bytes);
  }
  /* A file of huge pages is mapped and unmapped in whole pages; its block size is the page size. */
  size_t page = status.st_blksize > 0 ? (size_t)status.st_blksize : 4096;
  s->mapped_bytes = (r->arena_bytes + page - 1) / page * page;
  /* Populated: a page that faults while the device writes would stall it for microseconds. */
  void *base = mmap(NULL, s->mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                    s->arena.fd, 0);
  if (base == MAP_FAILED) {
    return sluice_fail(SLUICE_ERROR_MAP, error, error_bytes, "cannot map %zu bytes of arena: %s",
                       s->mapped_bytes, strerror(errno));
  }
  s->arena.base = base;
  s->arena.region = s->arena.base + r->region_offsets[SLUICE_REGION_SWIMLANE];
  s->arena.rotation_table = (uint64_t *)(void *)(s->arena.base + r->rotation_offset);
  s->arena.device_base = (uint64_t)(uintptr_t)base;
  return SLUICE_OK;
}

static void describe_arena(struct sluice_attach *s, const struct arena_reply *r) {
  s->arena.placement = r->placement;
  s->arena.bytes = r->arena_bytes;
  s->arena.region_bytes = r->region_sizes[SLUICE_REGION_SWIMLANE];
  s->arena.region_offset = r->region_offsets[SLUICE_REGION_SWIMLANE];
  memcpy(s->arena.region_offsets, r->region_offsets, sizeof s->arena.region_offsets);
  memcpy(s->arena.region_sizes, r->region_sizes, sizeof s->arena.region_sizes);
  s->arena.rotation_offset = r->rotation_offset;
  s->arena.slot_count = r->slots;
  s->locks_offset = r->locks_offset;
  for (unsigned kind = 0; kind < SLUICE_ALL_KINDS; kind++) {
    s->arena.buffers[kind] = (uint32_t)r->buffers[kind];
  }
  memcpy(s->arena.buffer_offset, r->buffer_offset, sizeof s->arena.buffer_offset);
}

static int import_arena(struct sluice_attach *s, const struct sluice_share *share, char *error,
                        size_t error_bytes) {
  if (share->bytes < s->arena.bytes) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the shared memory holds %llu bytes, the daemon promised %zu",
                       (unsigned long long)share->bytes, s->arena.bytes);
  }
  return sluice_device_import(s, share, error, error_bytes);
}

/* Undoes everything the attach did in this process, except the connection. */
static void let_go(struct sluice_attach *s) {
  sluice_device_release(s);
  if (s->arena.base != NULL) {
    munmap(s->arena.base, s->mapped_bytes);
  }
  if (s->arena.fd >= 0) {
    close(s->arena.fd);
  }
  memset(&s->arena, 0, sizeof s->arena);
  s->arena.fd = -1;
}

static void hang_up(struct sluice_attach *s) {
  if (s->socket >= 0) {
    close(s->socket);
    s->socket = -1;
  }
}

static void release(struct sluice_attach *s) {
  sluice_guard_stop(s);
  let_go(s);
  hang_up(s);
  pthread_mutex_destroy(&s->lock);
  free(s);
}

/*
 * Adds the fields of a geometry. Required are those that the daemon must understand to read the
 * memory as the device writes it.
 */
static void put_geometry(struct sluice_message *m, const struct sluice_geometry *g) {
  static const char *const runtimes[] = {"", "tensormap_and_ringbuffer", "host_build_graph"};
  const uint16_t required = SLUICE_FIELD_REQUIRED;
  sluice_put_number(m, SLUICE_KEY_DEVICE, required, g->device);
  sluice_put_text(m, SLUICE_KEY_LAYOUT, required, sluice_layout_name(g->generation, g->platform));
  sluice_put_number(m, SLUICE_KEY_FACTS, required, g->facts);
  if (g->runtime != SLUICE_RUNTIME_DEFAULT) {
    sluice_put_text(m, SLUICE_KEY_RUNTIME, required, runtimes[g->runtime]);
  }
  if (g->regions != 0) {
    sluice_put_number(m, SLUICE_KEY_REGIONS, required, g->regions);
  }
  if (g->pmu_events != 0) {
    sluice_put_number(m, SLUICE_KEY_PMU_EVENTS, required, g->pmu_events);
  }
  sluice_put_number(m, SLUICE_KEY_LEVEL, required, g->level);
  sluice_put_number(m, SLUICE_KEY_CORES, required, g->num_cores);
  sluice_put_number(m, SLUICE_KEY_SCHED_THREADS, required, g->sched_threads);
  sluice_put_number(m, SLUICE_KEY_ORCH_THREADS, required, g->orch_threads);
  if (g->patience_ms != 0) {
    sluice_put_number(m, SLUICE_KEY_PATIENCE_MS, 0, g->patience_ms);
  }
  sluice_put_number(m, SLUICE_KEY_SLOTS, required, g->slot_count);
  sluice_put_number(m, SLUICE_KEY_READY_ENTRIES, required, g->ready_queue_entries);
  sluice_put_numbers(m, SLUICE_KEY_BUFFER_RECORDS, required, g->buffer_records, SLUICE_ALL_KINDS);
  sluice_put_numbers(m, SLUICE_KEY_BUFFERS, 0, g->buffers_per_instance, SLUICE_ALL_KINDS);
  sluice_put_number(m, SLUICE_KEY_PLACEMENTS, 0, g->placements);
  sluice_put_number(m, SLUICE_KEY_BARE_PROCESS, 0, g->bare_process);
  sluice_put(m, SLUICE_KEY_NAME, 0, g->name, strnlen(g->name, sizeof g->name - 1));
  if ((g->flags & SLUICE_FLAG_SYNTHETIC) != 0) {
    uint64_t synthetic[] = {g->synthetic_seed, g->synthetic_origin_ticks, g->synthetic_period_ticks,
                            (g->flags & SLUICE_FLAG_JITTERED) != 0};
    sluice_put(m, SLUICE_KEY_SYNTHETIC, 0, synthetic, sizeof synthetic);
  }
}

/* Remaining time to attach, in milliseconds; at least 1. */
static uint32_t time_left(uint64_t until_ns) {
  uint64_t now = clock_of(CLOCK_MONOTONIC);
  return until_ns > now + 1000000 ? (uint32_t)((until_ns - now) / 1000000) : 1;
}

static int attach_and_map(struct sluice_attach *s, char *error, size_t error_bytes) {
  uint64_t until = clock_of(CLOCK_MONOTONIC) + (uint64_t)s->attach_timeout_ms * 1000000;
  struct sluice_layout layout;
  const char *wrong = sluice_layout_init(&layout, &s->geometry);
  if (wrong == NULL && s->geometry.runtime > SLUICE_HOST_BUILD_GRAPH) {
    wrong = "no such runtime";
  }
  if (wrong != NULL) {
    return sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes, "%s", wrong);
  }
  int code = connect_to_daemon(s, s->attach_timeout_ms, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  struct sluice_message m;
  struct sluice_geometry asked = s->geometry;
  if ((asked.placements & SLUICE_ON_DEVICE) != 0 && asked.bare_process == 0) {
    asked.bare_process = sluice_device_bare_process();
  }
  sluice_request(s, &m, SLUICE_ATTACH);
  put_geometry(&m, &asked);
  code = sluice_converse(s, &m, SLUICE_ARENA, "attach", time_left(until), error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  sluice_set_reply_timeout(s->socket, time_left(until));
  size_t token_bytes = 0;
  const void *token = sluice_find(&m, SLUICE_KEY_TOKEN, &token_bytes);
  if (token_bytes != sizeof s->token) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes, "ARENA has no token");
  }
  memcpy(s->token, token, sizeof s->token);
  s->is_granted = 1;
  s->arena.session = (uint32_t)sluice_number(&m, SLUICE_KEY_SESSION);
  struct arena_reply reply = read_arena(&m);
  uint32_t placement = reply.placement;
  s->arena.placement = placement;
  uint32_t offered = s->geometry.placements != 0 ? s->geometry.placements
                                                 : SLUICE_CAN(SLUICE_PLACEMENT_SIM);
  if (placement > SLUICE_PLACEMENT_DEVICE_COPIED || (offered & SLUICE_CAN(placement)) == 0) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the arena has placement %u, which was not offered", placement);
  }
  struct sluice_share share;
  code = (SLUICE_CAN(placement) & SLUICE_ON_DEVICE) != 0
             ? sluice_receive_share(s, &share, error, error_bytes)
             : sluice_receive_descriptor(s, &s->arena.fd, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  if (reply.slots != layout.slots || !check_arena(&reply, &layout, s->geometry.regions)) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the arena that the daemon describes does not fit the geometry");
  }
  describe_arena(s, &reply);
  if ((SLUICE_CAN(placement) & SLUICE_ON_DEVICE) != 0) {
    return import_arena(s, &share, error, error_bytes);
  }
  code = map_arena(s, &reply, error, error_bytes);
  if (code == SLUICE_OK && placement == SLUICE_PLACEMENT_HOST) {
    code = sluice_device_register(s, error, error_bytes);
  }
  return code;
}

/* Attaches. If this process cannot use what was granted, returns it to the daemon at once. */
static int attach_or_end(struct sluice_attach *s, char *error, size_t error_bytes) {
  char reason[256] = "";
  int code = attach_and_map(s, reason, sizeof reason);
  if (code == SLUICE_OK) {
    return code;
  }
  if (s->is_granted) {
    let_go(s); /* before the daemon learns of it and frees its memory */
    struct sluice_message m;
    sluice_request(s, &m, SLUICE_DETACH);
    sluice_put_text(&m, SLUICE_KEY_LOST_REASON, SLUICE_FIELD_REQUIRED, reason);
    sluice_converse(s, &m, SLUICE_DETACHED, "detach", reply_timeout(s, s->attach_timeout_ms), NULL,
                    0);
  }
  return sluice_fail(code, error, error_bytes, "%s", reason);
}

/* ---- public calls ---------------------------------------------------------------------------- */

int sluice_attach_open(const char *socket_path, const struct sluice_geometry *geometry,
                       sluice_attach **session, char *error, size_t error_bytes) {
  return sluice_attach_open_within(socket_path, geometry, 0, session, error, error_bytes);
}

int sluice_attach_open_within(const char *socket_path, const struct sluice_geometry *geometry,
                              uint32_t timeout_ms, sluice_attach **session, char *error,
                              size_t error_bytes) {
  const char *path = socket_path != NULL ? socket_path : SLUICE_DEFAULT_SOCKET;
  struct sluice_attach *s = calloc(1, sizeof *s);
  if (s == NULL) {
    return sluice_fail(SLUICE_ERROR_MEMORY, error, error_bytes, "out of memory");
  }
  s->socket = -1;
  s->arena.fd = -1;
  s->geometry = *geometry;
  s->attach_timeout_ms = timeout_or(timeout_ms, "SLUICE_ATTACH_TIMEOUT_MS");
  s->attach_timeout_ms = s->attach_timeout_ms != 0 ? s->attach_timeout_ms : REPLY_TIMEOUT_MS;
  s->reply_timeout_ms = timeout_or(0, "SLUICE_REPLY_TIMEOUT_MS");
  pthread_mutex_init(&s->lock, NULL);
  int code;
  if (strlen(path) >= sizeof s->socket_path) {
    code = sluice_fail(SLUICE_ERROR_ARGUMENT, error, error_bytes,
                       "the socket path has %zu characters; Unix sockets allow %zu", strlen(path),
                       sizeof s->socket_path - 1);
  } else {
    strcpy(s->socket_path, path);
    code = attach_or_end(s, error, error_bytes);
  }
  if (code != SLUICE_OK) {
    release(s);
    return code;
  }
  *session = s;
  return SLUICE_OK;
}

void sluice_attach_reply_timeout(sluice_attach *s, uint32_t timeout_ms) {
  s->reply_timeout_ms = timeout_or(timeout_ms, "SLUICE_REPLY_TIMEOUT_MS");
}

const struct sluice_arena *sluice_attach_arena(const sluice_attach *session) {
  return &session->arena;
}

/* Lets times of a run be compared with those of other processes and hosts. */
static void put_clocks(struct sluice_message *m) {
  char boot[64] = "";
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
  if (file != NULL) {
    size_t length = fread(boot, 1, sizeof boot - 1, file);
    boot[length] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    fclose(file);
  }
  sluice_put_number(m, SLUICE_KEY_MONOTONIC_NS, 0, clock_of(CLOCK_MONOTONIC));
  sluice_put_number(m, SLUICE_KEY_REALTIME_NS, 0, clock_of(CLOCK_REALTIME));
  sluice_put_text(m, SLUICE_KEY_BOOT_ID, 0, boot);
}

void sluice_attach_name_run(sluice_attach *s, const char *name) {
  size_t bytes = name != NULL ? strlen(name) : 0;
  size_t skipped = bytes < sizeof s->run_name ? 0 : bytes - sizeof s->run_name + 1;
  /* Never starts inside a UTF-8 character. */
  while (skipped > 0 && ((unsigned char)name[skipped] & 0xC0) == 0x80) {
    skipped++;
  }
  memcpy(s->run_name, name != NULL ? name + skipped : "", bytes - skipped + 1);
}

int sluice_attach_start(sluice_attach *s, uint64_t device_base, uint64_t run_epoch, char *error,
                        size_t error_bytes) {
  struct sluice_message m;
  s->device_base = device_base != 0 ? device_base : s->arena.device_base;
  sluice_request(s, &m, SLUICE_START);
  sluice_put_number(&m, SLUICE_KEY_DEVICE_BASE, SLUICE_FIELD_REQUIRED, s->device_base);
  sluice_put_number(&m, SLUICE_KEY_RUN_EPOCH, SLUICE_FIELD_REQUIRED, run_epoch);
  if (s->run_name[0] != '\0') {
    sluice_put_text(&m, SLUICE_KEY_RUN_NAME, 0, s->run_name);
    s->run_name[0] = '\0';
  }
  put_clocks(&m);
  pthread_mutex_lock(&s->lock);
  int code = sluice_converse(s, &m, SLUICE_STARTED, "start", reply_timeout(s, REPLY_TIMEOUT_MS),
                             error, error_bytes);
  pthread_mutex_unlock(&s->lock);
  s->terminal_bank = code == SLUICE_OK ? sluice_number(&m, SLUICE_KEY_TERMINAL_BANK) : 0;
  return code;
}

/* Records that the guard has recycled in this session so far. */
static void read_lost(sluice_attach *s, uint64_t lost[SLUICE_ALL_KINDS]) {
  struct sluice_guard_stats stats;
  sluice_attach_guard_stats(s, &stats);
  memset(lost, 0, SLUICE_ALL_KINDS * sizeof lost[0]);
  memcpy(lost, stats.lost_records, sizeof stats.lost_records);
}

static void put_lost(sluice_attach *s, struct sluice_message *m) {
  uint64_t lost[SLUICE_ALL_KINDS];
  read_lost(s, lost);
  sluice_put(m, SLUICE_KEY_GUARD_LOST, 0, lost, sizeof lost);
}

/* The daemon did not answer. If it is gone, the guard settles. */
static int settle_alone(sluice_attach *s, int code, char *error, size_t error_bytes) {
  if (s->guard == NULL || sluice_connected_locked(s) || !sluice_guard_finish(s)) {
    return code;
  }
  uint64_t lost[SLUICE_ALL_KINDS];
  uint64_t sum = 0;
  read_lost(s, lost);
  for (unsigned kind = 0; kind < SLUICE_ALL_KINDS; kind++) {
    sum += lost[kind];
  }
  if (s->has_ended) {
    return sluice_fail(code, error, error_bytes,
                       "the daemon ended the session: %s; the guard counted %llu records as lost",
                       s->ended_books.text, (unsigned long long)sum);
  }
  return sluice_fail(SLUICE_ERROR_GONE, error, error_bytes,
                     "the daemon is gone; the guard counted %llu records as lost",
                     (unsigned long long)sum);
}

static int settle(sluice_attach *s, uint16_t type, uint16_t reply_type, const char *what,
                  struct sluice_books *books, char *error, size_t error_bytes) {
  struct sluice_message m;
  if (books != NULL) {
    memset(books, 0, sizeof *books);
  }
  sluice_request(s, &m, type);
  put_clocks(&m);
  put_lost(s, &m);
  pthread_mutex_lock(&s->lock);
  int code = sluice_converse(s, &m, reply_type, what, reply_timeout(s, SETTLE_TIMEOUT_MS), error,
                             error_bytes);
  if (code != SLUICE_OK) {
    code = settle_alone(s, code, error, error_bytes);
  }
  pthread_mutex_unlock(&s->lock);
  if (code == SLUICE_OK && books != NULL) {
    sluice_read_books(&m, books);
  } else if (s->has_ended && books != NULL) {
    *books = s->ended_books;
  }
  if (books != NULL) {
    read_lost(s, books->lost);
  }
  return code;
}

int sluice_attach_run_end(sluice_attach *s, struct sluice_books *books, char *error,
                          size_t error_bytes) {
  return settle(s, SLUICE_RUN_END, SLUICE_SETTLED, "the end of the run", books, error, error_bytes);
}

int sluice_attach_detach(sluice_attach *s, struct sluice_books *books, char *error,
                         size_t error_bytes) {
  return sluice_attach_detach_guarded(s, books, NULL, error, error_bytes);
}

int sluice_attach_detach_guarded(sluice_attach *s, struct sluice_books *books,
                                 struct sluice_guard_stats *stats, char *error,
                                 size_t error_bytes) {
  if (s->arena.base == NULL) {
    /* The daemon frees its memory when it answers, and must be its last user. */
    sluice_device_release(s);
  }
  int code = settle(s, SLUICE_DETACH, SLUICE_DETACHED, "detach", books, error, error_bytes);
  if (stats != NULL) {
    sluice_attach_guard_stats(s, stats);
  }
  release(s);
  return code;
}

int sluice_resume_locked(struct sluice_attach *s, uint32_t timeout_ms, char *error,
                         size_t error_bytes) {
  hang_up(s);
  if (s->has_ended) {
    /* As the daemon would answer: it no longer knows the token. */
    return sluice_fail(SLUICE_ERROR_TOKEN, error, error_bytes, "the daemon ended the session: %s",
                       s->ended_books.text);
  }
  int code = connect_to_daemon(s, timeout_ms, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  sluice_guard_yield(s);
  struct sluice_message m;
  sluice_request(s, &m, SLUICE_RESUME);
  put_lost(s, &m);
  code = sluice_converse(s, &m, SLUICE_RESUMED, "resume", timeout_ms, error, error_bytes);
  if (code == SLUICE_OK && sluice_number(&m, SLUICE_KEY_ARENA_BYTES) != s->arena.bytes) {
    code =
        sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes, "the daemon resumed another arena");
  }
  if (code != SLUICE_OK) {
    hang_up(s);
  }
  return code;
}

int sluice_attach_resume(sluice_attach *s, char *error, size_t error_bytes) {
  pthread_mutex_lock(&s->lock);
  int code = sluice_resume_locked(s, reply_timeout(s, REPLY_TIMEOUT_MS), error, error_bytes);
  pthread_mutex_unlock(&s->lock);
  return code;
}

int sluice_connected_locked(struct sluice_attach *s) {
  if (s->socket < 0) {
    return 0;
  }
  char byte;
  ssize_t seen = recv(s->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen > 0) {
    sluice_hear_of_end(s); /* no request is open, so it can be nothing else */
    return !s->has_ended;
  }
  return seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

int sluice_attach_connected(sluice_attach *s) {
  pthread_mutex_lock(&s->lock);
  int connected = sluice_connected_locked(s);
  pthread_mutex_unlock(&s->lock);
  return connected;
}

void sluice_attach_abandon(sluice_attach *s) {
  release(s);
}

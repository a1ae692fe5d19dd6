/*
 * sluice_attach.h - how a producer process hands its profiling memory to the Sluice daemon.
 *
 * Two parts: the wire messages, which a client in any language must send, and the C client
 * (libsluice_attach), which most runtimes link.
 *
 * The conversation runs over one SOCK_STREAM Unix socket, by default /run/sluice/attach.sock:
 *
 *    client                                daemon
 *      | -- ATTACH (layout, shape) ----------> |   checks peer and shape, creates the arena
 *      | <------------- ARENA (sizes, token) - |
 *      | <--- one byte carrying the arena fd - |   SCM_RIGHTS; only if ARENA's status is SLUICE_OK
 *      |      or, for device memory, SHARE     |   a key or handle to import it
 *      |   maps the fd and registers it with its device, if any; or imports the memory
 *      | -- START (address of arena byte 0, -> |   initialises the region, fills the free queues,
 *      |           run epoch, clocks)          |   starts draining
 *      | <----------- STARTED (terminal bank) - |   launch the device only now
 *      |   ... the device runs ...
 *      | -- RUN_END (clocks) ----------------> |   the device is complete: drains all, settles
 *      | <------------------ SETTLED (books) - |   another START may follow: a new run, same arena
 *      | -- DETACH (clocks) -----------------> |   ends an open run like RUN_END, frees the arena
 *      | <----------------- DETACHED (books) - |
 *
 * If the connection ends without DETACH and the client process has died, the daemon salvages: it
 * recovers all published and committed records. If the process lives, the daemon keeps the session
 * for a grace time; the client may reconnect with RESUME and the session token.
 *
 * A message is a struct sluice_header followed by fields, all little endian. A field is a struct
 * sluice_field followed by its value, zero-padded to a multiple of 8 bytes. A value is a number
 * (u64), numbers (u64 each), text (UTF-8, no NUL) or bytes. Each key appears at most once, in any
 * order. A receiver skips a field whose key it does not know or the message does not use; if the
 * field has SLUICE_FIELD_REQUIRED, it refuses the message instead. So a newer client can send a new
 * field to an older daemon and mark whether it can do without. The daemon refuses a message that
 * breaks these rules with one line of text and closes the connection; other sessions are not
 * affected.
 *
 * Version 1 had fixed messages of 256 bytes without keys. The daemon refuses such clients with a
 * version 1 reply.
 */
#ifndef SLUICE_ATTACH_H
#define SLUICE_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SLUICE_API __attribute__((visibility("default")))
#else
#define SLUICE_API
#endif

#define SLUICE_MESSAGE_MAGIC 0x43554C53u /* "SLUC" */
#define SLUICE_MESSAGE_VERSION 2
#define SLUICE_MESSAGE_MAX_BYTES 8192
#define SLUICE_TOKEN_BYTES 16
/* Kinds of the swimlane: 0 aicpu task, 1 sched phase, 2 orch phase, 3 aicore task. */
#define SLUICE_KINDS 4
/* Array size for all kinds: 4 pmu, 5 scope stats; 6 and 7 are unused. */
#define SLUICE_ALL_KINDS 8
#define SLUICE_DEFAULT_SOCKET "/run/sluice/attach.sock"

struct sluice_header {
  uint32_t magic;    /*  0 */
  uint16_t version;  /*  4 */
  uint16_t type;     /*  6  enum sluice_message_type */
  uint32_t bytes;    /* 8 whole message: a multiple of 8, at most SLUICE_MESSAGE_MAX_BYTES */
  uint32_t reserved; /* 12  must be 0 */
};

struct sluice_field {
  uint16_t key;   /* 0  enum sluice_key */
  uint16_t flags; /* 2  SLUICE_FIELD_REQUIRED or 0 */
  uint32_t bytes; /* 4 value without its padding */
};

#define SLUICE_FIELD_REQUIRED 1u

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct sluice_header) == 16, "header size is part of the contract");
_Static_assert(sizeof(struct sluice_field) == 8, "field size is part of the contract");
#endif

enum sluice_message_type {
  SLUICE_ATTACH = 1,
  SLUICE_ARENA = 2,
  SLUICE_START = 3,
  SLUICE_STARTED = 4,
  SLUICE_RUN_END = 5,
  SLUICE_SETTLED = 6,
  SLUICE_DETACH = 7,
  SLUICE_DETACHED = 8, /* unsolicited, with an error status: the daemon ended the session */
  SLUICE_RESUME = 9,
  SLUICE_RESUMED = 10,
  SLUICE_REFUSED = 11, /* reply to a request type that the daemon does not know */
  SLUICE_SHARE = 12
};

/*
 * Field keys. A * marks required fields. "By kind" is an array indexed by kind, "by region" an
 * array indexed by enum sluice_region; missing elements at the end of an array are zero.
 */
enum sluice_key {
  /* any reply; only STATUS is always present */
  SLUICE_KEY_STATUS = 1,  /* number: enum sluice_status */
  SLUICE_KEY_TEXT = 2,    /* text: one human-readable line */
  SLUICE_KEY_SESSION = 3, /* number */
  SLUICE_KEY_TOKEN = 4,   /* 16 bytes *: in ARENA and in every request but ATTACH */
  /* ATTACH: 0 or absent means "the layout's default" or "the daemon decides" */
  SLUICE_KEY_DEVICE = 5,          /* number, as the daemon's host numbers devices */
  SLUICE_KEY_LAYOUT = 6,          /* text *: "chip-2026.09/a2a3", generation and platform */
  SLUICE_KEY_FACTS = 7,           /* number: bitwise OR of SLUICE_OVERRIDE(...) */
  SLUICE_KEY_RUNTIME = 8,         /* text: tensormap_and_ringbuffer, host_build_graph */
  SLUICE_KEY_REGIONS = 9,         /* number: bitwise OR of SLUICE_REGION(...); absent: swimlane */
  SLUICE_KEY_LEVEL = 10,          /* number *: 1 to 4 */
  SLUICE_KEY_CORES = 11,          /* number *: the device's worker_count */
  SLUICE_KEY_SCHED_THREADS = 12,  /* number * */
  SLUICE_KEY_ORCH_THREADS = 13,   /* number */
  SLUICE_KEY_SLOTS = 14,          /* number: slots of a free queue; also in ARENA */
  SLUICE_KEY_READY_ENTRIES = 15,  /* number: entries of a ready queue */
  SLUICE_KEY_BUFFER_RECORDS = 16, /* numbers by kind: records per buffer */
  SLUICE_KEY_BUFFERS = 17,        /* numbers by kind: buffers per pool */
  SLUICE_KEY_PLACEMENTS = 18,     /* number: bitwise OR of SLUICE_CAN(...); absent: sim */
  SLUICE_KEY_BARE_PROCESS = 19,   /* number: the client's pid as the device driver reports it */
  SLUICE_KEY_NAME = 20,           /* text, at most 63 bytes: name of the client */
  SLUICE_KEY_SYNTHETIC = 21,      /* 4 numbers: seed, origin ticks, period ticks, jittered */
  /* ARENA and RESUMED: offsets are from arena byte 0 */
  SLUICE_KEY_PLACEMENT = 22,       /* number: enum sluice_placement */
  SLUICE_KEY_ARENA_BYTES = 23,     /* number */
  SLUICE_KEY_REGION_OFFSETS = 24,  /* numbers by region */
  SLUICE_KEY_REGION_BYTES = 25,    /* numbers by region; 0: not granted */
  SLUICE_KEY_ROTATION_OFFSET = 26, /* number: u64[num_cores], filled by the device */
  SLUICE_KEY_BUFFERS_OFFSET = 27,  /* number */
  SLUICE_KEY_GRANTED = 28,         /* numbers by kind: total buffers */
  SLUICE_KEY_BUFFER_OFFSETS = 29,  /* numbers by kind: offset of the first of the contiguous
                                      buffers. 0: not given; the guard then cannot rescue buffers
                                      that the daemon held when it died */
  /* SHARE: device memory that the daemon allocated and keeps until the session ends */
  SLUICE_KEY_SHARE_ROUTE = 30,  /* number: enum sluice_share_route */
  SLUICE_KEY_SHARE_BYTES = 31,  /* number */
  SLUICE_KEY_SHARE_HANDLE = 32, /* number, for SLUICE_SHARE_HANDLE */
  SLUICE_KEY_SHARE_KEY = 33,    /* text, for SLUICE_SHARE_IPC_KEY */
  /* START */
  SLUICE_KEY_DEVICE_BASE = 34, /* number *: address at which the device sees arena byte 0 */
  SLUICE_KEY_RUN_EPOCH = 35,   /* number: what the device stamps into buffers; 0: unknown */
  /* START, RUN_END and DETACH: the client's clocks at the time of the request */
  SLUICE_KEY_MONOTONIC_NS = 36, /* number: CLOCK_MONOTONIC */
  SLUICE_KEY_REALTIME_NS = 37,  /* number: CLOCK_REALTIME, ns since 1970 */
  SLUICE_KEY_BOOT_ID = 38,      /* text: /proc/sys/kernel/random/boot_id */
  /* STARTED */
  SLUICE_KEY_TERMINAL_BANK = 39, /* number: device address of the run's bank; 0: no bank */
  /* DETACH */
  SLUICE_KEY_LOST_REASON = 40, /* text: the call that failed and its result, when the client cannot
                                  use the memory it was granted. The session ends at once; an open
                                  run is settled as if the client process had died */
  /* SETTLED and DETACHED: the accounting of the run, in records, numbers by kind.
     produced = collected + dropped + salvaged + never started + unaccounted */
  SLUICE_KEY_PRODUCED = 41,
  SLUICE_KEY_COLLECTED = 42,
  SLUICE_KEY_DROPPED = 43, /* by the device, or recycled by the guard; the daemon's metrics have it
                              by cause */
  SLUICE_KEY_SALVAGED = 44,
  SLUICE_KEY_UNACCOUNTED = 45, /* signed; non-zero is a bug in the device or in the daemon */
  /* ARENA and RESUMED */
  SLUICE_KEY_LOCKS_OFFSET = 46, /* number: lock page (docs/guard.md); 0: no locks and no guard */
  /* RESUME, RUN_END and DETACH */
  SLUICE_KEY_GUARD_LOST = 47, /* numbers by kind: records the guard has recycled unread so far */
  /* more fields of SETTLED and DETACHED */
  SLUICE_KEY_NEVER_STARTED = 48, /* AICore tasks dispatched but never started: an aborted run */
  /* more fields of START */
  SLUICE_KEY_RUN_NAME = 49, /* text: display name, for captures and status */
  /* more fields of ATTACH */
  SLUICE_KEY_PATIENCE_MS = 50, /* number: the client's runtime fails after this long without a
                                  buffer */
  SLUICE_KEY_PMU_EVENTS = 51,  /* number: event type of the PMU counters; absent: 2 */
  SLUICE_KEY_END
};

/* Reply status. Every value but SLUICE_OK comes with one line of text that says what to do. */
enum sluice_status {
  SLUICE_OK = 0,
  SLUICE_ERROR_VERSION = 1,   /* magic or version unknown to the daemon */
  SLUICE_ERROR_MALFORMED = 2, /* unknown type, wrong length, broken or missing field */
  SLUICE_ERROR_LAYOUT = 3,    /* no such generation, platform or override */
  SLUICE_ERROR_GEOMETRY = 4,  /* cores, threads or level outside the layout */
  SLUICE_ERROR_ARENA =
      5, /* even the smallest legal pools do not fit; the text has the arithmetic */
  SLUICE_ERROR_MEMORY = 6,      /* the host could not provide the memory */
  SLUICE_ERROR_DEVICE = 7,      /* device id not configured */
  SLUICE_ERROR_BUSY = 8,        /* too many sessions or connections */
  SLUICE_ERROR_TOKEN = 9,       /* no session has this token */
  SLUICE_ERROR_STATE = 10,      /* message not legal now, e.g. START twice */
  SLUICE_ERROR_PERMISSION = 11, /* peer credentials not allowed */
  SLUICE_ERROR_STOPPING = 12,   /* the daemon is stopping */
  SLUICE_ERROR_INTERNAL = 13,   /* internal error, see the daemon log */
  SLUICE_ERROR_PLACEMENT = 14,  /* the client did not offer the placement that the device has */
  SLUICE_ERROR_DEVICE_DOWN = 15, /* the device has failed or is gone; the daemon keeps retrying, so
                                    may the client */
  /* client side only, never on the wire */
  SLUICE_ERROR_CONNECT = 100,  /* no daemon listens on the socket */
  SLUICE_ERROR_PROTOCOL = 101, /* the reply is not a valid message, or the connection ended */
  SLUICE_ERROR_MAP = 102,      /* the arena could not be mapped */
  SLUICE_ERROR_ARGUMENT = 103,
  SLUICE_ERROR_CANN = 104, /* a call of the vendor's libraries failed; the text has call and code */
  SLUICE_ERROR_GONE = 105 /* no daemon holds the session; books.lost has the guard's count */
};

enum sluice_generation {
  SLUICE_L2_2026_06 = 1,
  SLUICE_L2_2026_07 = 2,
  SLUICE_CHIP_2026_08 = 3,
  SLUICE_CHIP_2026_09 = 4
};

/*
 * The ways in which runtimes differ on the wire. A generation fixes a value for each fact;
 * geometry.facts overrides single facts, for a runtime between two generations. Values are numbered
 * from 0 in the order listed; docs/abi.md explains them.
 */
enum sluice_fact {
  SLUICE_FACT_QUEUES,          /* 4, 5, 7 */
  SLUICE_FACT_GRID,            /* by num_cores, by the platform's maximum */
  SLUICE_FACT_BACKPRESSURE,    /* none, block */
  SLUICE_FACT_PHASE_RECORD,    /* kind at 20, kind at 44 */
  SLUICE_FACT_PHASE_KINDS,     /* of l2-2026.06, of l2-2026.07, of chip-2026.08,
                                  tensormap_and_ringbuffer, host_build_graph */
  SLUICE_FACT_READY_ENTRY,     /* plain, schema 1 */
  SLUICE_FACT_BUFFER_IDENTITY, /* none, in the tail */
  SLUICE_FACT_POOL_COUNTERS,   /* none, aicore, all */
  SLUICE_FACT_TERMINAL_BANKS,  /* 0, 2, 3 */
  SLUICE_FACT_WAIT,            /* none, 20 us, unlimited, 30 s */
  SLUICE_FACT_ENTRY_ORDER,     /* unordered, ordered */
  SLUICE_FACT_PHASE_LOSS,      /* leaks the buffer, keeps it */
  SLUICE_FACT_AICORE_ROTATION, /* publishes first, pops first */
  SLUICE_FACT_FAILED_FLUSH,    /* forgets the buffer, keeps it */
  SLUICE_FACT_AICORE_COUNT,    /* nominal, exact */
  SLUICE_FACT_COUNTER_END,     /* wraps, saturates */
  SLUICE_FACTS
};

/* For geometry.facts: the bitwise OR of all overrides. */
#define SLUICE_OVERRIDE(fact, value) ((uint64_t)((value) + 1) << (4 * (fact)))
enum sluice_platform { SLUICE_A2A3 = 1, SLUICE_A5 = 2 };

/* Which of the two runtimes drives the device. This decides the meaning of phases and task ids. */
enum sluice_runtime {
  SLUICE_RUNTIME_DEFAULT = 0, /* the layout's default */
  SLUICE_TENSORMAP_AND_RINGBUFFER = 1,
  SLUICE_HOST_BUILD_GRAPH = 2
};

/* The device's profilers, numbered as the bits of enable_profiling_flag. */
enum sluice_region {
  SLUICE_REGION_ARGS_DUMP = 0,
  SLUICE_REGION_SWIMLANE = 1,
  SLUICE_REGION_PMU = 2,
  SLUICE_REGION_DEP_GEN = 3,
  SLUICE_REGION_SCOPE_STATS = 4,
  SLUICE_REGIONS
};

/* For geometry.regions. The swimlane is mandatory. PMU and scope stats exist in layouts of
 * chip-2026.09; the daemon refuses all others. */
#define SLUICE_REGION(region) (1u << (region))

/* Who owns the arena memory. The daemon's configuration decides; the client offers what it can
 * use. */
enum sluice_placement {
  SLUICE_PLACEMENT_SIM = 1,  /* the daemon's, mapped by the client; no device */
  SLUICE_PLACEMENT_HOST = 2, /* as SIM, and the client registers it with its device */
  SLUICE_PLACEMENT_DEVICE_MAPPED = 3, /* the device's; client imports, daemon maps (a2a3) */
  SLUICE_PLACEMENT_DEVICE_COPIED = 4  /* the device's; client imports, daemon copies (a5) */
};

/* For geometry.placements. */
#define SLUICE_CAN(placement) (1u << (placement))
#define SLUICE_CAN_ALL                                                     \
  (SLUICE_CAN(SLUICE_PLACEMENT_SIM) | SLUICE_CAN(SLUICE_PLACEMENT_HOST) | \
   SLUICE_CAN(SLUICE_PLACEMENT_DEVICE_MAPPED) | SLUICE_CAN(SLUICE_PLACEMENT_DEVICE_COPIED))

/* How the client imports device memory. */
enum sluice_share_route { SLUICE_SHARE_IPC_KEY = 1, SLUICE_SHARE_HANDLE = 2 };
#define SLUICE_SHARE_KEY_BYTES 65

/* geometry.flags. Record content follows synthetic_*, so the daemon can check every bit. */
#define SLUICE_FLAG_SYNTHETIC 1u
/* The synthetic content is the jittered variant. */
#define SLUICE_FLAG_JITTERED 2u

/* ---- the C client ---------------------------------------------------------------------------- */

/* What a client requests. 0 in an override means the layout's default; in buffers, "the daemon
 * decides". */
struct sluice_geometry {
  uint32_t device;
  uint16_t generation; /* enum sluice_generation */
  uint16_t platform;   /* enum sluice_platform */
  uint32_t level;      /* 1..4 */
  uint32_t num_cores;  /* the device's worker_count */
  uint32_t sched_threads; /* AICPU scheduler threads: ready queues 0..n-1 */
  uint32_t orch_threads;  /* 0 or 1: the orchestrator pool is in use */
  uint32_t slot_count;
  uint32_t ready_queue_entries;
  uint32_t buffer_records[SLUICE_ALL_KINDS];
  uint32_t buffers_per_instance[SLUICE_ALL_KINDS];
  uint32_t flags;
  uint32_t placements; /* bitwise OR of SLUICE_CAN(...) that the client can use; 0 = sim only */
  uint64_t synthetic_seed;
  uint64_t synthetic_origin_ticks;
  uint64_t synthetic_period_ticks;
  char name[64];         /* of the client, for logs and captures; NUL terminated */
  uint32_t bare_process; /* the client's pid as the device driver reports it; 0 = as the kernel */
  uint32_t runtime;      /* enum sluice_runtime */
  uint64_t facts;        /* bitwise OR of SLUICE_OVERRIDE(...) where the generation differs */
  uint32_t regions;      /* bitwise OR of SLUICE_REGION(...); 0 = the swimlane */
  uint32_t patience_ms;  /* the runtime fails when nothing moves for this long: the daemon gives up
                            on a stalled disk in half that time. 0 = no such limit */
  uint32_t pmu_events;   /* PMU event type, 1 to 8, which the daemon writes for the device; 0 = 2 */
};

/* The accounting of a run, by kind, in records. */
struct sluice_books {
  uint64_t produced[SLUICE_ALL_KINDS];
  uint64_t collected[SLUICE_ALL_KINDS];
  uint64_t dropped[SLUICE_ALL_KINDS];
  uint64_t salvaged[SLUICE_ALL_KINDS];
  int64_t unaccounted[SLUICE_ALL_KINDS];
  uint64_t never_started[SLUICE_ALL_KINDS]; /* dispatched to a core that ended without them */
  char text[128];
  /* Records that the guard recycled unread in this session so far, while no daemon held it. Always
   * filled in, even where the daemon did not answer and all other numbers are 0. A daemon that
   * resumes the session counts those of the run as dropped. */
  uint64_t lost[SLUICE_ALL_KINDS];
};

typedef struct sluice_attach sluice_attach; /* one session; used by one thread at a time */

/* What a producer needs for its launch. */
struct sluice_arena {
  uint8_t *base; /* arena byte 0 in this process; NULL for device memory */
  size_t bytes;
  uint8_t *region; /* the data header in this process; NULL for device memory */
  size_t region_bytes;
  uint64_t *rotation_table; /* in this process; NULL for device memory */
  /*
   * The address at which the device sees the arena. The launch arguments are *_swimlane_data_base =
   * device_base + region_offset, *_aicore_rotation_table = device_base + rotation_offset.
   */
  uint64_t device_base;
  uint64_t region_offset;
  uint64_t rotation_offset;
  uint32_t placement;       /* enum sluice_placement */
  int fd;                   /* owned by the session; valid until detach or abandon; -1 if none */
  uint32_t session;
  uint32_t slot_count;
  uint32_t buffers[SLUICE_ALL_KINDS];
  uint64_t buffer_offset[SLUICE_ALL_KINDS]; /* as in the ARENA reply; 0 = not given */
  /* By enum sluice_region, from arena byte 0; a size of 0 = not granted. */
  uint64_t region_offsets[SLUICE_REGIONS];
  uint64_t region_sizes[SLUICE_REGIONS];
};

/*
 * Connects, requests an arena and maps it. socket_path NULL means SLUICE_DEFAULT_SOCKET. Returns
 * SLUICE_OK and *session, or an error code and one line in error (always NUL terminated).
 *
 * If geometry.placements offers more than sim, the calling thread must have set its device: the
 * arena is registered with that device or imported for it. The same holds for the thread that
 * detaches. The client loads libascendcl.so only for such placements: the copy that the process has
 * already loaded, or from the directory SLUICE_CANN_DIRECTORY, or from where the dynamic linker
 * finds it.
 */
SLUICE_API int sluice_attach_open(const char *socket_path, const struct sluice_geometry *geometry,
                                  sluice_attach **session, char *error, size_t error_bytes);

/*
 * As sluice_attach_open, with a limit in milliseconds for the whole call, connecting included. 0
 * means the environment variable SLUICE_ATTACH_TIMEOUT_MS, or 30000 if that is unset;
 * sluice_attach_open uses 0. A healthy daemon needs some tenths of a second to create a large
 * arena; a runtime that must not hang, and can run without profiling, passes 2000. After a timeout
 * the daemon abandons the attach as well, at its next check.
 */
SLUICE_API int sluice_attach_open_within(const char *socket_path,
                                         const struct sluice_geometry *geometry,
                                         uint32_t timeout_ms, sluice_attach **session, char *error,
                                         size_t error_bytes);

/*
 * Sets how long each later call waits for its reply, in milliseconds. 0 means the environment
 * variable SLUICE_REPLY_TIMEOUT_MS, or if that is unset 30000 for start and resume, and 120000 for
 * run_end and detach, which may wait for a disk. A timeout ends the connection, not the session:
 * the daemon goes on draining, and resume is legal.
 */
SLUICE_API void sluice_attach_reply_timeout(sluice_attach *session, uint32_t timeout_ms);

SLUICE_API const struct sluice_arena *sluice_attach_arena(const sluice_attach *session);

/*
 * sluice_attach_open without structs, for ctypes and similar. layout is one of the eight names such
 * as "l2-2026.07/a2a3", placements the bitwise OR of 1 << enum sluice_placement, name the client's.
 * Overrides need the struct.
 */
SLUICE_API int sluice_attach_open_layout(const char *socket_path, const char *layout,
                                         uint32_t device, uint32_t level, uint32_t num_cores,
                                         uint32_t sched_threads, uint32_t orch_threads,
                                         uint32_t placements, const char *name,
                                         sluice_attach **session, char *error, size_t error_bytes);

/* For the launch arguments: *_swimlane_data_base and *_aicore_rotation_table. */
SLUICE_API uint64_t sluice_attach_data_base(const sluice_attach *session);
SLUICE_API uint64_t sluice_attach_rotation_table(const sluice_attach *session);

/*
 * For the launch arguments: pmu_data_base, scope_stats_data_base, by enum sluice_region; 0 if the
 * region was not granted. The caller sets the region's bit in enable_profiling_flag.
 */
SLUICE_API uint64_t sluice_attach_region_base(const sluice_attach *session, uint32_t region);

/* For the launch arguments of a5: aicore_pmu_ring_addrs; 0 if there are none. */
SLUICE_API uint64_t sluice_attach_pmu_rings(const sluice_attach *session);

/* The granted placement, enum sluice_placement. */
SLUICE_API uint32_t sluice_attach_placement(const sluice_attach *session);

/*
 * Asks the daemon to initialise the region and start draining. Once this returns SLUICE_OK, the
 * device may be launched. device_base is the address at which the device sees arena byte 0; 0 means
 * sluice_arena.device_base, which is right unless the caller registered the memory itself.
 * run_epoch is what the device will stamp into its buffers (chip-2026.09: run_result_epoch); 0 if
 * unknown: the daemon then takes it from the first buffer.
 */
SLUICE_API int sluice_attach_start(sluice_attach *session, uint64_t device_base, uint64_t run_epoch,
                                   char *error, size_t error_bytes);

/*
 * Names the run that the next sluice_attach_start begins, for captures, status and exports: the
 * runtime's own name for it, for example the directory of its files. A name longer than 511 bytes
 * keeps its end. NULL, or no call, leaves the run unnamed.
 */
SLUICE_API void sluice_attach_name_run(sluice_attach *session, const char *name);

/* For the launch arguments of this run: *_swimlane_run_terminal_bank; 0 if the layout has none. */
SLUICE_API uint64_t sluice_attach_terminal_bank(const sluice_attach *session);

/* Call when the device is complete: waits until everything is drained and the books are settled.
 * books may be NULL. While the device's counters still move, the daemon answers SLUICE_ERROR_STATE
 * and the run continues unchanged: wait for the device, then call again. */
SLUICE_API int sluice_attach_run_end(sluice_attach *session, struct sluice_books *books,
                                     char *error, size_t error_bytes);

/* Ends an open run as run_end does, then ends the session, even if the device still writes: records
 * in its buffers then stay in flight. Frees *session whatever the outcome. Returns
 * SLUICE_ERROR_STATE if the daemon has already ended the session, at an operator's request or
 * because its device failed: error has the reason, and books the counts until then. Returns
 * SLUICE_ERROR_GONE if no daemon holds the session any more, because the daemon died: only
 * books.lost, the guard's count, is known then. run_end returns SLUICE_ERROR_GONE as well, and
 * leaves the session to be detached. */
SLUICE_API int sluice_attach_detach(sluice_attach *session, struct sluice_books *books, char *error,
                                    size_t error_bytes);

/* After a lost connection: reconnects and continues the session. The mapping is unchanged. */
SLUICE_API int sluice_attach_resume(sluice_attach *session, char *error, size_t error_bytes);

/* Closes the connection and unmaps without notifying the daemon, as a crash would. */
SLUICE_API void sluice_attach_abandon(sluice_attach *session);

/* 1 while the connection to the daemon is up, 0 after the daemon closed it or died. */
SLUICE_API int sluice_attach_connected(sluice_attach *session);

/* ---- the guard ------------------------------------------------------------------------------- */

/*
 * The guard keeps a dead daemon from hanging the workload. It is one small thread of this process
 * that normally sleeps. Each daemon thread that writes to the arena holds a lock in it; the kernel
 * releases the lock when that thread ends, within milliseconds of a SIGKILL. The guard acts once it
 * has taken all locks, grace_ms have passed, and no daemon has answered sluice_attach_resume
 * meanwhile. It then does the least that a daemon must do: it pops ready entries unread, pushes
 * their buffers back to the free queue of the pool they came from, and counts their records as
 * lost, until a daemon resumes the session or the session ends.
 *
 * The host's words have one writer at any time: the process that holds all locks. The guard does
 * not react to a lost connection, a failed call in this process or a daemon that does not answer. A
 * stopped daemon (SIGSTOP, a debugger) holds its locks, so the guard only reports
 * SLUICE_GUARD_STALLED. Resuming, from any thread, returns the locks before the daemon gets the
 * request.
 *
 * grace_ms: how long a daemon may be gone before the guard gives up records. A runtime that fails
 * when nothing moves for half a second needs at most 200.
 */
enum sluice_guard_state {
  SLUICE_GUARD_WATCHES = 0, /* a daemon holds the session */
  SLUICE_GUARD_STALLED = 1, /* a daemon holds it; none of its threads moved for the grace time */
  SLUICE_GUARD_WAITS = 2,   /* no daemon holds it, and the grace time is not over */
  SLUICE_GUARD_RECYCLES = 3
};

struct sluice_guard_stats {
  uint64_t lost_records[SLUICE_ALL_KINDS]; /* written, then recycled unread; exact for AICore too */
  uint64_t lost_buffers[SLUICE_ALL_KINDS];
  uint64_t rescued_buffers; /* held by the dead daemon, given to starved pools */
  uint64_t takeovers;       /* times the guard began to recycle */
  uint64_t resumes;         /* times a daemon took the session back */
  uint64_t stalls;          /* times a daemon stood still for the grace time */
  uint64_t gone_at_ns;      /* CLOCK_MONOTONIC when the guard last found no daemon; 0: never */
  uint32_t state;           /* enum sluice_guard_state */
  uint32_t reserved;
};

/*
 * Starts the guard. Legal once, after sluice_attach_start; the guard ends with detach or abandon.
 * Not available for imported device memory, which this process cannot read: that memory goes away
 * with the daemon.
 */
SLUICE_API int sluice_attach_guard_start(sluice_attach *session, uint32_t grace_ms, char *error,
                                         size_t error_bytes);

/* A snapshot of what the guard has done so far; zeros if no guard was started. After run_end it is
 * complete and includes what the dead daemon left in the arena. */
SLUICE_API void sluice_attach_guard_stats(sluice_attach *session, struct sluice_guard_stats *stats);

/* As sluice_attach_detach, and returns the guard's final stats, which are not available afterwards.
 * books and stats may be NULL. */
SLUICE_API int sluice_attach_detach_guarded(sluice_attach *session, struct sluice_books *books,
                                            struct sluice_guard_stats *stats, char *error,
                                            size_t error_bytes);

/* ---- the offset table ---------------------------------------------------------------------- */

/* One measured size or offset of the device structs; other languages check their numbers against
 * it. */
struct sluice_abi_row {
  const char *layout; /* "l2-2026.06/a2a3", ... or "all" */
  const char *type;   /* "DataHeader", "Pool", "FreeQueue", "AicpuTaskRecord", ... */
  const char *field;  /* field name in snake case, or "sizeof" */
  uint64_t value;
};

SLUICE_API const struct sluice_abi_row *sluice_abi_table(size_t *rows);

#ifdef __cplusplus
}
#endif

#endif

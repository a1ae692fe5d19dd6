/*
 * sluice_attach.h - how a producer process hands its profiling memory to the Sluice daemon.
 *
 * One header, two parts: the wire messages (what any client must send, whatever its language), and
 * the C client (libsluice_attach) that most runtimes link.
 *
 * The conversation runs over one SOCK_STREAM Unix socket, default /run/sluice/attach.sock. Every
 * message, in either direction, is exactly SLUICE_MESSAGE_BYTES long, little endian, naturally
 * aligned:
 *
 *    client                                daemon
 *      | -- ATTACH (geometry) ---------------> |   checks peer and geometry, makes the arena
 *      | <------------- ARENA (sizes, token) - |
 *      | <--- one byte carrying the arena fd - |   SCM_RIGHTS; only if ARENA.status is SLUICE_OK
 *      |      or, for memory of a device, SHARE |   a key or handle to import it by
 *      |   maps the fd, registers it with the device where there is one; or imports
 *      | -- START (address of arena byte 0) -> |   initialises the region, fills the free queues,
 *      |                                       |   starts draining
 *      | <------------------------- STARTED -- |   the device may be launched only now
 *      |   ... the device runs ...
 *      | -- RUN_END -------------------------> |   the device is complete: drain to empty, settle
 *      | <------------------ SETTLED (books) - |   another START may follow: a new run, same arena
 *      | -- DETACH --------------------------> |   as RUN_END if a run is open, then the arena goes
 *      | <----------------- DETACHED (books) - |
 *
 * A connection that ends without DETACH while its process has died means salvage: the daemon
 * recovers what was published and what was committed. If the process lives, the daemon keeps the
 * session for a grace time and the client may reconnect with RESUME and the session token.
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
#define SLUICE_MESSAGE_VERSION 1
#define SLUICE_MESSAGE_BYTES 256
#define SLUICE_TOKEN_BYTES 16
#define SLUICE_KINDS \
  4 /* index = BufferKind: 0 aicpu task, 1 sched phase, 2 orch phase, 3 aicore task */
#define SLUICE_DEFAULT_SOCKET "/run/sluice/attach.sock"

enum sluice_message_type {
  SLUICE_ATTACH = 1,
  SLUICE_ARENA = 2,
  SLUICE_START = 3,
  SLUICE_STARTED = 4,
  SLUICE_RUN_END = 5,
  SLUICE_SETTLED = 6,
  SLUICE_DETACH = 7,
  SLUICE_DETACHED = 8, /* unasked and with a status: the session was ended by another party */
  SLUICE_RESUME = 9,
  SLUICE_RESUMED = 10,
  SLUICE_REFUSED = 11, /* reply to a message whose type the daemon cannot answer in kind */
  SLUICE_SHARE = 12
};

/* Reply status. Every value but SLUICE_OK comes with one line of text that says what to do. */
enum sluice_status {
  SLUICE_OK = 0,
  SLUICE_ERROR_VERSION = 1,   /* magic or version unknown to the daemon */
  SLUICE_ERROR_MALFORMED = 2, /* unknown type, wrong length, reserved bits set */
  SLUICE_ERROR_LAYOUT = 3,    /* no such generation, platform or override */
  SLUICE_ERROR_GEOMETRY = 4,  /* cores, threads or level outside the layout */
  SLUICE_ERROR_ARENA =
      5, /* the pools that fit are below the smallest legal ones; text has the arithmetic */
  SLUICE_ERROR_MEMORY = 6,      /* the host could not provide the memory */
  SLUICE_ERROR_DEVICE = 7,      /* device id not configured */
  SLUICE_ERROR_BUSY = 8,        /* too many sessions or connections */
  SLUICE_ERROR_TOKEN = 9,       /* no session has this token */
  SLUICE_ERROR_STATE = 10,      /* message not legal now, e.g. START twice */
  SLUICE_ERROR_PERMISSION = 11, /* peer credentials not allowed */
  SLUICE_ERROR_STOPPING = 12,   /* the daemon is stopping */
  SLUICE_ERROR_INTERNAL = 13,   /* a defect of the daemon; its log has the reason */
  SLUICE_ERROR_PLACEMENT = 14,  /* the device has a placement that the client did not offer */
  SLUICE_ERROR_DEVICE_DOWN = 15, /* the device has failed or is gone; the daemon tries it again and
                                    again: so may the client */
  /* client side only, never on the wire */
  SLUICE_ERROR_CONNECT = 100,  /* nobody listens on the socket */
  SLUICE_ERROR_PROTOCOL = 101, /* the reply is not one of ours, or the connection ended */
  SLUICE_ERROR_MAP = 102,      /* the arena could not be mapped */
  SLUICE_ERROR_ARGUMENT = 103,
  SLUICE_ERROR_CANN = 104 /* a call of the vendor's libraries failed; the text has call and code */
};

enum sluice_generation {
  SLUICE_L2_2026_06 = 1,
  SLUICE_L2_2026_07 = 2,
  SLUICE_CHIP_2026_08 = 3,
  SLUICE_CHIP_2026_09 = 4
};

/*
 * What runtimes differ in on the wire. A generation is a value for each; geometry.facts overrides
 * single ones, for a runtime between two generations. The values are numbered from 0 as they are
 * listed; docs/abi.md explains them.
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

/* For geometry.facts: or together what differs. */
#define SLUICE_OVERRIDE(fact, value) ((uint64_t)((value) + 1) << (4 * (fact)))
enum sluice_platform { SLUICE_A2A3 = 1, SLUICE_A5 = 2 };

/* Whose memory an arena is. The daemon's configuration decides; the client says what it can use. */
enum sluice_placement {
  SLUICE_PLACEMENT_SIM = 1,  /* the daemon's, mapped by the client; no device */
  SLUICE_PLACEMENT_HOST = 2, /* the same, which the client registers with its device */
  SLUICE_PLACEMENT_DEVICE_MAPPED = 3, /* the device's, imported; the daemon has it mapped (a2a3) */
  SLUICE_PLACEMENT_DEVICE_COPIED = 4  /* the device's, imported; the daemon copies (a5) */
};

/* For geometry.placements. */
#define SLUICE_CAN(placement) (1u << (placement))
#define SLUICE_CAN_ALL                                                     \
  (SLUICE_CAN(SLUICE_PLACEMENT_SIM) | SLUICE_CAN(SLUICE_PLACEMENT_HOST) | \
   SLUICE_CAN(SLUICE_PLACEMENT_DEVICE_MAPPED) | SLUICE_CAN(SLUICE_PLACEMENT_DEVICE_COPIED))

/* How memory of a device is imported (abi.md 5.5). */
enum sluice_share_route { SLUICE_SHARE_IPC_KEY = 1, SLUICE_SHARE_HANDLE = 2 };
#define SLUICE_SHARE_KEY_BYTES 65

/* geometry.flags */
#define SLUICE_FLAG_SYNTHETIC \
  1u /* record content follows synthetic_*: the daemon can check it bit by bit */
#define SLUICE_FLAG_JITTERED 2u /* and it is the jittered one; without SYNTHETIC it is malformed */

/* Body of ATTACH. Override 0: "the layout's own number"; buffers 0: "the daemon decides". */
struct sluice_geometry {
  uint32_t device;                       /*  32 */
  uint16_t generation;                   /*  36 */
  uint16_t platform;                     /*  38 */
  uint32_t level;                        /*  40  1..4 */
  uint32_t num_cores;                    /*  44  the device's worker_count */
  uint32_t sched_threads;                /*  48  AICPU scheduler threads: ready queues 0..n-1 */
  uint32_t orch_threads;                 /*  52  0 or 1: the orchestrator pool is in use */
  uint32_t slot_count;                   /*  56 */
  uint32_t ready_queue_entries;          /*  60 */
  uint32_t buffer_records[SLUICE_KINDS]; /*  64 */
  uint32_t buffers_per_instance[SLUICE_KINDS]; /*  80 */
  uint32_t flags;                              /*  96 */
  uint32_t placements; /* 100  SLUICE_CAN(...) of what the client can use; 0 = sim only */
  uint64_t synthetic_seed;                     /* 104 */
  uint64_t synthetic_origin_ticks;             /* 112 */
  uint64_t synthetic_period_ticks;             /* 120 */
  char name[64];         /* 128  who attaches, for logs and captures; NUL padded */
  uint32_t bare_process; /* 192  the client as the device's driver numbers it; 0 = as the kernel */
  uint8_t pad[4];        /* 196  must be 0 */
  uint64_t facts;        /* 200  SLUICE_OVERRIDE(...) of what the generation has otherwise */
  uint8_t pad_2[48];     /* 208  must be 0 */
};

/* Body of ARENA and RESUMED. Offsets are from arena byte 0. */
struct sluice_arena_reply {
  uint32_t placement;             /*  32 */
  uint32_t slot_count;            /*  36 */
  uint64_t arena_bytes;           /*  40 */
  uint64_t region_offset;         /*  48  data header, then the pools (abi.md 2.8) */
  uint64_t region_bytes;          /*  56 */
  uint64_t rotation_offset;       /*  64  u64[num_cores], filled by the device */
  uint64_t buffers_offset;        /*  72 */
  uint32_t buffers[SLUICE_KINDS]; /*  80  buffers granted, in all, by kind */
  /*
   *  96  arena offset of the first buffer of a kind; the buffers of a kind are contiguous, one
   *      buffer size apart. 0 means "not told": the guard then cannot rescue buffers that were in
   *      the daemon's hands when it died.
   */
  uint64_t buffer_offset[SLUICE_KINDS];
  uint8_t pad[32]; /* 128 */
  char text[96];   /* 160  reason when status is not SLUICE_OK */
};

/* Body of SHARE: memory of a device that the daemon made and keeps until the session has ended. */
struct sluice_share {
  uint32_t route;                   /*  32  enum sluice_share_route */
  uint32_t device;                  /*  36  as the daemon numbers it */
  uint64_t bytes;                   /*  40 */
  uint64_t shareable;               /*  48  for SLUICE_SHARE_HANDLE */
  char key[SLUICE_SHARE_KEY_BYTES]; /*  56  for SLUICE_SHARE_IPC_KEY */
  uint8_t pad[135];
};

/* Body of START. */
struct sluice_start {
  uint64_t device_base; /*  32  address at which the device sees arena byte 0 */
  uint8_t pad[216];     /*  40 */
};

/* Body of DETACH. */
struct sluice_end {
  /*
   *  32  1: the client cannot use the memory that it was granted. The session ends at once; a run
   *      that is open is settled as if the process of the client had died.
   */
  uint32_t is_lost;
  uint8_t pad[124];     /*  36 */
  char lost_reason[96]; /* 160  which call and what it returned; UTF-8, NUL padded */
};

/*
 * Body of SETTLED and DETACHED: the accounting law of the run, by kind, in records.
 * produced = collected + dropped + salvaged + unaccounted.
 */
struct sluice_books {
  uint64_t produced[SLUICE_KINDS];   /*  32 */
  uint64_t collected[SLUICE_KINDS];  /*  64 */
  uint64_t dropped[SLUICE_KINDS];    /*  96  by the device, by cause in the daemon's metrics */
  uint64_t salvaged[SLUICE_KINDS];   /* 128 */
  int64_t unaccounted[SLUICE_KINDS]; /* 160  not 0 is a defect: of the device, or ours */
  char text[64];                     /* 192 */
};

struct sluice_message {
  uint32_t magic;                    /*   0 */
  uint16_t version;                  /*   4 */
  uint16_t type;                     /*   6 */
  uint32_t status;                   /*   8  replies only */
  uint32_t session;                  /*  12  replies only */
  uint8_t token[SLUICE_TOKEN_BYTES]; /*  16  every request but ATTACH */
  union {                            /*  32 */
    struct sluice_geometry geometry;
    struct sluice_arena_reply arena;
    struct sluice_share share;
    struct sluice_start start;
    struct sluice_end end;
    struct sluice_books books;
    struct {
      uint8_t pad[128];
      char text[96]; /* 160: same place as arena.text, so any refusal can be printed */
    } refused;
  } body;
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct sluice_message) == SLUICE_MESSAGE_BYTES,
               "message size is part of the contract");
_Static_assert(offsetof(struct sluice_message, token) == 16, "token");
_Static_assert(offsetof(struct sluice_message, body) == 32, "body");
_Static_assert(offsetof(struct sluice_message, body.geometry.flags) == 96, "flags");
_Static_assert(offsetof(struct sluice_message, body.geometry.name) == 128, "name");
_Static_assert(offsetof(struct sluice_message, body.geometry.placements) == 100, "placements");
_Static_assert(offsetof(struct sluice_message, body.geometry.bare_process) == 192, "bare_process");
_Static_assert(offsetof(struct sluice_message, body.geometry.facts) == 200, "facts");
_Static_assert(offsetof(struct sluice_message, body.share.shareable) == 48, "shareable");
_Static_assert(offsetof(struct sluice_message, body.share.key) == 56, "key");
_Static_assert(offsetof(struct sluice_message, body.arena.buffers) == 80, "buffers");
_Static_assert(offsetof(struct sluice_message, body.arena.buffer_offset) == 96, "buffer_offset");
_Static_assert(offsetof(struct sluice_message, body.arena.text) == 160, "text");
_Static_assert(offsetof(struct sluice_message, body.books.unaccounted) == 160, "unaccounted");
_Static_assert(offsetof(struct sluice_message, body.end.lost_reason) == 160, "lost_reason");
#endif

/* ---- the C client ---------------------------------------------------------------------------- */

typedef struct sluice_attach sluice_attach; /* one session; used by one thread at a time */

/* What a producer needs to launch. */
struct sluice_arena {
  uint8_t *base; /* arena byte 0 in this process; NULL for memory of a device */
  size_t bytes;
  uint8_t *region; /* the data header in this process; NULL for memory of a device */
  size_t region_bytes;
  uint64_t *rotation_table; /* likewise */
  /*
   * Where the device sees the arena. The launch arguments are *_swimlane_data_base =
   * device_base + region_offset, *_aicore_rotation_table = device_base + rotation_offset.
   */
  uint64_t device_base;
  uint64_t region_offset;
  uint64_t rotation_offset;
  uint32_t placement;       /* enum sluice_placement */
  int fd;                   /* owned by the session; valid until detach or abandon; -1 if none */
  uint32_t session;
  uint32_t slot_count;
  uint32_t buffers[SLUICE_KINDS];
  uint64_t buffer_offset[SLUICE_KINDS]; /* as in the ARENA reply; 0 = not told */
};

/*
 * Connects, asks for an arena and maps it. socket_path NULL means SLUICE_DEFAULT_SOCKET.
 * Returns SLUICE_OK and *session, or an error and one line in error (always NUL terminated).
 *
 * With geometry.placements beyond sim, the calling thread must have set its device: the arena is
 * registered with it, or imported for it. libascendcl.so is taken from the process if it is loaded
 * there, else from the folder SLUICE_CANN_DIRECTORY, else from where the dynamic linker finds it,
 * and only when the daemon grants such an arena. The same holds for the thread that detaches.
 */
SLUICE_API int sluice_attach_open(const char *socket_path, const struct sluice_geometry *geometry,
                                  sluice_attach **session, char *error, size_t error_bytes);

SLUICE_API const struct sluice_arena *sluice_attach_arena(const sluice_attach *session);

/*
 * The same without structs, for ctypes and its like: layout is "l2-2026.07/a2a3" or another of the
 * eight, placements the sum of 1 << enum sluice_placement, name who attaches. Overrides need the
 * struct.
 */
SLUICE_API int sluice_attach_open_layout(const char *socket_path, const char *layout,
                                         uint32_t device, uint32_t level, uint32_t num_cores,
                                         uint32_t sched_threads, uint32_t orch_threads,
                                         uint32_t placements, const char *name,
                                         sluice_attach **session, char *error, size_t error_bytes);

/* For the launch arguments: *_swimlane_data_base and *_aicore_rotation_table. */
SLUICE_API uint64_t sluice_attach_data_base(const sluice_attach *session);
SLUICE_API uint64_t sluice_attach_rotation_table(const sluice_attach *session);

/* enum sluice_placement of what was granted. */
SLUICE_API uint32_t sluice_attach_placement(const sluice_attach *session);

/*
 * Asks the daemon to initialise the region and to start draining; returns when the device may be
 * launched. device_base is the address at which the device sees arena byte 0; 0 means what
 * sluice_arena.device_base says, which is right unless the caller registered the memory itself.
 */
SLUICE_API int sluice_attach_start(sluice_attach *session, uint64_t device_base, char *error,
                                   size_t error_bytes);

/* The device is complete: waits until everything is drained and the books are settled. books may be
 * NULL. Of a device whose counters still move the daemon answers SLUICE_ERROR_STATE, and the run goes
 * on as if nothing had been asked: wait for the device, then ask again. */
SLUICE_API int sluice_attach_run_end(sluice_attach *session, struct sluice_books *books,
                                     char *error, size_t error_bytes);

/* As run_end if a run is open, then ends the session, also of a device that still writes: what that
 * holds stays in flight. Frees *session whatever the outcome. If the daemon has ended the session
 * before, because an operator asked for it or its device failed, the answer is SLUICE_ERROR_STATE, the
 * error says why, and books has what was counted until then. */
SLUICE_API int sluice_attach_detach(sluice_attach *session, struct sluice_books *books, char *error,
                                    size_t error_bytes);

/* After a lost connection: connects again and continues the session. The mapping stays as it is. */
SLUICE_API int sluice_attach_resume(sluice_attach *session, char *error, size_t error_bytes);

/* Closes the connection and unmaps without a word to the daemon, as a crash would. */
SLUICE_API void sluice_attach_abandon(sluice_attach *session);

/* 1 while the connection to the daemon stands, 0 after the daemon closed it or died. */
SLUICE_API int sluice_attach_connected(sluice_attach *session);

/* ---- the guard ------------------------------------------------------------------------------- */

/*
 * The guard keeps a dead daemon from hanging the workload. It is one small thread of this process
 * that watches the connection and otherwise sleeps. Once the connection has been lost it tries
 * sluice_attach_resume now and then. When the loss lasts longer than grace_ms and nobody answers
 * for this session, it takes the daemon's place in the smallest way: it pops ready entries unread,
 * pushes their buffers back to the free queue of the pool they came from, and counts their records
 * as lost, until a resume succeeds or the session ends.
 *
 * There is one writer of the host's words at any time. The guard writes only while the kernel has
 * closed the daemon's end, and the last resume found nobody at the socket or a daemon that does not
 * know the token. Recycling and resuming exclude each other, whichever thread resumes, so the
 * recycling is complete before a new daemon hears of the session.
 */
struct sluice_guard_stats {
  uint64_t lost_records[SLUICE_KINDS]; /* records of buffers that were recycled unread */
  uint64_t lost_buffers[SLUICE_KINDS];
  uint64_t rescued_buffers; /* given back to starved pools out of what the dead daemon held */
  uint64_t takeovers;       /* times the guard began to recycle */
  uint64_t resumes;         /* times a daemon took the session back */
};

/*
 * Starts the guard; legal once, after sluice_attach_start. It ends with detach or abandon. Not for
 * imported memory of a device, which this process cannot read: there the daemon's end ends the
 * memory, too.
 */
SLUICE_API int sluice_attach_guard_start(sluice_attach *session, uint32_t grace_ms, char *error,
                                         size_t error_bytes);

/* A snapshot of what the guard has done so far; zeros if none was started. */
SLUICE_API void sluice_attach_guard_stats(sluice_attach *session, struct sluice_guard_stats *stats);

/* ---- the offset table ---------------------------------------------------------------------- */

/* One measured size or offset of the device structs; other languages compare their own numbers. */
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

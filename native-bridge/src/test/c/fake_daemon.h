/*
 * fake_daemon.h - a minimal daemon on a thread of the test: serves one session over a Unix socket,
 * drains and refills, and checks every record bit by bit.
 *
 * It is written from the wire format alone and shares no state with the producer, which runs in its
 * own process.
 */
#ifndef SLUICE_FAKE_DAEMON_H
#define SLUICE_FAKE_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "private_arena.h"
#include "sluice_attach.h"
#include "sluice_content.h"
#include "sluice_lock.h"
#include "sluice_recycle.h"

/* What the fake does, and its deliberate faults. */
enum fake_mode {
  FAKE_SERVE,          /* the whole conversation */
  FAKE_REFUSE,         /* answers ATTACH with a refusal */
  FAKE_WRONG_MAGIC,    /* answers with a wrong magic */
  FAKE_OLD_VERSION,    /* answers as version 1 would */
  FAKE_LONG_FIELD,     /* a field that extends beyond its message */
  FAKE_LONG_MESSAGE,   /* a message above the limit */
  FAKE_TRUNCATED,      /* half a reply, then the end */
  FAKE_HANG_UP,        /* closes after reading the request */
  FAKE_NO_DESCRIPTOR,  /* sends the byte without the descriptor */
  FAKE_SHORT_ARENA,    /* the descriptor has less memory than announced */
  FAKE_BAD_OFFSETS,    /* the region extends beyond the arena */
  FAKE_DIE,            /* serves, then disappears after some buffers */
  FAKE_DIE_AND_RETURN, /* disappears, and later resumes the session */
  FAKE_SILENT,         /* reads the request but never answers */
};

struct fake_kind {
  uint64_t produced; /* device totals: 32-bit per-pool counters, summed at the end */
  uint64_t collected;
  uint64_t dropped;
  uint64_t salvaged;
  uint64_t gaps;  /* indices skipped between two records of a pool */
  uint64_t wrong; /* records that differ from the content functions */
  uint64_t buffers;
};

struct fake_daemon {
  /* set before fake_start */
  char path[108];
  enum fake_mode mode;
  uint32_t buffers_per_pool[SLUICE_KINDS];
  bool
      hold; /* like a daemon's collectors, holds what it drained in its last 50 ms */
  bool dies_midway; /* within a step: a freeze is open, an entry cleared but not released */
  uint32_t resume_ms; /* delay before it answers RESUME */
  bool is_deaf;     /* answers no request after START */
  void (*in_run)(struct fake_daemon *f); /* called once a run has started; may be NULL */
  bool idle_first;  /* starts to drain when the device is done, or after 20 ms if it would block */

  /* results, valid after fake_join */
  struct fake_kind kinds[SLUICE_KINDS];
  uint64_t violations;    /* entries that named no buffer of the device, and indices out of range */
  uint64_t clamped;       /* counts above the capacity */
  uint64_t sequence_gaps; /* buffers whose sequence number was not the next */
  uint64_t unaccounted_buffers;
  bool saw_detach;
  bool saw_resume;
  int8_t core_to_thread[SLUICE_MAX_CORES];
  struct sluice_geometry geometry;

  /* private */
  pthread_t thread;
  bool is_holding;
  int listener;
  int connection;
  int memfd;
  struct sluice_recycler host;
  struct private_arena plan;
  struct sluice_locks *locks;
  struct content content;
  struct fake_buffer *buffers[SLUICE_KINDS];
  struct fake_pool *pools[SLUICE_KINDS];
};

/* Listens on path and starts the thread. */
void fake_start(struct fake_daemon *f);

/*
 * Same in two steps, for serving in a separate process. fake_serve returns when the client is gone.
 */
void fake_listen(struct fake_daemon *f);
void fake_serve(struct fake_daemon *f);

/* Waits for the end of the session and releases everything except the results. */
void fake_join(struct fake_daemon *f);

#endif

/*
 * fake_daemon.h - just enough of a daemon, on a thread of the test: serves one session over a Unix
 * socket, drains and refills, and checks every record bit by bit.
 *
 * It is written from the wire format alone and shares no state with the producer, which runs in a
 * process of its own.
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

/* What the fake does wrong, or does at all, on purpose. */
enum fake_mode {
  FAKE_SERVE,          /* the whole conversation */
  FAKE_REFUSE,         /* answers ATTACH with a refusal */
  FAKE_WRONG_MAGIC,    /* answers with something else's message */
  FAKE_OLD_VERSION,    /* answers as version 1 would */
  FAKE_LONG_FIELD,     /* a field that ends beyond its message */
  FAKE_LONG_MESSAGE,   /* a message above the limit */
  FAKE_TRUNCATED,      /* half a reply, then the end */
  FAKE_HANG_UP,        /* closes as soon as it has read the request */
  FAKE_NO_DESCRIPTOR,  /* sends the byte without the descriptor */
  FAKE_SHORT_ARENA,    /* the descriptor holds less than promised */
  FAKE_BAD_OFFSETS,    /* the region would lie beyond the arena */
  FAKE_DIE,            /* serves, then vanishes after some buffers */
  FAKE_DIE_AND_RETURN, /* vanishes, and later takes the session back */
  FAKE_SILENT,         /* reads the request and answers nothing */
};

struct fake_kind {
  uint64_t produced; /* device totals, 32 bits per pool summed up at the end */
  uint64_t collected;
  uint64_t dropped;
  uint64_t salvaged;
  uint64_t gaps;  /* indices that were skipped between two records of a pool */
  uint64_t wrong; /* records that differ from the content functions */
  uint64_t buffers;
};

struct fake_daemon {
  /* set before fake_start */
  char path[108];
  enum fake_mode mode;
  uint32_t buffers_per_pool[SLUICE_KINDS];
  bool
      hold; /* keeps what it drains in the last 50 ms before it dies, as a daemon's collectors do */
  bool dies_midway; /* in the middle of a step: a freeze is open, an entry cleared but not released */
  uint32_t resume_ms; /* how long it is busy before it answers RESUME */
  bool is_deaf;     /* answers nothing that comes after START */
  void (*in_run)(struct fake_daemon *f); /* called once, when a run has started; may be NULL */
  bool idle_first;  /* drains when the device is through; after 20 ms where it would block */

  /* results, valid after fake_join */
  struct fake_kind kinds[SLUICE_KINDS];
  uint64_t violations;    /* entries that named no buffer of the device's, indices out of range */
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

/* The same in two steps, for one that serves in a process of its own. Returns when its client is gone. */
void fake_listen(struct fake_daemon *f);
void fake_serve(struct fake_daemon *f);

/* Waits for the end of the session and releases everything but the results. */
void fake_join(struct fake_daemon *f);

#endif

/*
 * sluice_lock.h - the lock page: decides which process may write the host's words of an arena.
 *
 * Every thread that writes host words of an arena holds a lock of its lock page. The process that
 * holds all of them is the only writer. A lock is a robust futex: the kernel marks it early in the
 * exit of the thread that holds it, whatever the rest of that process still does. It is what a
 * robust pthread mutex is made of, with two differences. First, only the word lies in the arena;
 * the links that the kernel follows lie in private memory. The other process can write the arena,
 * and must not be able to make this one follow a pointer. Second, the page does not depend on a C
 * library, so a client in a container with another one understands it.
 *
 * Lock SLUICE_LOCK_SESSION marks that the daemon holds the session. It is held from the grant of
 * the arena to the end of the session, and only its holder may take the other locks. So no other
 * process can step in while a living daemon passes a lock from one of its threads to another.
 */
#ifndef SLUICE_LOCK_H
#define SLUICE_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "sluice_attach.h"

#define SLUICE_LOCKS_MAGIC 0x4b434c53u /* "SLCK" */
#define SLUICE_LOCKS_VERSION 2
#define SLUICE_LOCKS_BYTES 8192
#define SLUICE_LOCKS_MAX 111 /* the last is SLUICE_LOCK_CLAIM */

#define SLUICE_LOCK_SESSION 0 /* the daemon holds the session; on a thread that lives as long as the
                                 daemon */
#define SLUICE_LOCK_OWNER 1   /* the thread that prepares or settles a run */
#define SLUICE_LOCK_THREADS 2 /* and up: the threads that step the agents of a run */
/* Not counted among the locks in use. A returning daemon takes it to claim the session: while it is
 * held, a guard releases its locks and takes none. */
#define SLUICE_LOCK_CLAIM 110

#define SLUICE_LENT_MAX 8192 /* buffers whose loan by a guard can be recorded */

/* A lock, on its own cache line. All little endian. */
struct sluice_lock {
  uint32_t word; /* 0, or the holder's thread id in its own pid namespace */
  uint32_t reserved;
  uint64_t beats; /* incremented by the holder in each cycle: constant while it hangs */
  uint8_t pad[48];
};

/* Bits of a lock's word, as the kernel defines them. */
#define SLUICE_LOCK_HOLDER 0x3fffffffu
#define SLUICE_LOCK_DIED 0x40000000u /* the holder's thread ended without releasing it */
#define SLUICE_LOCK_WAITED 0x80000000u

struct sluice_lock_page {
  uint32_t magic;
  uint32_t version;
  uint32_t count; /* locks in use: 0 to count - 1 */
  uint32_t lock_bytes;
  uint8_t pad[48];
  struct sluice_lock locks[SLUICE_LOCKS_MAX];
  uint8_t lent[SLUICE_LENT_MAX / 8]; /* one bit per buffer, kind by kind: lent by a guard */
};

_Static_assert(sizeof(struct sluice_lock) == 64, "one line for each lock");
_Static_assert(offsetof(struct sluice_lock, beats) == 8, "as ArenaLocks.java");
_Static_assert(offsetof(struct sluice_lock_page, locks) == 64, "as ArenaLocks.java");
_Static_assert(offsetof(struct sluice_lock_page, lent) == 7168, "as ArenaLocks.java");
_Static_assert(sizeof(struct sluice_lock_page) == SLUICE_LOCKS_BYTES, "as ArenaLocks.java");

struct sluice_locks; /* one process's hold on a lock page */

/* The daemon calls the exported functions from Java. */

enum sluice_locked {
  SLUICE_LOCKED = 0,          /* this thread holds it */
  SLUICE_LOCKED_OF_DEAD = 1,  /* this thread holds it; its last holder died with it */
  SLUICE_LOCK_BUSY = -1,      /* another thread holds it */
  SLUICE_LOCK_IMPOSSIBLE = -2 /* no memory, or this thread holds locks at another distance */
};

/*
 * Opens the lock page mapped at page. NULL if there is no memory, or if page is not a lock page of
 * this version. Only the lock words of the page are trusted. Free with sluice_locks_free.
 */
struct sluice_locks *sluice_locks_new(struct sluice_lock_page *page);

/*
 * For the daemon: maps the lock page at offset of a memfd again, next to private memory at a
 * distance that is the same for every arena, so that one thread can hold locks of many arenas.
 * count > 0 creates a page, 0 expects an existing one. NULL with errno on failure.
 */
SLUICE_API struct sluice_locks *sluice_locks_map(int fd, uint64_t offset, uint32_t count);

/* Releases all locks, unmaps what sluice_locks_map mapped, and frees. */
SLUICE_API void sluice_locks_free(struct sluice_locks *locks);

uint32_t sluice_locks_count(const struct sluice_locks *locks);
SLUICE_API struct sluice_lock_page *sluice_locks_page(const struct sluice_locks *locks);

/* Takes a lock for the calling thread if it is free or its holder died. Returns enum
 * sluice_locked. */
SLUICE_API int sluice_lock_try(struct sluice_locks *locks, uint32_t lock);

/*
 * Takes a lock for the calling thread, whatever its word contains. Only for a process that holds
 * SLUICE_LOCK_SESSION, so that no other process can hold the lock.
 */
SLUICE_API int sluice_lock_force(struct sluice_locks *locks, uint32_t lock);

/* Releases a lock of this process whose holder no longer writes. Any thread; idempotent. */
SLUICE_API void sluice_lock_give(struct sluice_locks *locks, uint32_t lock);
void sluice_locks_give_all(struct sluice_locks *locks);

/* Whether a thread of this process holds the lock. */
SLUICE_API int sluice_lock_is_mine(const struct sluice_locks *locks, uint32_t lock);

/* Whether the lock has no holder, or its holder died. */
SLUICE_API int sluice_lock_is_free(const struct sluice_locks *locks, uint32_t lock);

/* Takes every free lock for the calling thread. Returns 1 once this process holds all. */
int sluice_locks_take_all(struct sluice_locks *locks);

/* 1 if this process holds all locks. */
int sluice_locks_all_mine(const struct sluice_locks *locks);

/* Waits until the lock becomes free, the time is over, or sluice_lock_wake. */
void sluice_lock_wait(const struct sluice_locks *locks, uint32_t lock, uint32_t milliseconds);

/* Ends the waits for a lock without changing it. */
void sluice_lock_wake(const struct sluice_locks *locks, uint32_t lock);

#endif

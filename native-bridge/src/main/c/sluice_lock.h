/*
 * sluice_lock.h - who may write the host's words of an arena: the lock page.
 *
 * Every thread that writes host words of an arena holds a lock of its lock page. The process that
 * holds all of them is the only writer. A lock is a robust futex: the kernel marks it early in the exit of the
 * thread that holds it, whatever the rest of that process still does. It is what a robust pthread
 * mutex is made of, with two differences. The word alone lies in the arena, and the links that the
 * kernel follows lie in private memory: the other process can write the arena, and must not be able to
 * make this one follow a pointer. And the page does not depend on a C library, so a client in a
 * container with another one understands it.
 *
 * Lock SLUICE_LOCK_SESSION says that the daemon has the session: it is held from the grant of the arena
 * to the end of the session, and only its holder may take the other locks. So while a living daemon
 * hands a lock from one of its threads to the next, no other process comes in between.
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

#define SLUICE_LOCK_SESSION 0 /* the daemon has the session; a thread that lives as long as it */
#define SLUICE_LOCK_OWNER 1   /* the thread that prepares or settles a run */
#define SLUICE_LOCK_THREADS 2 /* and up: the threads that step the agents of a run */
/* Not one of those in use: a daemon that comes back wants the session. While it holds this, a guard gives
 * back what it has, and takes nothing. */
#define SLUICE_LOCK_CLAIM 110

#define SLUICE_LENT_MAX 8192 /* buffers of which a loan by a guard can be noted */

/* A lock, on a cache line of its own. All little endian. */
struct sluice_lock {
  uint32_t word; /* 0, or the thread that holds it, as the kernel numbers it for that process */
  uint32_t reserved;
  uint64_t beats; /* counted by the holder in each of its cycles: stands still when it does */
  uint8_t pad[48];
};

/* Of a lock's word, as the kernel has them. */
#define SLUICE_LOCK_HOLDER 0x3fffffffu
#define SLUICE_LOCK_DIED 0x40000000u /* the holder's thread ended without giving it back */
#define SLUICE_LOCK_WAITED 0x80000000u

struct sluice_lock_page {
  uint32_t magic;
  uint32_t version;
  uint32_t count; /* of locks in use: 0 to count - 1 */
  uint32_t lock_bytes;
  uint8_t pad[48];
  struct sluice_lock locks[SLUICE_LOCKS_MAX];
  uint8_t lent[SLUICE_LENT_MAX / 8]; /* a bit for each buffer, kind by kind: lent by a guard */
};

_Static_assert(sizeof(struct sluice_lock) == 64, "one line for each lock");
_Static_assert(offsetof(struct sluice_lock, beats) == 8, "as ArenaLocks.java");
_Static_assert(offsetof(struct sluice_lock_page, locks) == 64, "as ArenaLocks.java");
_Static_assert(offsetof(struct sluice_lock_page, lent) == 7168, "as ArenaLocks.java");
_Static_assert(sizeof(struct sluice_lock_page) == SLUICE_LOCKS_BYTES, "as ArenaLocks.java");

struct sluice_locks; /* one process's hold on a lock page */

/* Those that are exported are for the daemon, which calls them from Java. */

enum sluice_locked {
  SLUICE_LOCKED = 0,          /* it is this thread's */
  SLUICE_LOCKED_OF_DEAD = 1,  /* likewise, and its last holder died with it */
  SLUICE_LOCK_BUSY = -1,      /* another thread has it */
  SLUICE_LOCK_IMPOSSIBLE = -2 /* no memory, or this thread holds locks of another kind of mapping */
};

/*
 * A hold on the lock page that is mapped at page. NULL if there is no memory, or if page is not one of
 * this version: nothing of it is trusted but the words. All locks given back, sluice_locks_free ends it.
 */
struct sluice_locks *sluice_locks_new(struct sluice_lock_page *page);

/*
 * For the daemon: maps the lock page at offset of a memfd once more, beside private memory at a distance
 * that is the same for every arena, so that one thread can hold locks of many arenas. count > 0 makes a
 * new page, 0 expects one. NULL, and errno.
 */
SLUICE_API struct sluice_locks *sluice_locks_map(int fd, uint64_t offset, uint32_t count);

/* Gives all locks back and frees, and unmaps what sluice_locks_map mapped. */
SLUICE_API void sluice_locks_free(struct sluice_locks *locks);

uint32_t sluice_locks_count(const struct sluice_locks *locks);
SLUICE_API struct sluice_lock_page *sluice_locks_page(const struct sluice_locks *locks);

/* Takes a lock for the calling thread if it is free or its holder died: enum sluice_locked. */
SLUICE_API int sluice_lock_try(struct sluice_locks *locks, uint32_t lock);

/*
 * Takes a lock for the calling thread, whatever its word says. Only for a process that holds
 * SLUICE_LOCK_SESSION: then no other process has it.
 */
SLUICE_API int sluice_lock_force(struct sluice_locks *locks, uint32_t lock);

/* Gives a lock back that a thread of this process holds, which writes no more. Any thread; idempotent. */
SLUICE_API void sluice_lock_give(struct sluice_locks *locks, uint32_t lock);
void sluice_locks_give_all(struct sluice_locks *locks);

/* Whether a thread of this process holds it. */
SLUICE_API int sluice_lock_is_mine(const struct sluice_locks *locks, uint32_t lock);

/* Whether it has no holder, or its holder died. */
SLUICE_API int sluice_lock_is_free(const struct sluice_locks *locks, uint32_t lock);

/* Takes all locks for the calling thread, as far as they are free: 1 once this process has all. */
int sluice_locks_take_all(struct sluice_locks *locks);

/* 1 if this process has all. */
int sluice_locks_all_mine(const struct sluice_locks *locks);

/* Waits until a lock becomes free, or for so long, or until it is woken. */
void sluice_lock_wait(const struct sluice_locks *locks, uint32_t lock, uint32_t milliseconds);

/* Ends the waits for a lock, without changing it. */
void sluice_lock_wake(const struct sluice_locks *locks, uint32_t lock);

#endif

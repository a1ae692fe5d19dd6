/* test_lock.c - arena locks: who holds them, and the effect of a death or a wild writer. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice_lock.h"
#include "sluice_shared.h"
#include "test.h"

#define OFFSET SLUICE_LOCKS_BYTES
#define COUNT 5

static int new_arena(void) {
  int fd = memfd_create("sluice-test-locks", MFD_CLOEXEC);
  CHECK_EQUAL(0, ftruncate(fd, 2 * OFFSET));
  return fd;
}

static uint32_t word(const struct sluice_locks *locks, uint32_t lock) {
  return load32_acquire((const uint8_t *)&sluice_locks_page(locks)->locks[lock].word);
}

/*
 * Forks a process that takes the locks of these arenas on one thread and holds them until killed.
 */
static pid_t hold_elsewhere(const int *arenas, unsigned count) {
  int told[2];
  char byte = 0;
  CHECK_EQUAL(0, pipe(told));
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; i < count; i++) {
      struct sluice_locks *locks = sluice_locks_map(arenas[i], OFFSET, 0);
      if (locks == NULL || sluice_locks_take_all(locks) != 1) {
        _exit(1);
      }
    }
    if (write(told[1], &byte, 1) != 1) {
      _exit(1);
    }
    for (;;) {
      pause();
    }
  }
  close(told[1]);
  CHECK_EQUAL(1, read(told[0], &byte, 1));
  close(told[0]);
  return child;
}

static void end(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void locks_have_one_holder(void) {
  int arena = new_arena();
  struct sluice_locks *ours = sluice_locks_map(arena, OFFSET, COUNT);
  struct sluice_locks *others = sluice_locks_map(arena, OFFSET, 0);
  CHECK_EQUAL(COUNT, sluice_locks_count(others));
  CHECK_EQUAL(SLUICE_LOCKED, sluice_lock_try(ours, 0));
  CHECK_EQUAL(SLUICE_LOCK_BUSY, sluice_lock_try(ours, 0));
  CHECK_EQUAL(SLUICE_LOCK_BUSY, sluice_lock_try(others, 0));
  CHECK(!sluice_locks_take_all(others));
  CHECK(sluice_lock_is_free(others, 1)); /* without the first lock it takes none of the others */
  CHECK(sluice_lock_is_mine(ours, 0) && !sluice_lock_is_mine(others, 0));
  CHECK(!sluice_locks_all_mine(ours));
  CHECK(sluice_locks_take_all(ours) && sluice_locks_all_mine(ours));
  sluice_lock_give(ours, 0);
  sluice_lock_give(ours, 0);
  CHECK_EQUAL(SLUICE_LOCKED, sluice_lock_try(others, 0));
  sluice_lock_give(ours, 0); /* no longer ours, so no effect */
  CHECK(sluice_lock_is_mine(others, 0));
  sluice_locks_free(ours);
  CHECK(sluice_locks_take_all(others));
  sluice_locks_free(others);
  close(arena);
}

static void locks_of_a_killed_process_are_free(void) {
  int arena = new_arena();
  struct sluice_locks *ours = sluice_locks_map(arena, OFFSET, COUNT);
  pid_t child = hold_elsewhere(&arena, 1);
  CHECK(!sluice_locks_take_all(ours));
  CHECK_EQUAL(child, word(ours, 1));
  end(child);
  CHECK(sluice_lock_is_free(ours, 1));
  CHECK_EQUAL(SLUICE_LOCKED_OF_DEAD, sluice_lock_try(ours, 0));
  CHECK(sluice_locks_take_all(ours));
  CHECK_EQUAL(0, word(ours, 1) & SLUICE_LOCK_DIED);
  sluice_locks_free(ours);
  close(arena);
}

static void locks_of_a_stopped_process_are_not(void) {
  int arena = new_arena();
  struct sluice_locks *ours = sluice_locks_map(arena, OFFSET, COUNT);
  pid_t child = hold_elsewhere(&arena, 1);
  kill(child, SIGSTOP);
  CHECK_EQUAL(child, waitpid(child, NULL, WUNTRACED));
  CHECK(!sluice_lock_is_free(ours, 0));
  CHECK_EQUAL(SLUICE_LOCK_BUSY, sluice_lock_try(ours, 0));
  end(child);
  sluice_locks_free(ours);
  close(arena);
}

static void *take_and_end(void *locks) {
  CHECK_EQUAL(SLUICE_LOCKED, sluice_lock_try(locks, 2));
  return NULL;
}

static void locks_end_with_their_thread(void) {
  int arena = new_arena();
  struct sluice_locks *ours = sluice_locks_map(arena, OFFSET, COUNT);
  pthread_t thread;
  CHECK_EQUAL(0, pthread_create(&thread, NULL, take_and_end, ours));
  pthread_join(thread, NULL);
  CHECK_EQUAL(0, word(ours, 2));
  CHECK_EQUAL(SLUICE_LOCKED, sluice_lock_try(ours, 2));
  sluice_locks_free(ours);
  close(arena);
}

static void *wait_for_it(void *locks) {
  while (!sluice_lock_is_free(locks, 0)) {
    sluice_lock_wait(locks, 0, 60000); /* until the test's timeout */
  }
  return NULL;
}

static void locks_wake_those_who_wait(void) {
  int arena = new_arena();
  struct sluice_locks *ours = sluice_locks_map(arena, OFFSET, COUNT);
  struct sluice_locks *others = sluice_locks_map(arena, OFFSET, 0);
  pthread_t thread;
  for (int by_death = 0; by_death < 2; by_death++) {
    pid_t child = by_death ? hold_elsewhere(&arena, 1) : 0;
    CHECK(by_death || sluice_locks_take_all(ours));
    CHECK_EQUAL(0, pthread_create(&thread, NULL, wait_for_it, others));
    while ((word(ours, 0) & SLUICE_LOCK_WAITED) == 0) {
      sched_yield();
    }
    if (by_death) {
      end(child);
    } else {
      sluice_locks_give_all(ours);
    }
    pthread_join(thread, NULL);
  }
  sluice_locks_free(others);
  sluice_locks_free(ours);
  close(arena);
}

/* Another process may write anything into the page: only its own session suffers. */
static void locks_survive_a_wild_writer(void) {
  int arenas[2] = {new_arena(), new_arena()};
  struct sluice_locks *wild = sluice_locks_map(arenas[0], OFFSET, COUNT);
  struct sluice_locks *sound = sluice_locks_map(arenas[1], OFFSET, COUNT);
  for (int value = 0; value < 256; value += 51) {
    /* In this process: every way to release a lock. */
    CHECK(sluice_locks_take_all(wild) && sluice_locks_take_all(sound));
    memset(&sluice_locks_page(wild)->locks[0], value, COUNT * sizeof(struct sluice_lock));
    CHECK(sluice_lock_force(wild, 2) >= 0);
    CHECK(sluice_lock_is_mine(wild, 2));
    sluice_locks_give_all(wild);
    CHECK(sluice_locks_all_mine(sound));
    sluice_locks_give_all(sound);
    CHECK_EQUAL(0, word(sound, COUNT - 1));
    /* By death: the kernel walks past the damaged locks to those of the other arena. */
    memset(&sluice_locks_page(wild)->locks[0], 0, COUNT * sizeof(struct sluice_lock));
    for (int order = 0; order < 2; order++) {
      pid_t child = hold_elsewhere((int[]){arenas[order], arenas[1 - order]}, 2);
      memset(&sluice_locks_page(wild)->locks[0], value, COUNT * sizeof(struct sluice_lock));
      end(child);
      for (unsigned lock = 0; lock < COUNT; lock++) {
        CHECK_EQUAL(SLUICE_LOCK_DIED, word(sound, lock));
      }
      memset(&sluice_locks_page(wild)->locks[0], 0, COUNT * sizeof(struct sluice_lock));
    }
  }
  sluice_locks_free(wild);
  sluice_locks_free(sound);
  close(arenas[0]);
  close(arenas[1]);
}

static void pages_of_another_version_are_refused(void) {
  int arena = new_arena();
  CHECK(sluice_locks_map(arena, OFFSET, 0) == NULL); /* no page yet */
  struct sluice_locks *ours = sluice_locks_map(arena, OFFSET, COUNT);
  struct sluice_lock_page *page = sluice_locks_page(ours);
  page->version++;
  CHECK(sluice_locks_new(page) == NULL && sluice_locks_map(arena, OFFSET, 0) == NULL);
  page->version--;
  page->count = SLUICE_LOCK_CLAIM + 1;
  CHECK(sluice_locks_new(page) == NULL);
  CHECK(sluice_locks_map(arena, 64, COUNT) == NULL); /* misaligned */
  sluice_locks_free(ours);
  close(arena);
}

/* A child forked while the parent holds locks holds none of them, and may take others. */
static void locks_stay_with_the_parent(void) {
  int arenas[2] = {new_arena(), new_arena()};
  struct sluice_locks *ours = sluice_locks_map(arenas[0], OFFSET, COUNT);
  struct sluice_locks *next = sluice_locks_map(arenas[1], OFFSET, COUNT);
  CHECK(sluice_locks_take_all(ours));
  pid_t child = fork();
  if (child == 0) {
    int took = sluice_locks_take_all(next);
    sluice_locks_give_all(ours);
    _exit(took ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK_EQUAL(0, status);
  CHECK(sluice_locks_all_mine(ours));
  CHECK_EQUAL(SLUICE_LOCK_DIED, word(next, 0));
  sluice_locks_free(ours);
  sluice_locks_free(next);
  close(arenas[0]);
  close(arenas[1]);
}

const struct test lock_tests[] = {
    {"locks: have one holder", locks_have_one_holder},
    {"locks: of a killed process are free", locks_of_a_killed_process_are_free},
    {"locks: of a stopped process are not", locks_of_a_stopped_process_are_not},
    {"locks: end with their thread", locks_end_with_their_thread},
    {"locks: wake those who wait", locks_wake_those_who_wait},
    {"locks: survive a wild writer", locks_survive_a_wild_writer},
    {"locks: pages of another version", pages_of_another_version_are_refused},
    {"locks: stay with the parent", locks_stay_with_the_parent},
    {NULL, NULL},
};

#include "sluice_lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sluice_shared.h"

/* Distance from the lock page to its private memory: a huge page, so that a page of either size
 * fits. */
#define DISTANCE ((size_t)2 << 20)

/* The link that the kernel follows; its lock word is holder.head.futex_offset away. */
struct node {
  struct robust_list link;
  struct holder *holder; /* NULL: not held by this process */
  uint8_t pad[48];
};

_Static_assert(sizeof(struct node) == sizeof(struct sluice_lock), "node i is beside lock i");

/* A thread that holds locks. */
struct holder {
  struct robust_list_head head;
  struct robust_list_head *before; /* the C library's, restored when the thread ends */
  size_t before_bytes;
  uint32_t thread;
  pid_t process; /* differs from getpid() after a fork: a child does not own its parent's locks */
};

struct sluice_locks {
  struct sluice_lock_page *page;
  struct node *nodes;
  uint32_t count;
  void *mapped; /* by sluice_locks_map */
  size_t mapped_bytes;
};

/* Protects all lists and memberships of the process. Held for a few stores only. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static uint8_t *word_of(const struct sluice_locks *l, uint32_t lock) {
  return (uint8_t *)&l->page->locks[lock].word;
}

static _Atomic uint32_t *atomic_of(const struct sluice_locks *l, uint32_t lock) {
  return (_Atomic uint32_t *)(void *)word_of(l, lock);
}

static long distance_of(const struct sluice_locks *l) {
  return (long)(word_of(l, 0) - (const uint8_t *)l->nodes);
}

static long futex(const void *word, int operation, uint32_t value, const struct timespec *timeout) {
  return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

/* ---- the list of a thread ----------------------------------------------------------------------- */

static int is_empty(const struct holder *h) {
  return h->head.list.next == &h->head.list;
}

static void link_node(struct holder *h, struct node *n) {
  n->holder = h;
  n->link.next = h->head.list.next;
  program_order();
  h->head.list.next = &n->link;
  program_order();
}

static void unlink_node(struct node *n) {
  struct robust_list *head = &n->holder->head.list;
  struct robust_list *before = head;
  while (before->next != head && before->next != &n->link) {
    before = before->next;
  }
  if (before->next == &n->link) { /* not after a fork: the child has another list */
    before->next = n->link.next;
  }
  n->holder = NULL;
}

static int is_held_here(const struct node *n, uint32_t word) {
  return n->holder != NULL && (word & SLUICE_LOCK_HOLDER) == n->holder->thread &&
         n->holder->process == getpid();
}

/*
 * Clears the word, then unlinks, so that the kernel finds either a word of this process or one that
 * it leaves alone. If the word changed, the other process has overwritten it.
 */
static void give(_Atomic uint32_t *word, struct node *n) {
  uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);
  int is_ours;
  do {
    is_ours = is_held_here(n, seen);
  } while (is_ours && !atomic_compare_exchange_weak_explicit(word, &seen, 0, memory_order_release,
                                                             memory_order_relaxed));
  program_order();
  unlink_node(n);
  if (is_ours && (seen & SLUICE_LOCK_WAITED) != 0) {
    futex(word, FUTEX_WAKE, INT32_MAX, NULL);
  }
}

/* The thread exits in order and writes no more: release what it still holds. */
static void end_thread(void *argument) {
  struct holder *h = argument;
  pthread_mutex_lock(&mutex);
  while (!is_empty(h)) {
    struct node *n = (struct node *)(void *)h->head.list.next;
    give((_Atomic uint32_t *)(void *)((uint8_t *)n + h->head.futex_offset), n);
  }
  pthread_mutex_unlock(&mutex);
  syscall(SYS_set_robust_list, h->before, h->before_bytes);
  free(h);
}

static void make_key(void) {
  pthread_key_create(&key, end_thread);
}

/* The calling thread's list, created and registered with the kernel if missing; NULL on failure. */
static struct holder *this_thread(long distance) {
  pthread_once(&once, make_key);
  struct holder *h = pthread_getspecific(key);
  uint32_t thread = (uint32_t)syscall(SYS_gettid);
  if (h != NULL && h->thread == thread && (h->head.futex_offset == distance || is_empty(h))) {
    h->head.futex_offset = distance;
    return h;
  }
  if (h != NULL && h->thread == thread) {
    return NULL;
  }
  /* After a fork, the list in the thread-specific slot is the parent's: leave it alone. */
  h = calloc(1, sizeof *h);
  if (h == NULL) {
    return NULL;
  }
  h->head.list.next = &h->head.list;
  h->head.futex_offset = distance;
  h->thread = thread;
  h->process = getpid();
  if (syscall(SYS_get_robust_list, 0, &h->before, &h->before_bytes) != 0 ||
      pthread_setspecific(key, h) != 0) {
    free(h);
    return NULL;
  }
  syscall(SYS_set_robust_list, &h->head, sizeof h->head);
  return h;
}

/* ---- one lock ----------------------------------------------------------------------------------- */

static int take(struct sluice_locks *l, uint32_t lock, int by_force) {
  struct node *n = &l->nodes[lock];
  _Atomic uint32_t *word = atomic_of(l, lock);
  pthread_mutex_lock(&mutex);
  struct holder *h = this_thread(distance_of(l));
  int result = h == NULL ? SLUICE_LOCK_IMPOSSIBLE : SLUICE_LOCK_BUSY;
  int is_overwritten =
      n->holder != NULL && !is_held_here(n, atomic_load_explicit(word, memory_order_acquire));
  if (h != NULL && n->holder != NULL && (by_force || is_overwritten)) {
    give(word, n);
  }
  if (h != NULL && n->holder == NULL) {
    link_node(h, n);
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);
    int is_free;
    do {
      is_free = by_force || (seen & SLUICE_LOCK_HOLDER) == 0;
    } while (is_free && !atomic_compare_exchange_weak_explicit(
                            word, &seen, h->thread | (seen & SLUICE_LOCK_WAITED),
                            memory_order_acq_rel, memory_order_relaxed));
    program_order();
    if (is_free) {
      result = (seen & SLUICE_LOCK_DIED) != 0 ? SLUICE_LOCKED_OF_DEAD : SLUICE_LOCKED;
    } else {
      unlink_node(n);
    }
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

int sluice_lock_try(struct sluice_locks *l, uint32_t lock) {
  return take(l, lock, 0);
}

int sluice_lock_force(struct sluice_locks *l, uint32_t lock) {
  return take(l, lock, 1);
}

void sluice_lock_give(struct sluice_locks *l, uint32_t lock) {
  pthread_mutex_lock(&mutex);
  if (l->nodes[lock].holder != NULL) {
    give(atomic_of(l, lock), &l->nodes[lock]);
  }
  pthread_mutex_unlock(&mutex);
}

int sluice_lock_is_mine(const struct sluice_locks *l, uint32_t lock) {
  pthread_mutex_lock(&mutex);
  int is_mine = is_held_here(&l->nodes[lock], load32_acquire(word_of(l, lock)));
  pthread_mutex_unlock(&mutex);
  return is_mine;
}

int sluice_lock_is_free(const struct sluice_locks *l, uint32_t lock) {
  return (load32_acquire(word_of(l, lock)) & SLUICE_LOCK_HOLDER) == 0;
}

void sluice_lock_wait(const struct sluice_locks *l, uint32_t lock, uint32_t milliseconds) {
  struct timespec timeout = {.tv_sec = milliseconds / 1000,
                             .tv_nsec = (long)(milliseconds % 1000) * 1000000};
  _Atomic uint32_t *word = atomic_of(l, lock);
  uint32_t seen = atomic_load_explicit(word, memory_order_acquire);
  while ((seen & SLUICE_LOCK_HOLDER) != 0 && (seen & SLUICE_LOCK_WAITED) == 0 &&
         !atomic_compare_exchange_weak_explicit(word, &seen, seen | SLUICE_LOCK_WAITED,
                                                memory_order_acquire, memory_order_acquire)) {
  }
  if ((seen & SLUICE_LOCK_HOLDER) != 0) {
    futex(word, FUTEX_WAIT, seen | SLUICE_LOCK_WAITED, &timeout);
  }
}

void sluice_lock_wake(const struct sluice_locks *l, uint32_t lock) {
  futex(atomic_of(l, lock), FUTEX_WAKE, INT32_MAX, NULL);
}

/* ---- all of them -------------------------------------------------------------------------------- */

int sluice_locks_all_mine(const struct sluice_locks *l) {
  int mine = 1;
  for (uint32_t lock = 0; mine && lock < l->count; lock++) {
    mine = sluice_lock_is_mine(l, lock);
  }
  return mine;
}

int sluice_locks_take_all(struct sluice_locks *l) {
  int all = sluice_lock_is_mine(l, SLUICE_LOCK_SESSION) ||
            sluice_lock_try(l, SLUICE_LOCK_SESSION) >= 0;
  int has_session = all;
  for (uint32_t lock = SLUICE_LOCK_SESSION + 1; has_session && lock < l->count; lock++) {
    all &= sluice_lock_is_mine(l, lock) || sluice_lock_try(l, lock) >= 0;
  }
  return all;
}

void sluice_locks_give_all(struct sluice_locks *l) {
  /* The session lock last: its next holder finds the others free. */
  for (uint32_t lock = l->count; lock-- > 0;) {
    sluice_lock_give(l, lock);
  }
}

/* ---- life cycle --------------------------------------------------------------------------------- */

uint32_t sluice_locks_count(const struct sluice_locks *l) {
  return l->count;
}

struct sluice_lock_page *sluice_locks_page(const struct sluice_locks *l) {
  return l->page;
}

static struct sluice_locks *new_locks(struct sluice_lock_page *page, struct node *nodes) {
  struct sluice_locks *l = calloc(1, sizeof *l);
  if (l == NULL) {
    errno = ENOMEM;
    return NULL;
  }
  l->page = page;
  l->nodes = nodes;
  l->count = load32_acquire((const uint8_t *)&page->count);
  if (page->magic != SLUICE_LOCKS_MAGIC || page->version != SLUICE_LOCKS_VERSION ||
      page->lock_bytes != sizeof(struct sluice_lock) || l->count <= SLUICE_LOCK_THREADS ||
      l->count > SLUICE_LOCK_CLAIM) {
    free(l);
    errno = EPROTO;
    return NULL;
  }
  return l;
}

struct sluice_locks *sluice_locks_new(struct sluice_lock_page *page) {
  struct node *nodes = calloc(SLUICE_LOCKS_MAX, sizeof *nodes);
  struct sluice_locks *l = nodes != NULL ? new_locks(page, nodes) : NULL;
  if (l == NULL) {
    free(nodes);
  }
  return l;
}

struct sluice_locks *sluice_locks_map(int fd, uint64_t offset, uint32_t count) {
  struct stat status;
  if (fstat(fd, &status) != 0) {
    return NULL;
  }
  size_t page = status.st_blksize > sysconf(_SC_PAGESIZE) ? (size_t)status.st_blksize
                                                           : (size_t)sysconf(_SC_PAGESIZE);
  size_t within = offset % page;
  size_t shared = (within + SLUICE_LOCKS_BYTES + page - 1) / page * page;
  size_t bytes = 4 * DISTANCE;
  if (shared > DISTANCE || offset % SLUICE_LOCKS_BYTES != 0) {
    errno = EINVAL;
    return NULL;
  }
  uint8_t *room = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    return NULL;
  }
  uint8_t *at = room + (DISTANCE - (uintptr_t)room % DISTANCE) % DISTANCE;
  struct sluice_locks *l = NULL;
  if (mmap(at, shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
           (off_t)(offset - within)) != MAP_FAILED &&
      mmap(at + DISTANCE, shared, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED) {
    struct sluice_lock_page *p = (struct sluice_lock_page *)(void *)(at + within);
    if (count > 0) {
      memset(p, 0, sizeof *p);
      p->version = SLUICE_LOCKS_VERSION;
      p->count = count;
      p->lock_bytes = sizeof(struct sluice_lock);
      store32_release((uint8_t *)&p->magic, SLUICE_LOCKS_MAGIC);
    }
    size_t first = within + offsetof(struct sluice_lock_page, locks);
    l = new_locks(p, (struct node *)(void *)(at + DISTANCE + first));
  }
  if (l == NULL) {
    int cause = errno;
    munmap(room, bytes);
    errno = cause;
    return NULL;
  }
  l->mapped = room;
  l->mapped_bytes = bytes;
  return l;
}

void sluice_locks_free(struct sluice_locks *l) {
  if (l == NULL) {
    return;
  }
  sluice_locks_give_all(l);
  if (l->mapped != NULL) {
    munmap(l->mapped, l->mapped_bytes);
  } else {
    free(l->nodes);
  }
  free(l);
}

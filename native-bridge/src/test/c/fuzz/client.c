/*
 * client.c - libFuzzer target for everything that the C side reads from others: the daemon's
 * replies, an arena that a device or another process scribbles over, a lock page, notify datagrams
 * of a supervised command. The first byte of an input selects one.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "private_arena.h"
#include "sluice_internal.h"
#include "sluice_lock.h"
#include "sluice_recycle.h"

#define main supervise_main
#include "supervise/supervise.c"
#undef main

#define ARENA_BYTES (8u << 20)
#define INPUT_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const uint32_t buffers_per_pool[SLUICE_KINDS] = {3, 3, 3, 3};

static struct sluice_geometry geometry_of(uint8_t shape) {
  struct sluice_geometry g = {.generation = (uint16_t)(SLUICE_L2_2026_06 + shape % 4),
                              .platform = shape & 4 ? SLUICE_A5 : SLUICE_A2A3,
                              .level = 4,
                              .num_cores = 3,
                              .sched_threads = 2,
                              .orch_threads = 1,
                              .buffer_records = {4, 4, 4, 4},
                              .name = "fuzz"};
  return g;
}

/* ---- daemon replies -------------------------------------------------------------------------- */

struct conversation {
  int listener;
  int memfd;
  const uint8_t *data;
  size_t bytes;
};

/* Sends the first message, one byte with a descriptor, and the rest. */
static void *answer(void *argument) {
  const struct conversation *c = argument;
  struct sluice_header header = {0};
  size_t first = c->bytes;
  int peer = accept(c->listener, NULL, NULL);
  if (c->bytes >= sizeof header) {
    memcpy(&header, c->data, sizeof header);
    first = header.bytes < c->bytes ? header.bytes : c->bytes;
  }
  (void)!send(peer, c->data, first, MSG_NOSIGNAL);
  char byte = 0;
  struct iovec part = {&byte, 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {.bytes = {0}};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  control.header = (struct cmsghdr){
      .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &c->memfd, sizeof(int));
  (void)!sendmsg(peer, &message, MSG_NOSIGNAL);
  if (first < c->bytes) {
    (void)!send(peer, c->data + first, c->bytes - first, MSG_NOSIGNAL);
  }
  close(peer);
  return NULL;
}

static void converse(uint8_t shape, const uint8_t *data, size_t bytes) {
  static struct sockaddr_un address = {.sun_family = AF_UNIX};
  static int listener = -1;
  static int memfd;
  if (listener < 0) {
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/sluice-fuzz-%d.sock", (int)getpid());
    unlink(address.sun_path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memfd = memfd_create("sluice-fuzz", MFD_CLOEXEC);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 4) != 0 || ftruncate(memfd, ARENA_BYTES) != 0) {
      abort();
    }
  }
  struct conversation c = {listener, memfd, data, bytes};
  struct sluice_geometry g = geometry_of(shape);
  struct sluice_books books;
  char error[256] = "";
  sluice_attach *session = NULL;
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, &c) != 0) {
    abort();
  }
  int code = sluice_attach_open_within(address.sun_path, &g, 1000, &session, error, sizeof error);
  if (code == SLUICE_OK) {
    const struct sluice_arena *arena = sluice_attach_arena(session);
    /* Every address in the reply must be inside the arena, or these writes crash. */
    arena->region[0] = 1;
    arena->region[arena->region_bytes - 1] = 1;
    arena->rotation_table[g.num_cores - 1] = 1;
    sluice_attach_reply_timeout(session, 1000);
    sluice_attach_start(session, 0, 1, error, sizeof error);
    sluice_attach_run_end(session, &books, error, sizeof error);
    sluice_attach_detach(session, &books, error, sizeof error);
  } else if (strlen(error) == 0) {
    abort(); /* refused without a reason */
  }
  pthread_join(thread, NULL);
}

/* ---- a scribbled arena ----------------------------------------------------------------------- */

static void recycle(uint8_t shape, const uint8_t *data, size_t bytes) {
  struct sluice_geometry g = geometry_of(shape);
  struct sluice_recycler r = {0};
  struct private_arena plan;
  struct sluice_region_layout regions[SLUICE_OTHER_REGIONS];
  size_t region_at[SLUICE_OTHER_REGIONS];
  uint32_t handed[SLUICE_KINDS];
  uint8_t lent[4];
  if (sluice_layout_init(&r.layout, &g) != NULL) {
    abort();
  }
  private_arena_plan(&plan, &r.layout, &g, buffers_per_pool);
  size_t arena_bytes = plan.bytes;
  for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
    region_at[i] = arena_bytes;
    if (sluice_region_init(&regions[i], &r.layout, sluice_other_regions[i]) == 0) {
      arena_bytes += (regions[i].region_bytes + 63) / 64 * 64;
    } else {
      regions[i].pools = 0;
    }
  }
  uint8_t *memory = aligned_alloc(64, arena_bytes);
  memset(memory, 0, arena_bytes);
  memset(lent, 0, sizeof lent);
  r.region = memory;
  r.host_base = memory;
  r.device_base = 0x7f0000000000;
  r.arena_bytes = arena_bytes;
  r.lent = lent;
  r.lent_max = 8 * sizeof lent;
  for (unsigned kind = 0; kind < SLUICE_KINDS && shape & 8; kind++) {
    r.buffer_at[kind] = plan.buffer_at[kind];
    r.buffers[kind] = plan.buffers[kind];
  }
  private_arena_init(&plan, &r, &g, handed);
  for (size_t at = 0; at + 8 <= bytes; at += 8) {
    uint32_t where;
    uint32_t what;
    memcpy(&where, data + at, 4);
    memcpy(&what, data + at + 4, 4);
    switch (where >> 29) {
      case 0: /* a queue's tail */
        memcpy(memory + r.layout.tails_at + 4 * (where % r.layout.threads), &what, 4);
        break;
      case 1: /* a queue's head */
        memcpy(memory + r.layout.heads_at + 4 * (where % r.layout.threads), &what, 4);
        break;
      case 2: { /* an entry */
        uint64_t buffer = r.device_base + plan.buffer_at[what % SLUICE_KINDS] + (what >> 8);
        uint8_t *entry = memory + sluice_entry_at(&r.layout, where % r.layout.threads,
                                                  (where >> 8) % r.layout.queue_entries);
        memcpy(entry + SLUICE_ENTRY_PTR, &buffer, 8);
        memcpy(entry + SLUICE_ENTRY_KIND, &(uint32_t){what % SLUICE_KINDS}, 4);
        memcpy(entry + SLUICE_ENTRY_CORE, &(uint32_t){(where >> 16) % 4}, 4);
        break;
      }
      case 3: /* recycle */
        for (unsigned queue = 0; queue < r.layout.threads; queue++) {
          sluice_recycle_queue(&r, queue, 64);
          sluice_step_over_cleared(&r, queue, what);
        }
        sluice_release_freezes(&r);
        break;
      case 4: /* recycle another profiler's queues */
        for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
          for (unsigned queue = 0; regions[i].pools != 0 && queue < regions[i].threads; queue++) {
            sluice_recycle_region(&r, &regions[i], region_at[i], queue, 64);
          }
        }
        break;
      case 5: /* a word of another profiler's region */
        memcpy(memory + region_at[where & 1] % arena_bytes +
                   (where >> 1) % 4096 * 4 % (arena_bytes - region_at[where & 1] % arena_bytes - 3),
               &what, 4);
        break;
      default: /* any word */
        memcpy(memory + where % (arena_bytes / 4) * 4, &what, 4);
    }
  }
  free(memory);
}

/* ---- a lock page ----------------------------------------------------------------------------- */

static void lock(const uint8_t *data, size_t bytes) {
  static _Alignas(SLUICE_LOCKS_BYTES) uint8_t memory[SLUICE_LOCKS_BYTES];
  struct sluice_lock_page *page = (void *)memory;
  memset(memory, 0, sizeof memory);
  page->magic = SLUICE_LOCKS_MAGIC;
  page->version = SLUICE_LOCKS_VERSION;
  page->count = 4;
  page->lock_bytes = sizeof(struct sluice_lock);
  struct sluice_locks *locks = NULL;
  for (size_t at = 0; at + 6 <= bytes; at += 6) {
    uint32_t what;
    uint32_t number = data[at + 1];
    memcpy(&what, data + at + 2, 4);
    if (data[at] % 8 == 0) { /* before or after it is mapped */
      ((uint32_t *)(void *)memory)[number % 4] = what;
    } else if (data[at] % 8 == 1) {
      page->locks[number % SLUICE_LOCKS_MAX].word = what;
    } else if (locks == NULL) {
      locks = sluice_locks_new(page);
    } else if (number < sluice_locks_count(locks) || number == SLUICE_LOCK_CLAIM) {
      switch (data[at] % 8) {
        case 2:
          sluice_lock_try(locks, number);
          break;
        case 3:
          sluice_lock_give(locks, number);
          break;
        case 4:
          sluice_locks_take_all(locks);
          break;
        case 5:
          sluice_lock_force(locks, number);
          break;
        case 6:
          sluice_lock_is_free(locks, number);
          sluice_lock_wake(locks, number);
          break;
        default:
          sluice_lock_is_mine(locks, number);
          sluice_locks_all_mine(locks);
      }
    }
  }
  if (locks != NULL) {
    sluice_locks_give_all(locks);
    sluice_locks_free(locks);
  }
}

/* ---- notify datagrams of the supervised command ---------------------------------------------- */

static void notify(const uint8_t *data, size_t bytes) {
  /* Each datagram is a byte with the number of descriptors, then text up to a zero. */
  while (bytes > 1) {
    char text[INPUT_BYTES + 1];
    const uint8_t *end = memchr(data + 1, 0, bytes - 1);
    size_t length = end == NULL ? bytes - 1 : (size_t)(end - data) - 1;
    int fds[MAX_FDS_OF_MESSAGE];
    int count = data[0] % (MAX_FDS_OF_MESSAGE + 1);
    for (int i = 0; i < count; i++) {
      fds[i] = dup(STDERR_FILENO);
    }
    memcpy(text, data + 1, length);
    text[length] = 0;
    handle(text, fds, count);
    data += 1 + length;
    bytes -= 1 + length;
    if (end != NULL) {
      data++;
      bytes--;
    }
  }
  while (kept_count > 0) {
    char name[MAX_NAME + 1];
    strcpy(name, kept[0].name);
    forget(name);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 2 || bytes > INPUT_BYTES) {
    return 0;
  }
  switch (data[0] & 3) {
    case 0:
      converse(data[1], data + 2, bytes - 2);
      break;
    case 1:
      recycle(data[1], data + 2, bytes - 2);
      break;
    case 2:
      lock(data + 2, bytes - 2);
      break;
    default:
      notify(data + 2, bytes - 2);
  }
  return 0;
}

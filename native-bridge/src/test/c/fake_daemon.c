#include "fake_daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fake_host.h"
#include "peer.h"
#include "queues.h"
#include "sluice_shared.h"
#include "test.h"

#define IDLE_FIRST_NS 20000000u
#define DEAD_NS 300000000u
#define DIE_AFTER_BUFFERS 50
#define HOLD_NS 50000000u
#define LOCKS (SLUICE_LOCK_THREADS + 1)

/* ---- the conversation ------------------------------------------------------------------------ */

static bool receive(int fd, struct sluice_message *m) {
  return sluice_receive_message(fd, m) == SLUICE_RECEIVED;
}

static void begin_reply(struct sluice_message *m, uint16_t type, uint32_t status) {
  peer_reply(m, type, status, 42, 7);
}

static void reply(struct fake_daemon *f, struct sluice_message *m) {
  CHECK_EQUAL(0, sluice_send_message(f->connection, m));
}

/* What is no message of ours, or half of one. */
static void reply_wrongly(struct fake_daemon *f) {
  struct sluice_message m;
  begin_reply(&m, SLUICE_ARENA, SLUICE_OK);
  struct sluice_header *h = (struct sluice_header *)(void *)m.data;
  size_t length = f->mode == FAKE_TRUNCATED ? h->bytes / 2 : h->bytes;
  switch (f->mode) {
    case FAKE_WRONG_MAGIC:
      h->magic = 0x50545448u;
      break;
    case FAKE_OLD_VERSION:
      h->version = 1;
      break;
    case FAKE_LONG_FIELD:
      ((struct sluice_field *)(void *)(h + 1))->bytes = 0xfffffff8u;
      break;
    case FAKE_LONG_MESSAGE:
      h->bytes = SLUICE_MESSAGE_MAX_BYTES + 8;
      break;
    default:
      break;
  }
  CHECK(send(f->connection, m.data, length, MSG_NOSIGNAL) == (ssize_t)length);
}

static void make_arena(struct fake_daemon *f) {
  struct sluice_layout *l = &f->host.layout;
  CHECK(sluice_layout_init(l, &f->geometry) == NULL);
  private_arena_plan(&f->plan, l, &f->geometry, f->buffers_per_pool);
  f->memfd = memfd_create("sluice-test-arena", MFD_CLOEXEC);
  size_t bytes = f->mode == FAKE_SHORT_ARENA ? f->plan.bytes / 2 : f->plan.bytes;
  CHECK_EQUAL(0, ftruncate(f->memfd, (off_t)bytes));
  void *base = mmap(NULL, f->plan.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->memfd, 0);
  CHECK(base != MAP_FAILED);
  f->host.host_base = base;
  f->host.region = base;
  f->host.arena_bytes = f->plan.bytes;
  f->content = content_of(&f->geometry);
  if (!has_robust_locks()) {
    f->plan.locks_at = 0; /* an arena without locks */
  } else if (f->mode != FAKE_SHORT_ARENA) {
    f->locks = sluice_locks_map(f->memfd, f->plan.locks_at, LOCKS);
    CHECK(f->locks != NULL && sluice_locks_take_all(f->locks));
  }
}

/* What the kernel leaves of the locks of threads that were killed: each word goes from held to died at once,
 * as a guard may take it at the next instruction. */
static void leave_locks(struct fake_daemon *f) {
  for (unsigned lock = LOCKS; lock-- > 0;) {
    store32_release((uint8_t *)&sluice_locks_page(f->locks)->locks[lock].word, SLUICE_LOCK_DIED);
    sluice_lock_wake(f->locks, lock);
  }
  sluice_locks_give_all(f->locks); /* the words are not ours any more: only the list forgets them */
}

static void send_arena(struct fake_daemon *f) {
  struct sluice_message m;
  struct sluice_layout told = f->host.layout;
  if (f->mode == FAKE_BAD_OFFSETS) {
    told.region_bytes = f->plan.bytes + 64;
  }
  begin_reply(&m, SLUICE_ARENA, SLUICE_OK);
  peer_put_arena(&m, &told, &f->plan);
  reply(f, &m);
  CHECK(peer_send_descriptor(f->connection, f->mode == FAKE_NO_DESCRIPTOR ? -1 : f->memfd));
}

static void start_run(struct fake_daemon *f, const struct sluice_message *m) {
  uint32_t none[SLUICE_KINDS];
  f->host.device_base = sluice_number(m, SLUICE_KEY_DEVICE_BASE);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    f->buffers[kind] = calloc(f->plan.buffers[kind] + 1u, sizeof *f->buffers[kind]);
    f->pools[kind] = calloc(f->host.layout.pool_count[kind], sizeof *f->pools[kind]);
    for (unsigned i = 0; i < f->host.layout.pool_count[kind]; i++) {
      f->pools[kind][i].last_index = NO_INDEX;
      f->pools[kind][i].spare = calloc(f->plan.buffers[kind] + 1u, sizeof(uint32_t));
    }
  }
  struct private_arena empty = f->plan;
  memset(empty.buffers, 0, sizeof empty.buffers);
  private_arena_init(&empty, &f->host, &f->geometry, none);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; i < f->plan.buffers[kind]; i++) {
      fake_give_back(f, kind, i / f->buffers_per_pool[kind], i); /* pool by pool, as a daemon's */
    }
  }
  struct sluice_message answer;
  begin_reply(&answer, SLUICE_STARTED, SLUICE_OK);
  if (f->host.layout.facts[SLUICE_FACT_TERMINAL_BANKS] != 0) {
    sluice_put_number(&answer, SLUICE_KEY_TERMINAL_BANK, 0,
                      f->host.device_base + f->host.layout.pools_end);
  }
  reply(f, &answer);
}

static void answer_detach(struct fake_daemon *f) {
  struct sluice_message m;
  uint64_t produced[SLUICE_KINDS];
  uint64_t collected[SLUICE_KINDS];
  uint64_t dropped[SLUICE_KINDS];
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    produced[kind] = f->kinds[kind].produced;
    collected[kind] = f->kinds[kind].collected;
    dropped[kind] = f->kinds[kind].dropped;
  }
  begin_reply(&m, SLUICE_DETACHED, SLUICE_OK);
  peer_put_books(&m, produced, collected, dropped);
  reply(f, &m);
}

static uint8_t token_of(const struct sluice_message *m) {
  size_t bytes = 0;
  const uint8_t *token = sluice_find(m, SLUICE_KEY_TOKEN, &bytes);
  return bytes == SLUICE_TOKEN_BYTES ? token[0] : 0;
}

/* What a killed daemon can leave behind in the region, of which the fake drains one queue. */
static void leave_a_step_half_done(struct fake_daemon *f) {
  const struct sluice_layout *l = &f->host.layout;
  if (sluice_entries_are_unordered(l)) {
    uint32_t head = load32_relaxed(f->host.region + l->heads_at);
    while (load32_acquire(f->host.region + l->tails_at) == head) {
      spin_hint();
    }
    store64_relaxed(f->host.region + sluice_entry_at(l, 0, head) + SLUICE_ENTRY_PTR, 0);
  }
  if (l->backpressure_at != 0) {
    uint8_t *flags = f->host.region + l->backpressure_at;
    store32_release(flags + offsetof(struct Backpressure, rq_freeze_active), 1);
    store32_release(flags + offsetof(struct Backpressure, fq_freeze_active), 1);
  }
}

static void beat(struct fake_daemon *f) {
  if (f->locks != NULL) {
    sluice_locks_page(f->locks)->locks[SLUICE_LOCK_THREADS].beats++;
  }
}

/* After a death our ledger is worth nothing: recycle, so that the producer can end. */
static void serve_once(struct fake_daemon *f) {
  beat(f); /* a guard does not turn to a daemon that stands still */
  for (unsigned queue = 0; queue < f->host.layout.threads; queue++) {
    sluice_recycle_queue(&f->host, queue, 1000);
  }
}

/* Until there is something to read at fd. */
static void serve_unread(struct fake_daemon *f, int fd) {
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  while (poll(&readable, 1, 0) == 0) {
    serve_once(f);
  }
}

static void listen_again(struct fake_daemon *f) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, f->path, sizeof address.sun_path);
  f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQUAL(0, bind(f->listener, (struct sockaddr *)&address, sizeof address));
  CHECK_EQUAL(0, listen(f->listener, 4));
}

/* Whether the client took the answer for one: otherwise it has hung up, and asks again. */
static bool answers_resume(struct fake_daemon *f) {
  struct sluice_message m;
  struct ucred client;
  socklen_t bytes = sizeof client;
  char byte;
  serve_unread(f, f->listener);
  f->connection = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
  CHECK_EQUAL(0, getsockopt(f->connection, SOL_SOCKET, SO_PEERCRED, &client, &bytes));
  if (receive(f->connection, &m)) {
    CHECK_EQUAL(SLUICE_RESUME, sluice_type(&m));
    CHECK_EQUAL(7, token_of(&m));
    for (uint64_t until = clock_ns() + f->resume_ms * UINT64_C(1000000); clock_ns() < until;) {
      serve_once(f);
    }
    begin_reply(&m, SLUICE_RESUMED, SLUICE_OK);
    sluice_put_number(&m, SLUICE_KEY_ARENA_BYTES, 0, f->plan.bytes);
    if (sluice_send_message(f->connection, &m) == 0) {
      kill(client.pid, SIGTERM); /* ends its run in order, over this connection if it can */
      serve_unread(f, f->connection);
      if (recv(f->connection, &byte, 1, MSG_PEEK) == 1) {
        return true;
      }
    }
  }
  close(f->connection);
  return false;
}

/* As a daemon does that comes back: it asks the guard for the arena, and listens once it has it. */
static void come_back(struct fake_daemon *f) {
  CHECK(sluice_lock_try(f->locks, SLUICE_LOCK_CLAIM) >= 0);
  while (sluice_lock_try(f->locks, SLUICE_LOCK_SESSION) < 0 || !sluice_locks_take_all(f->locks)) {
    poll(NULL, 0, 1); /* the test's limit ends it */
  }
  sluice_lock_give(f->locks, SLUICE_LOCK_CLAIM);
  listen_again(f);
  while (!answers_resume(f)) {
  }
  f->saw_resume = true;
}

/* Vanishes with its socket, as a killed daemon does, and comes back if it is to. */
static bool die(struct fake_daemon *f) {
  if (f->dies_midway) {
    leave_a_step_half_done(f);
  }
  leave_locks(f);
  close(f->connection);
  close(f->listener);
  f->connection = -1;
  f->listener = -1;
  unlink(f->path);
  if (f->mode != FAKE_DIE_AND_RETURN) {
    return false;
  }
  uint64_t until = clock_ns() + DEAD_NS;
  while (clock_ns() < until) {
    poll(NULL, 0, 10);
  }
  come_back(f);
  return true;
}

/* Long enough for every pool to run dry. */
static void hold_everything(struct fake_daemon *f) {
  uint64_t until = clock_ns() + HOLD_NS;
  f->is_holding = true;
  while (clock_ns() < until) {
    fake_drain_all(f);
  }
}

/* Drains until the client says something or goes away. false: this session is over. */
static bool serve_run(struct fake_daemon *f) {
  struct pollfd readable = {.fd = f->connection, .events = POLLIN};
  uint64_t begin = clock_ns();
  if (f->in_run != NULL) {
    f->in_run(f);
  }
  for (;;) {
    /* A device that drops comes to its end all the same; one that blocks would not. */
    bool is_idle = f->idle_first && (f->host.layout.generation < SLUICE_CHIP_2026_08 ||
                                     clock_ns() - begin < IDLE_FIRST_NS);
    unsigned popped = is_idle ? 0 : fake_drain_all(f);
    beat(f);
    uint64_t buffers = f->kinds[0].buffers + f->kinds[3].buffers;
    bool dies = f->mode == FAKE_DIE || f->mode == FAKE_DIE_AND_RETURN;
    if (dies && buffers >= DIE_AFTER_BUFFERS && f->hold) {
      hold_everything(f);
    }
    if (dies && buffers >= DIE_AFTER_BUFFERS) {
      return die(f);
    }
    if (poll(&readable, 1, popped == 0 && is_idle ? 1 : 0) > 0) {
      return true;
    }
  }
}

static void serve(struct fake_daemon *f) {
  struct sluice_message m;
  while (receive(f->connection, &m)) {
    switch (sluice_type(&m)) {
      case SLUICE_ATTACH:
        CHECK(peer_read_geometry(&m, &f->geometry));
        make_arena(f);
        send_arena(f);
        break;
      case SLUICE_START:
        CHECK_EQUAL(7, token_of(&m));
        start_run(f, &m);
        if (!serve_run(f)) {
          return;
        }
        break;
      case SLUICE_RUN_END:
        CHECK(f->is_deaf);
        break;
      case SLUICE_DETACH:
        f->saw_detach = true;
        if (f->pools[0] != NULL) {
          fake_settle(f);
        }
        answer_detach(f);
        break;
      default:
        CHECK(false);
        return;
    }
  }
  if (!f->saw_detach && f->pools[0] != NULL) {
    fake_settle(f);
  }
}

static void *fake_main(void *argument) {
  struct fake_daemon *f = argument;
  struct sluice_message m;
  f->connection = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
  switch (f->mode) {
    case FAKE_REFUSE:
      CHECK(receive(f->connection, &m));
      begin_reply(&m, SLUICE_ARENA, SLUICE_ERROR_ARENA);
      sluice_put_text(&m, SLUICE_KEY_TEXT, 0, "needs 72 buffers, 48 fit");
      reply(f, &m);
      break;
    case FAKE_WRONG_MAGIC:
    case FAKE_OLD_VERSION:
    case FAKE_LONG_FIELD:
    case FAKE_LONG_MESSAGE:
    case FAKE_TRUNCATED:
      CHECK(receive(f->connection, &m));
      reply_wrongly(f);
      break;
    case FAKE_HANG_UP:
      CHECK(receive(f->connection, &m));
      break;
    case FAKE_SILENT:
      CHECK(receive(f->connection, &m));
      CHECK(!receive(f->connection, &m)); /* until the client has had enough */
      break;
    default:
      serve(f);
      break;
  }
  if (f->connection >= 0) {
    close(f->connection);
  }
  return NULL;
}

void fake_serve(struct fake_daemon *f) {
  fake_main(f);
}

void fake_listen(struct fake_daemon *f) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  fresh_socket_path(f->path, sizeof f->path);
  memcpy(address.sun_path, f->path, sizeof address.sun_path);
  f->memfd = -1;
  f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQUAL(0, bind(f->listener, (struct sockaddr *)&address, sizeof address));
  CHECK_EQUAL(0, listen(f->listener, 4));
}

void fake_start(struct fake_daemon *f) {
  fake_listen(f);
  CHECK_EQUAL(0, pthread_create(&f->thread, NULL, fake_main, f));
}

void fake_join(struct fake_daemon *f) {
  pthread_join(f->thread, NULL);
  if (f->listener >= 0) {
    close(f->listener);
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; f->pools[kind] != NULL && i < f->host.layout.pool_count[kind]; i++) {
      free(f->pools[kind][i].spare);
    }
    free(f->pools[kind]);
    free(f->buffers[kind]);
  }
  sluice_locks_free(f->locks);
  if (f->host.host_base != NULL) {
    munmap(f->host.host_base, f->plan.bytes);
  }
  if (f->memfd >= 0) {
    close(f->memfd);
  }
}

#include "fake_daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "queues.h"
#include "sluice_shared.h"
#include "test.h"

#define NO_INDEX UINT64_MAX
#define IDLE_FIRST_NS 20000000u
#define DEAD_NS 300000000u
#define DIE_AFTER_BUFFERS 50
#define HOLD_NS 50000000u

struct fake_buffer {
  bool with_device;
};

struct fake_pool {
  uint64_t last_index; /* of the last record accepted, NO_INDEX before the first */
  uint32_t next_seq;
  uint32_t *spare; /* buffers that found no slot */
  uint32_t spares;
};

/* ---- records ----------------------------------------------------------------------------- */

/* Extends the low bits of an index to 64, as the one nearest after the last. */
static uint64_t extend(uint64_t last, uint64_t low, unsigned bits) {
  uint64_t next = last == NO_INDEX ? 0 : last + 1;
  uint64_t mask = ((uint64_t)1 << bits) - 1;
  return next + ((low - next) & mask);
}

static bool matches(const struct fake_daemon *f, unsigned kind, unsigned instance,
                    const uint8_t *record, uint64_t last, uint64_t *index) {
  union {
    struct AicpuTaskRecord aicpu;
    struct AicoreTaskRecord aicore;
    struct SchedPhaseRecord sched;
    struct OrchPhaseRecord orch;
  } got, want;
  static const uint8_t class_of[SLUICE_KINDS] = {SLUICE_CLASS_TASK, SLUICE_CLASS_SCHED,
                                                 SLUICE_CLASS_ORCH, SLUICE_CLASS_TASK};
  size_t bytes = f->host.layout.record_bytes[kind];
  uint64_t stream = content_stream(f->content.seed, class_of[kind], instance);
  memset(&want, 0, sizeof want);
  memcpy(&got, record, bytes);
  switch (kind) {
    case SLUICE_KIND_AICPU_TASK:
      *index = extend(last, got.aicpu.reg_task_id, 32);
      content_aicpu_task(&want.aicpu, &f->content, stream, instance, *index);
      break;
    case SLUICE_KIND_SCHED_PHASE:
      *index = extend(last, 2 * (uint64_t)got.sched.loop_iter + (got.sched.kind != 1), 33);
      content_sched_phase(&want.sched, &f->content, stream, *index);
      break;
    case SLUICE_KIND_ORCH_PHASE:
      *index = extend(last, got.orch.submit_idx, 32);
      content_orch_phase(&want.orch, &f->content, stream, *index);
      break;
    default:
      *index = extend(last, got.aicore.reg_task_id, 32);
      content_aicore_task(&want.aicore, &f->content, stream, instance, *index);
      break;
  }
  return memcmp(&got, &want, bytes) == 0;
}

static void take_record(struct fake_daemon *f, unsigned kind, unsigned instance,
                        const uint8_t *record, uint64_t *accepted) {
  struct fake_pool *p = &f->pools[kind][instance];
  uint64_t index;
  if (!matches(f, kind, instance, record, p->last_index, &index)) {
    f->kinds[kind].wrong++;
    return;
  }
  f->kinds[kind].gaps += index - (p->last_index == NO_INDEX ? 0 : p->last_index + 1);
  p->last_index = index;
  ++*accepted;
}

/* Reads all records of a buffer; the count of AICore buffers is only a hint. */
static void read_buffer(struct fake_daemon *f, unsigned kind, unsigned instance,
                        const uint8_t *buffer, uint64_t *accepted) {
  const struct sluice_layout *l = &f->host.layout;
  uint32_t count = load32_relaxed(buffer + l->count_at[kind]);
  if (count > l->records[kind]) {
    f->clamped++;
    count = l->records[kind];
  }
  if (kind == SLUICE_KIND_AICORE_TASK) {
    count = l->records[kind];
  }
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *record = buffer + (size_t)i * l->record_bytes[kind];
    if (kind != SLUICE_KIND_AICORE_TASK || load64_relaxed(record) != 0) {
      take_record(f, kind, instance, record, accepted);
    }
  }
}

/* ---- buffers and queues -------------------------------------------------------------------- */

/* Index of the buffer of this kind at a device address, or -1. */
static int64_t buffer_index(const struct fake_daemon *f, unsigned kind, uint64_t address) {
  uint64_t offset = address - f->host.device_base - f->plan.buffer_at[kind];
  uint64_t index = offset / f->host.layout.buffer_bytes[kind];
  bool is_start = offset % f->host.layout.buffer_bytes[kind] == 0;
  return is_start && index < f->plan.buffers[kind] ? (int64_t)index : -1;
}

static uint64_t buffer_address(const struct fake_daemon *f, unsigned kind, uint32_t index) {
  return f->host.device_base + f->plan.buffer_at[kind] +
         index * (uint64_t)f->host.layout.buffer_bytes[kind];
}

static uint8_t *buffer_bytes(const struct fake_daemon *f, unsigned kind, uint32_t index) {
  return f->host.host_base + f->plan.buffer_at[kind] +
         index * (size_t)f->host.layout.buffer_bytes[kind];
}

static void give_back(struct fake_daemon *f, unsigned kind, unsigned instance, uint32_t index) {
  uint8_t *bytes = buffer_bytes(f, kind, index);
  if (kind == SLUICE_KIND_AICORE_TASK) {
    memset(bytes, 0, f->host.layout.count_at[kind]);
  }
  store32_relaxed(bytes + f->host.layout.count_at[kind], 0);
  f->buffers[kind][index].with_device = true; /* before the device can see it */
  if (sluice_push_free(&f->host, kind, instance, buffer_address(f, kind, index)) != 0) {
    f->buffers[kind][index].with_device = false;
    struct fake_pool *p = &f->pools[kind][instance];
    p->spare[p->spares++] = index;
  }
}

static void push_spares(struct fake_daemon *f) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < private_arena_pools(&f->geometry, kind); i++) {
      if (f->pools[kind][i].spares > 0) {
        give_back(f, kind, i, f->pools[kind][i].spare[--f->pools[kind][i].spares]);
      }
    }
  }
}

static void accept_entry(struct fake_daemon *f, uint32_t kind, uint32_t instance, uint64_t address,
                         uint32_t seq) {
  if (kind >= SLUICE_KINDS || instance >= private_arena_pools(&f->geometry, kind)) {
    f->violations++;
    return;
  }
  int64_t index = buffer_index(f, kind, address);
  if (index < 0 || !f->buffers[kind][index].with_device) {
    f->violations++;
    return;
  }
  struct fake_pool *p = &f->pools[kind][instance];
  if ((int32_t)(seq - p->next_seq) < 0) {
    f->violations++; /* with the device again perhaps, but this entry tells of its last life */
    return;
  }
  f->sequence_gaps += seq != p->next_seq;
  p->next_seq = seq + 1;
  f->buffers[kind][index].with_device = false;
  f->kinds[kind].buffers++;
  read_buffer(f, kind, instance, buffer_bytes(f, kind, (uint32_t)index), &f->kinds[kind].collected);
  if (!f->is_holding) {
    give_back(f, kind, instance, (uint32_t)index);
  }
}

static unsigned drain_queue(struct fake_daemon *f, unsigned queue) {
  const struct sluice_layout *l = &f->host.layout;
  uint8_t *head_word = f->host.region + l->heads_at + 4 * (size_t)queue;
  uint32_t head = load32_relaxed(head_word);
  uint32_t tail = load32_acquire(f->host.region + l->tails_at + 4 * (size_t)queue);
  unsigned popped = 0;
  if (tail >= l->queue_entries) {
    return 0; /* out of range: look again later */
  }
  while (head != tail) {
    uint8_t *entry = f->host.region + sluice_entry_at(l, queue, head);
    uint64_t address = load64_relaxed(entry + SLUICE_ENTRY_PTR);
    bool is_l2_06 = l->generation == SLUICE_L2_2026_06;
    if (address == 0 && is_l2_06) {
      break; /* not yet visible */
    }
    atomic_thread_fence(memory_order_acquire);
    uint32_t kind = load32_relaxed(entry + SLUICE_ENTRY_KIND);
    uint32_t instance = load32_relaxed(entry + SLUICE_ENTRY_CORE);
    uint32_t seq = load32_relaxed(entry + SLUICE_ENTRY_SEQ);
    if (is_l2_06) {
      store64_relaxed(entry + SLUICE_ENTRY_PTR, 0);
    }
    head = (head + 1) % l->queue_entries;
    store32_release(head_word, head);
    accept_entry(f, kind, instance, address, seq);
    popped++;
  }
  return popped;
}

static unsigned drain_all(struct fake_daemon *f) {
  unsigned popped = 0;
  for (unsigned queue = 0; queue < f->host.layout.threads; queue++) {
    popped += drain_queue(f, queue);
  }
  push_spares(f);
  return popped;
}

/* ---- the end of a session -------------------------------------------------------------------- */

static bool is_in_free_queue(const struct fake_daemon *f, unsigned kind, uint64_t address) {
  const struct sluice_layout *l = &f->host.layout;
  for (unsigned i = 0; i < private_arena_pools(&f->geometry, kind); i++) {
    const uint8_t *pool = f->host.region + sluice_pool_at(l, kind, i);
    uint32_t tail = load32_relaxed(pool + l->fq_tail_at);
    for (uint32_t at = load32_relaxed(pool + l->fq_head_at); at != tail; at++) {
      if (load64_relaxed(pool + SLUICE_POOL_SLOTS + 8 * (size_t)(at % l->slots)) == address) {
        return true;
      }
    }
  }
  return false;
}

/* Pool whose records a buffer holds, by its current pointer, or by asking every pool. */
static void salvage_buffer(struct fake_daemon *f, unsigned kind, uint32_t index) {
  const struct sluice_layout *l = &f->host.layout;
  uint64_t address = buffer_address(f, kind, index);
  for (unsigned i = 0; i < private_arena_pools(&f->geometry, kind); i++) {
    const uint8_t *pool = f->host.region + sluice_pool_at(l, kind, i);
    if (load64_relaxed(pool + SLUICE_POOL_PTR) == address) {
      uint64_t wrong = f->kinds[kind].wrong;
      read_buffer(f, kind, i, buffer_bytes(f, kind, index), &f->kinds[kind].salvaged);
      /* count is raised before the fields: the last phase record may be incomplete. */
      bool is_phase = kind == SLUICE_KIND_SCHED_PHASE || kind == SLUICE_KIND_ORCH_PHASE;
      if (is_phase && f->kinds[kind].wrong == wrong + 1) {
        f->kinds[kind].wrong = wrong;
      }
    }
  }
}

static void salvage(struct fake_daemon *f) {
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; i < f->plan.buffers[kind]; i++) {
      if (f->buffers[kind][i].with_device &&
          !is_in_free_queue(f, kind, buffer_address(f, kind, i))) {
        salvage_buffer(f, kind, i);
      }
    }
  }
}

static void settle(struct fake_daemon *f) {
  const struct sluice_layout *l = &f->host.layout;
  for (unsigned idle = 0; idle < 2;) {
    idle = drain_all(f) == 0 ? idle + 1 : 0;
  }
  if (!f->saw_detach) {
    salvage(f);
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < l->pool_count[kind]; i++) {
      const uint8_t *pool = f->host.region + sluice_pool_at(l, kind, i);
      f->kinds[kind].produced += load32_relaxed(pool + SLUICE_POOL_TOTAL);
      f->kinds[kind].dropped += load32_relaxed(pool + SLUICE_POOL_DROPPED);
    }
  }
  memcpy(f->core_to_thread, f->host.region + l->core_to_thread_at, l->max_cores);
}

/* ---- the conversation ------------------------------------------------------------------------ */

static bool receive(int fd, void *bytes, size_t length) {
  return recv(fd, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

static void reply(struct fake_daemon *f, struct sluice_message *m, uint16_t type, size_t length) {
  m->magic = f->mode == FAKE_WRONG_MAGIC ? 0x50545448u : SLUICE_MESSAGE_MAGIC;
  m->version = SLUICE_MESSAGE_VERSION;
  m->type = type;
  m->session = 42;
  memset(m->token, 7, sizeof m->token);
  CHECK(send(f->connection, m, length, MSG_NOSIGNAL) == (ssize_t)length);
}

static void send_descriptor(struct fake_daemon *f) {
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  if (f->mode != FAKE_NO_DESCRIPTOR) {
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control.bytes;
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &f->memfd, sizeof(int));
  }
  CHECK_EQUAL(1, sendmsg(f->connection, &header, MSG_NOSIGNAL));
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
}

static void send_arena(struct fake_daemon *f) {
  struct sluice_message m;
  memset(&m, 0, sizeof m);
  m.body.arena.placement = SLUICE_PLACEMENT_SIM;
  m.body.arena.slot_count = f->host.layout.slots;
  m.body.arena.arena_bytes = f->plan.bytes;
  m.body.arena.region_offset = f->mode == FAKE_BAD_OFFSETS ? f->plan.bytes : 0;
  m.body.arena.region_bytes = f->host.layout.region_bytes;
  m.body.arena.rotation_offset = f->plan.rotation_at;
  m.body.arena.buffers_offset = f->plan.buffer_at[0];
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    m.body.arena.buffers[kind] = f->plan.buffers[kind];
    m.body.arena.buffer_offset[kind] = f->plan.buffer_at[kind];
  }
  reply(f, &m, SLUICE_ARENA, sizeof m);
  send_descriptor(f);
}

static void start_run(struct fake_daemon *f, const struct sluice_message *m) {
  uint32_t handed[SLUICE_KINDS];
  f->host.device_base = m->body.start.device_base;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    f->buffers[kind] = calloc(f->plan.buffers[kind] + 1u, sizeof *f->buffers[kind]);
    f->pools[kind] = calloc(f->host.layout.pool_count[kind], sizeof *f->pools[kind]);
    for (unsigned i = 0; i < f->host.layout.pool_count[kind]; i++) {
      f->pools[kind][i].last_index = NO_INDEX;
      f->pools[kind][i].spare = calloc(f->plan.buffers[kind] + 1u, sizeof(uint32_t));
    }
  }
  private_arena_init(&f->plan, &f->host, &f->geometry, handed);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (uint32_t i = 0; i < f->plan.buffers[kind]; i++) {
      f->buffers[kind][i].with_device = i < handed[kind];
      if (i >= handed[kind]) {
        struct fake_pool *p = &f->pools[kind][i % private_arena_pools(&f->geometry, kind)];
        p->spare[p->spares++] = i;
      }
    }
  }
  struct sluice_message answer;
  memset(&answer, 0, sizeof answer);
  reply(f, &answer, SLUICE_STARTED, sizeof answer);
}

static void answer_detach(struct fake_daemon *f) {
  struct sluice_message m;
  memset(&m, 0, sizeof m);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    const struct fake_kind *k = &f->kinds[kind];
    m.body.books.produced[kind] = k->produced;
    m.body.books.collected[kind] = k->collected;
    m.body.books.dropped[kind] = k->dropped;
    m.body.books.unaccounted[kind] = (int64_t)(k->produced - k->collected - k->dropped);
  }
  reply(f, &m, SLUICE_DETACHED, sizeof m);
}

/* Vanishes with its socket, as a killed daemon does, and comes back if it is to. */
static bool die(struct fake_daemon *f) {
  struct sluice_message m;
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
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, f->path, sizeof address.sun_path);
  f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQUAL(0, bind(f->listener, (struct sockaddr *)&address, sizeof address));
  CHECK_EQUAL(0, listen(f->listener, 4));
  f->connection = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
  CHECK(receive(f->connection, &m, sizeof m));
  CHECK_EQUAL(SLUICE_RESUME, m.type);
  CHECK_EQUAL(7, m.token[0]);
  memset(&m, 0, sizeof m);
  m.body.arena.arena_bytes = f->plan.bytes;
  reply(f, &m, SLUICE_RESUMED, sizeof m);
  f->saw_resume = true;
  return true;
}

/* After a death our ledger is worth nothing: recycle, so that the producer can end. */
static void serve_unread(struct fake_daemon *f) {
  struct pollfd readable = {.fd = f->connection, .events = POLLIN};
  while (poll(&readable, 1, 0) == 0) {
    for (unsigned queue = 0; queue < f->host.layout.threads; queue++) {
      sluice_recycle_queue(&f->host, queue, 1000);
    }
  }
}

/* Long enough for every pool to run dry. */
static void hold_everything(struct fake_daemon *f) {
  uint64_t until = clock_ns() + HOLD_NS;
  f->is_holding = true;
  while (clock_ns() < until) {
    drain_all(f);
  }
}

/* Drains until the client says something or goes away. false: this session is over. */
static bool serve_run(struct fake_daemon *f) {
  struct pollfd readable = {.fd = f->connection, .events = POLLIN};
  uint64_t begin = clock_ns();
  for (;;) {
    bool is_idle = f->idle_first && clock_ns() - begin < IDLE_FIRST_NS;
    unsigned popped = is_idle ? 0 : drain_all(f);
    uint64_t buffers = f->kinds[0].buffers + f->kinds[3].buffers;
    bool dies = f->mode == FAKE_DIE || f->mode == FAKE_DIE_AND_RETURN;
    if (dies && buffers >= DIE_AFTER_BUFFERS && f->hold) {
      hold_everything(f);
    }
    if (dies && buffers >= DIE_AFTER_BUFFERS) {
      if (die(f)) {
        serve_unread(f);
        return true;
      }
      return false;
    }
    if (poll(&readable, 1, popped == 0 && is_idle ? 1 : 0) > 0) {
      return true;
    }
  }
}

static void serve(struct fake_daemon *f) {
  struct sluice_message m;
  while (receive(f->connection, &m, sizeof m)) {
    CHECK_EQUAL(SLUICE_MESSAGE_MAGIC, m.magic);
    switch (m.type) {
      case SLUICE_ATTACH:
        f->geometry = m.body.geometry;
        make_arena(f);
        send_arena(f);
        break;
      case SLUICE_START:
        CHECK_EQUAL(7, m.token[0]);
        start_run(f, &m);
        if (!serve_run(f)) {
          return;
        }
        break;
      case SLUICE_DETACH:
        f->saw_detach = true;
        settle(f);
        answer_detach(f);
        break;
      default:
        CHECK(false);
        return;
    }
  }
  if (!f->saw_detach && f->pools[0] != NULL) {
    settle(f);
  }
}

static void *fake_main(void *argument) {
  struct fake_daemon *f = argument;
  struct sluice_message m;
  f->connection = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
  switch (f->mode) {
    case FAKE_REFUSE:
      CHECK(receive(f->connection, &m, sizeof m));
      memset(&m, 0, sizeof m);
      m.status = SLUICE_ERROR_ARENA;
      strcpy(m.body.arena.text, "needs 72 buffers, 48 fit");
      reply(f, &m, SLUICE_ARENA, sizeof m);
      break;
    case FAKE_WRONG_MAGIC:
      CHECK(receive(f->connection, &m, sizeof m));
      reply(f, &m, SLUICE_ARENA, sizeof m);
      break;
    case FAKE_TRUNCATED:
      CHECK(receive(f->connection, &m, sizeof m));
      reply(f, &m, SLUICE_ARENA, sizeof m / 2);
      break;
    case FAKE_HANG_UP:
      CHECK(receive(f->connection, &m, sizeof m));
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

void fake_start(struct fake_daemon *f) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  fresh_socket_path(f->path, sizeof f->path);
  memcpy(address.sun_path, f->path, sizeof address.sun_path);
  f->memfd = -1;
  f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQUAL(0, bind(f->listener, (struct sockaddr *)&address, sizeof address));
  CHECK_EQUAL(0, listen(f->listener, 4));
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
  if (f->host.host_base != NULL) {
    munmap(f->host.host_base, f->plan.bytes);
  }
  if (f->memfd >= 0) {
    close(f->memfd);
  }
}

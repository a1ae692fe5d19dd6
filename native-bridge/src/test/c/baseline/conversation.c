#include "conversation.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WAIT_FOR_CLIENT_MS 30000

/* ---- messages -------------------------------------------------------------------------------- */

static bool receive(int fd, struct sluice_message *m) {
  ssize_t n;
  do {
    n = recv(fd, m, sizeof *m, MSG_WAITALL);
  } while (n < 0 && errno == EINTR);
  return n == (ssize_t)sizeof *m;
}

static bool reply(int fd, struct sluice_message *m, uint16_t type, uint32_t status) {
  m->magic = SLUICE_MESSAGE_MAGIC;
  m->version = SLUICE_MESSAGE_VERSION;
  m->type = type;
  m->status = status;
  m->session = 1;
  return send(fd, m, sizeof *m, MSG_NOSIGNAL) == (ssize_t)sizeof *m;
}

static void refuse(int fd, uint16_t type, uint32_t status, const char *text) {
  struct sluice_message m;
  memset(&m, 0, sizeof m);
  snprintf(m.body.refused.text, sizeof m.body.refused.text, "%s", text);
  reply(fd, &m, type, status);
}

static bool send_descriptor(int fd, int memfd) {
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr header = {.msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &memfd, sizeof(int));
  return sendmsg(fd, &header, MSG_NOSIGNAL) == 1;
}

/* ---- attach ---------------------------------------------------------------------------------- */

static const char *attach(struct session *s, int fd, const struct sluice_message *request) {
  struct host *h = &s->host;
  const char *wrong = host_make_arena(h, &request->body.geometry);
  if (wrong != NULL) {
    refuse(fd, SLUICE_ARENA, SLUICE_ERROR_ARENA, wrong);
    return wrong;
  }
  struct sluice_message m;
  memset(&m, 0, sizeof m);
  m.token[0] = 1; /* there is no other session and no resume */
  m.body.arena.placement = SLUICE_PLACEMENT_SIM;
  m.body.arena.slot_count = h->wire.layout.slots;
  m.body.arena.arena_bytes = h->plan.bytes;
  m.body.arena.region_bytes = h->wire.layout.region_bytes;
  m.body.arena.rotation_offset = h->plan.rotation_at;
  m.body.arena.buffers_offset = h->plan.buffer_at[0];
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    m.body.arena.buffers[kind] = h->plan.buffers[kind];
    m.body.arena.buffer_offset[kind] = h->plan.buffer_at[kind];
  }
  bool sent = reply(fd, &m, SLUICE_ARENA, SLUICE_OK) && send_descriptor(fd, h->memfd);
  return sent ? NULL : "the client left before it had its arena";
}

/* ---- a run ----------------------------------------------------------------------------------- */

struct serving {
  struct session *session;
  const char *failure;
};

static void *serve_main(void *argument) {
  struct serving *v = argument;
  struct session *s = v->session;
  if (s->options->is_old_host) {
    v->failure = old_host_serve(&s->host, &s->options->old_host);
  } else {
    floor_serve(&s->host);
  }
  return NULL;
}

static double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_books(struct session *s) {
  host_end_run(&s->host);
  s->runs++;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    s->total[kind].produced += s->host.books[kind].produced;
    s->total[kind].dropped += s->host.books[kind].dropped;
    s->total[kind].collected += s->host.books[kind].collected;
  }
}

/*
 * Answers START and serves until the client says something or goes away. The next request is in m
 * then; *has_request tells whether there is one.
 */
static const char *run(struct session *s, int fd, struct sluice_message *m, bool *has_request) {
  struct serving serving = {.session = s};
  pthread_t thread;
  const char *wrong = host_begin_run(&s->host, m->body.start.device_base);
  if (wrong != NULL) {
    refuse(fd, SLUICE_STARTED, SLUICE_ERROR_MALFORMED, wrong);
    return wrong;
  }
  double began = now_seconds();
  if (pthread_create(&thread, NULL, serve_main, &serving) != 0) {
    refuse(fd, SLUICE_STARTED, SLUICE_ERROR_MEMORY, "cannot start a thread");
    return "cannot start a thread";
  }
  memset(m, 0, sizeof *m);
  *has_request = reply(fd, m, SLUICE_STARTED, SLUICE_OK) && receive(fd, m);
  atomic_store(&s->host.is_ending, true);
  pthread_join(thread, NULL);
  s->seconds += now_seconds() - began;
  add_books(s);
  return serving.failure;
}

static void answer_books(const struct session *s, int fd, uint16_t type) {
  struct sluice_message m;
  memset(&m, 0, sizeof m);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    const struct kind_books *b = &s->host.books[kind];
    m.body.books.produced[kind] = b->produced;
    m.body.books.collected[kind] = b->collected;
    m.body.books.dropped[kind] = b->dropped;
    m.body.books.unaccounted[kind] = (int64_t)(b->produced - b->collected - b->dropped);
  }
  reply(fd, &m, type, SLUICE_OK);
}

static bool is_ours(const struct sluice_message *m) {
  return m->magic == SLUICE_MESSAGE_MAGIC && m->version == SLUICE_MESSAGE_VERSION;
}

/* NULL when the client detached. */
static const char *converse(struct session *s, int fd) {
  struct sluice_message m;
  bool has_arena = false;
  bool has_request = receive(fd, &m);
  while (has_request) {
    const char *wrong = NULL;
    uint16_t type = is_ours(&m) ? m.type : 0;
    if (type == SLUICE_ATTACH && !has_arena) {
      wrong = attach(s, fd, &m);
      has_arena = true;
      has_request = wrong == NULL && receive(fd, &m);
    } else if (type == SLUICE_START && has_arena) {
      wrong = run(s, fd, &m, &has_request);
    } else if (type == SLUICE_RUN_END && s->runs > 0) {
      answer_books(s, fd, SLUICE_SETTLED);
      has_request = receive(fd, &m);
    } else if (type == SLUICE_DETACH && has_arena) {
      answer_books(s, fd, SLUICE_DETACHED);
      return NULL;
    } else {
      refuse(fd, SLUICE_REFUSED, SLUICE_ERROR_STATE,
             "a baseline serves one session from its start");
      wrong = "the client sent what a baseline does not serve";
    }
    if (wrong != NULL) {
      return wrong;
    }
  }
  return "the connection ended without a detach";
}

/* ---- the one client -------------------------------------------------------------------------- */

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, strlen(path)); /* its length was checked */
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 &&
      (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1) != 0)) {
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
  }
  return fd;
}

static int wait_for_client(int listener) {
  struct pollfd readable = {.fd = listener, .events = POLLIN};
  int ready;
  do {
    ready = poll(&readable, 1, WAIT_FOR_CLIENT_MS);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
}

void session_serve(struct session *s) {
  const char *path = s->options->socket;
  s->host.memfd = -1;
  int listener = listen_on(path);
  if (listener < 0) {
    s->failure = strerror(errno);
    return;
  }
  fprintf(stderr, "listening on %s\n", path);
  int client = wait_for_client(listener);
  close(listener);
  unlink(path);
  if (client < 0) {
    s->failure = "nobody attached within 30 s";
    return;
  }
  s->failure = converse(s, client);
  close(client);
}

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

#include "peer.h"

#define WAIT_FOR_CLIENT_MS 30000

/* ---- messages -------------------------------------------------------------------------------- */

/* There is only this session, and no resume. */
#define SESSION 1
#define TOKEN 1

static bool receive(int fd, struct sluice_message *m) {
  return sluice_receive_message(fd, m) == SLUICE_RECEIVED;
}

static bool reply(int fd, const struct sluice_message *m) {
  return sluice_send_message(fd, m) == 0;
}

static void refuse(int fd, uint16_t type, uint32_t status, const char *text) {
  struct sluice_message m;
  peer_reply(&m, type, status, SESSION, TOKEN);
  sluice_put_text(&m, SLUICE_KEY_TEXT, 0, text);
  reply(fd, &m);
}

/* ---- attach ---------------------------------------------------------------------------------- */

static const char *attach(struct session *s, int fd, const struct sluice_message *request) {
  struct host *h = &s->host;
  struct sluice_geometry geometry;
  const char *wrong = peer_read_geometry(request, &geometry) ? host_make_arena(h, &geometry)
                                                             : "no such layout";
  if (wrong != NULL) {
    refuse(fd, SLUICE_ARENA, SLUICE_ERROR_ARENA, wrong);
    return wrong;
  }
  struct sluice_message m;
  peer_reply(&m, SLUICE_ARENA, SLUICE_OK, SESSION, TOKEN);
  peer_put_arena(&m, &h->wire.layout, &h->plan);
  bool sent = reply(fd, &m) && peer_send_descriptor(fd, h->memfd);
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
 * Answers START and serves until the client sends a message or disconnects. The next request, if
 * *has_request, is then in m.
 */
static const char *run(struct session *s, int fd, struct sluice_message *m, bool *has_request) {
  struct serving serving = {.session = s};
  pthread_t thread;
  const char *wrong = host_begin_run(&s->host, sluice_number(m, SLUICE_KEY_DEVICE_BASE));
  if (wrong != NULL) {
    refuse(fd, SLUICE_STARTED, SLUICE_ERROR_MALFORMED, wrong);
    return wrong;
  }
  double began = now_seconds();
  if (pthread_create(&thread, NULL, serve_main, &serving) != 0) {
    refuse(fd, SLUICE_STARTED, SLUICE_ERROR_MEMORY, "cannot start a thread");
    return "cannot start a thread";
  }
  peer_reply(m, SLUICE_STARTED, SLUICE_OK, SESSION, TOKEN);
  *has_request = reply(fd, m) && receive(fd, m);
  atomic_store(&s->host.is_ending, true);
  pthread_join(thread, NULL);
  s->seconds += now_seconds() - began;
  add_books(s);
  return serving.failure;
}

static void answer_books(const struct session *s, int fd, uint16_t type) {
  struct sluice_message m;
  uint64_t produced[SLUICE_KINDS];
  uint64_t collected[SLUICE_KINDS];
  uint64_t dropped[SLUICE_KINDS];
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    produced[kind] = s->host.books[kind].produced;
    collected[kind] = s->host.books[kind].collected;
    dropped[kind] = s->host.books[kind].dropped;
  }
  peer_reply(&m, type, SLUICE_OK, SESSION, TOKEN);
  peer_put_books(&m, produced, collected, dropped);
  reply(fd, &m);
}

/* Returns NULL if the client detached. */
static const char *converse(struct session *s, int fd) {
  struct sluice_message m;
  bool has_arena = false;
  bool has_request = receive(fd, &m);
  while (has_request) {
    const char *wrong = NULL;
    uint16_t type = sluice_type(&m);
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

/* ---- the only client ------------------------------------------------------------------------- */

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, strlen(path)); /* the caller checked its length */
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
    s->failure = "no client attached within 30 s";
    return;
  }
  s->failure = converse(s, client);
  close(client);
}

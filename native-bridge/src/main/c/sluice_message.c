/*
 * sluice_message.c - one request and its reply, both of fixed size, and the descriptor that follows
 * ARENA.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "sluice_internal.h"

int sluice_fail(int code, char *error, size_t error_bytes, const char *format, ...) {
  if (error != NULL && error_bytes > 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, error_bytes, format, arguments);
    va_end(arguments);
  }
  return code;
}

static int send_fully(int fd, const void *bytes, size_t length) {
  const uint8_t *next = bytes;
  while (length > 0) {
    ssize_t sent = send(fd, next, length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return -1;
    }
    next += sent;
    length -= (size_t)sent;
  }
  return 0;
}

/* 0, or -1 with errno; errno 0 means that the peer closed the connection. */
static int receive_fully(int fd, void *bytes, size_t length) {
  uint8_t *next = bytes;
  while (length > 0) {
    ssize_t received = recv(fd, next, length, 0);
    if (received < 0) {
      if (errno == EINTR) {
        continue;
      }
      return -1;
    }
    if (received == 0) {
      errno = 0;
      return -1;
    }
    next += received;
    length -= (size_t)received;
  }
  return 0;
}

void sluice_set_reply_timeout(int fd, int seconds) {
  struct timeval limit = {.tv_sec = seconds};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static int connection_lost(struct sluice_attach *s, const char *what, char *error,
                           size_t error_bytes) {
  if (errno == 0) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the daemon closed the connection before it answered %s", what);
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    /* A reply may still arrive late; the conversation is out of step, so it ends here. */
    shutdown(s->socket, SHUT_RDWR);
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the daemon did not answer %s in time", what);
  }
  return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                     "connection to the daemon lost at %s: %s", what, strerror(errno));
}

/* A session that another party than its client ended: DETACHED with a status, unasked. */
static int note_end(struct sluice_attach *s, const struct sluice_message *m) {
  if (m->magic == SLUICE_MESSAGE_MAGIC && m->type == SLUICE_DETACHED && m->status != SLUICE_OK) {
    s->has_ended = 1;
    s->ended_books = m->body.books;
  }
  return s->has_ended;
}

static int tell_end(struct sluice_attach *s, struct sluice_message *m, char *error,
                    size_t error_bytes) {
  m->body.books = s->ended_books;
  return sluice_fail(SLUICE_ERROR_STATE, error, error_bytes, "the daemon ended the session: %.*s",
                     (int)sizeof s->ended_books.text, s->ended_books.text);
}

void sluice_hear_of_end(struct sluice_attach *s) {
  struct sluice_message m;
  /* Sent in one piece, so it is there as a whole or not at all. */
  if (recv(s->socket, &m, sizeof m, MSG_DONTWAIT) == (ssize_t)sizeof m) {
    note_end(s, &m);
  }
}

int sluice_converse(struct sluice_attach *s, struct sluice_message *m, uint16_t type,
                    uint16_t reply_type, const char *what, int timeout_seconds, char *error,
                    size_t error_bytes) {
  if (s->has_ended) {
    return tell_end(s, m, error, error_bytes);
  }
  if (s->socket < 0) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "not connected; resume the session first");
  }
  m->magic = SLUICE_MESSAGE_MAGIC;
  m->version = SLUICE_MESSAGE_VERSION;
  m->type = type;
  m->status = 0;
  m->session = 0;
  memcpy(m->token, s->token, sizeof m->token);
  sluice_set_reply_timeout(s->socket, timeout_seconds);
  if (send_fully(s->socket, m, sizeof *m) != 0 && errno != EPIPE) {
    return connection_lost(s, what, error, error_bytes);
  }
  /* After EPIPE the daemon may still have left a refusal for us to read, e.g. when it has too many
   * connections. */
  if (receive_fully(s->socket, m, sizeof *m) != 0) {
    return connection_lost(s, what, error, error_bytes);
  }
  if (m->magic != SLUICE_MESSAGE_MAGIC || m->version != SLUICE_MESSAGE_VERSION) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "what answers on %s does not speak version %d of the attach protocol",
                       s->socket_path, SLUICE_MESSAGE_VERSION);
  }
  if (note_end(s, m)) {
    return tell_end(s, m, error, error_bytes);
  }
  if (m->type != reply_type && m->type != SLUICE_REFUSED) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes, "unexpected reply %u to %s",
                       m->type, what);
  }
  if (m->status != SLUICE_OK || m->type == SLUICE_REFUSED) {
    int code = m->status != SLUICE_OK ? (int)m->status : SLUICE_ERROR_PROTOCOL;
    /* Books carry a shorter text than the other replies, at another place. */
    int is_books = m->type == SLUICE_SETTLED || m->type == SLUICE_DETACHED;
    const char *text = is_books ? m->body.books.text : m->body.refused.text;
    int limit = is_books ? (int)sizeof m->body.books.text : (int)sizeof m->body.refused.text;
    return sluice_fail(code, error, error_bytes, "the daemon refused %s: %.*s (status %d)", what,
                       limit, text, code);
  }
  return SLUICE_OK;
}

int sluice_receive_share(struct sluice_attach *s, struct sluice_share *share, char *error,
                         size_t error_bytes) {
  struct sluice_message m;
  if (receive_fully(s->socket, &m, sizeof m) != 0) {
    return connection_lost(s, "with the shared memory", error, error_bytes);
  }
  if (m.magic != SLUICE_MESSAGE_MAGIC || m.version != SLUICE_MESSAGE_VERSION ||
      m.type != SLUICE_SHARE || m.status != SLUICE_OK) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the daemon did not say how to import its memory");
  }
  *share = m.body.share;
  return SLUICE_OK;
}

int sluice_receive_descriptor(struct sluice_attach *s, int *fd, char *error, size_t error_bytes) {
  char byte;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr header = {.msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
  ssize_t received;
  do {
    received = recvmsg(s->socket, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received != 1) {
    if (received == 0) {
      errno = 0;
    }
    return connection_lost(s, "with the arena descriptor", error, error_bytes);
  }
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
      c->cmsg_len != CMSG_LEN(sizeof(int))) {
    return sluice_fail(
        SLUICE_ERROR_PROTOCOL, error, error_bytes,
        "the daemon sent no arena descriptor (is the open-files limit of this process reached?)");
  }
  memcpy(fd, CMSG_DATA(c), sizeof *fd);
  return SLUICE_OK;
}

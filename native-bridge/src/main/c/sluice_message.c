/*
 * sluice_message.c - messages as defined in sluice_attach.h; a request and its reply, and the
 * descriptor that follows ARENA.
 */
#include "sluice_message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "sluice_internal.h"

/* ---- composing and looking up ---------------------------------------------------------------- */

static struct sluice_header *header_of(struct sluice_message *m) {
  return (struct sluice_header *)(void *)m->data;
}

static const struct sluice_header *read_header(const struct sluice_message *m) {
  return (const struct sluice_header *)(const void *)m->data;
}

static size_t padded(size_t bytes) {
  return (bytes + 7) / 8 * 8;
}

void sluice_compose(struct sluice_message *m, uint16_t type) {
  *header_of(m) = (struct sluice_header){.magic = SLUICE_MESSAGE_MAGIC,
                                         .version = SLUICE_MESSAGE_VERSION,
                                         .type = type,
                                         .bytes = sizeof(struct sluice_header)};
}

void sluice_put(struct sluice_message *m, uint16_t key, uint16_t flags, const void *value,
                size_t bytes) {
  uint32_t at = header_of(m)->bytes;
  size_t whole = sizeof(struct sluice_field) + padded(bytes);
  if (whole <= sizeof m->data - at) {
    struct sluice_field field = {.key = key, .flags = flags, .bytes = (uint32_t)bytes};
    memset(m->data + at, 0, whole);
    memcpy(m->data + at, &field, sizeof field);
    memcpy(m->data + at + sizeof field, value, bytes);
    header_of(m)->bytes = at + (uint32_t)whole;
  }
}

void sluice_put_number(struct sluice_message *m, uint16_t key, uint16_t flags, uint64_t number) {
  sluice_put(m, key, flags, &number, sizeof number);
}

void sluice_put_numbers(struct sluice_message *m, uint16_t key, uint16_t flags,
                        const uint32_t *numbers, unsigned count) {
  uint64_t wide[SLUICE_ALL_KINDS] = {0};
  for (unsigned i = 0; i < count && i < SLUICE_ALL_KINDS; i++) {
    wide[i] = numbers[i];
  }
  sluice_put(m, key, flags, wide, count * sizeof wide[0]);
}

void sluice_put_text(struct sluice_message *m, uint16_t key, uint16_t flags, const char *text) {
  sluice_put(m, key, flags, text, strlen(text));
}

uint16_t sluice_type(const struct sluice_message *m) {
  return read_header(m)->type;
}

const void *sluice_find(const struct sluice_message *m, uint16_t key, size_t *bytes) {
  size_t at = sizeof(struct sluice_header);
  while (at < read_header(m)->bytes) {
    const struct sluice_field *field = (const struct sluice_field *)(const void *)(m->data + at);
    if (field->key == key) {
      *bytes = field->bytes;
      return field + 1;
    }
    at += sizeof *field + padded(field->bytes);
  }
  return NULL;
}

uint64_t sluice_number(const struct sluice_message *m, uint16_t key) {
  uint64_t number;
  sluice_numbers(m, key, &number, 1);
  return number;
}

void sluice_numbers(const struct sluice_message *m, uint16_t key, uint64_t *numbers,
                    unsigned count) {
  size_t bytes = 0;
  const void *value = sluice_find(m, key, &bytes);
  size_t room = count * sizeof numbers[0];
  memset(numbers, 0, room);
  if (value != NULL) {
    memcpy(numbers, value, bytes < room ? bytes / 8 * 8 : room);
  }
}

void sluice_text(const struct sluice_message *m, uint16_t key, char *text, size_t room) {
  size_t bytes = 0;
  const char *value = sluice_find(m, key, &bytes);
  size_t length = value == NULL ? 0 : bytes < room ? bytes : room - 1;
  while (value != NULL && length < bytes && length > 0 && (value[length] & 0xc0) == 0x80) {
    length--;
  }
  if (length > 0) {
    memcpy(text, value, length);
  }
  text[length] = '\0';
}

/* ---- sending and receiving ------------------------------------------------------------------- */

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

/* Returns 0, or -1 with errno; errno 0 means that the peer closed the connection. */
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

int sluice_send_message(int fd, const struct sluice_message *m) {
  return send_fully(fd, m->data, read_header(m)->bytes);
}

/* Whether the fields fill the message, no key repeats, and no required key is unknown. */
static int has_sound_fields(const struct sluice_message *m) {
  uint8_t seen[SLUICE_KEY_END] = {0};
  size_t at = sizeof(struct sluice_header);
  size_t end = read_header(m)->bytes;
  while (at < end) {
    struct sluice_field field;
    memcpy(&field, m->data + at, sizeof field); /* complete, as both are multiples of 8 */
    at += sizeof field;
    if (field.bytes > end - at || padded(field.bytes) > end - at) {
      return 0;
    }
    at += padded(field.bytes);
    int is_known = field.key < SLUICE_KEY_END;
    if (is_known ? seen[field.key]++ != 0 : (field.flags & SLUICE_FIELD_REQUIRED) != 0) {
      return 0;
    }
  }
  return 1;
}

static enum sluice_received check_header(const struct sluice_message *m) {
  const struct sluice_header *h = read_header(m);
  if (h->magic != SLUICE_MESSAGE_MAGIC || h->version != SLUICE_MESSAGE_VERSION) {
    return SLUICE_NOT_OURS;
  }
  int is_sound = h->bytes >= sizeof *h && h->bytes <= sizeof m->data && h->bytes % 8 == 0;
  return is_sound ? SLUICE_RECEIVED : SLUICE_BROKEN;
}

enum sluice_received sluice_receive_message(int fd, struct sluice_message *m) {
  if (receive_fully(fd, m->data, sizeof(struct sluice_header)) != 0) {
    return SLUICE_NOT_RECEIVED;
  }
  enum sluice_received received = check_header(m);
  if (received != SLUICE_RECEIVED) {
    return received;
  }
  size_t rest = read_header(m)->bytes - sizeof(struct sluice_header);
  if (receive_fully(fd, m->data + sizeof(struct sluice_header), rest) != 0) {
    return SLUICE_NOT_RECEIVED;
  }
  return has_sound_fields(m) ? SLUICE_RECEIVED : SLUICE_BROKEN;
}

/* ---- one request and its reply ---------------------------------------------------------------- */

int sluice_fail(int code, char *error, size_t error_bytes, const char *format, ...) {
  if (error != NULL && error_bytes > 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, error_bytes, format, arguments);
    va_end(arguments);
  }
  return code;
}

void sluice_set_reply_timeout(int fd, uint32_t milliseconds) {
  struct timeval limit = {.tv_sec = milliseconds / 1000,
                          .tv_usec = milliseconds % 1000 * 1000 + (milliseconds == 0)};
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
    /* A reply may still arrive late and would be taken for the next one, so the conversation ends
     * here. */
    shutdown(s->socket, SHUT_RDWR);
    struct sluice_guard_stats stats;
    sluice_attach_guard_stats(s, &stats);
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the daemon did not answer %s in time%s", what,
                       stats.state == SLUICE_GUARD_STALLED ? ": it is stopped, or hangs" : "");
  }
  return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                     "connection to the daemon lost at %s: %s", what, strerror(errno));
}

static uint32_t status_of(const struct sluice_message *m) {
  return (uint32_t)sluice_number(m, SLUICE_KEY_STATUS);
}

void sluice_read_books(const struct sluice_message *m, struct sluice_books *books) {
  sluice_numbers(m, SLUICE_KEY_PRODUCED, books->produced, SLUICE_ALL_KINDS);
  sluice_numbers(m, SLUICE_KEY_COLLECTED, books->collected, SLUICE_ALL_KINDS);
  sluice_numbers(m, SLUICE_KEY_DROPPED, books->dropped, SLUICE_ALL_KINDS);
  sluice_numbers(m, SLUICE_KEY_SALVAGED, books->salvaged, SLUICE_ALL_KINDS);
  sluice_numbers(m, SLUICE_KEY_UNACCOUNTED, (uint64_t *)books->unaccounted, SLUICE_ALL_KINDS);
  sluice_numbers(m, SLUICE_KEY_NEVER_STARTED, books->never_started, SLUICE_ALL_KINDS);
  sluice_text(m, SLUICE_KEY_TEXT, books->text, sizeof books->text);
}

/* Records the end of a session that its client did not request: DETACHED with an error status. */
static int note_end(struct sluice_attach *s, const struct sluice_message *m) {
  if (sluice_type(m) == SLUICE_DETACHED && status_of(m) != SLUICE_OK) {
    s->has_ended = 1;
    sluice_read_books(m, &s->ended_books);
  }
  return s->has_ended;
}

static int tell_end(struct sluice_attach *s, char *error, size_t error_bytes) {
  return sluice_fail(SLUICE_ERROR_STATE, error, error_bytes, "the daemon ended the session: %s",
                     s->ended_books.text);
}

void sluice_hear_of_end(struct sluice_attach *s) {
  struct sluice_message m;
  struct sluice_header header;
  /* The daemon sends it in one piece, so either all of it has arrived or nothing. */
  ssize_t seen = recv(s->socket, &header, sizeof header, MSG_PEEK | MSG_DONTWAIT);
  if (seen == (ssize_t)sizeof header &&
      sluice_receive_message(s->socket, &m) == SLUICE_RECEIVED) {
    note_end(s, &m);
  }
}

void sluice_request(struct sluice_attach *s, struct sluice_message *m, uint16_t type) {
  sluice_compose(m, type);
  if (type != SLUICE_ATTACH) {
    sluice_put(m, SLUICE_KEY_TOKEN, SLUICE_FIELD_REQUIRED, s->token, sizeof s->token);
  }
}

static int receive_reply(struct sluice_attach *s, struct sluice_message *m, const char *what,
                         char *error, size_t error_bytes) {
  switch (sluice_receive_message(s->socket, m)) {
    case SLUICE_RECEIVED:
      return SLUICE_OK;
    case SLUICE_NOT_OURS:
      return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                         "the peer on %s does not speak version %d of the attach protocol",
                         s->socket_path, SLUICE_MESSAGE_VERSION);
    case SLUICE_BROKEN:
      return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes, "malformed reply to %s", what);
    default:
      return connection_lost(s, what, error, error_bytes);
  }
}

int sluice_converse(struct sluice_attach *s, struct sluice_message *m, uint16_t reply_type,
                    const char *what, uint32_t timeout_ms, char *error, size_t error_bytes) {
  if (s->has_ended) {
    return tell_end(s, error, error_bytes);
  }
  if (s->socket < 0) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "not connected; resume the session first");
  }
  sluice_set_reply_timeout(s->socket, timeout_ms);
  if (sluice_send_message(s->socket, m) != 0 && errno != EPIPE) {
    return connection_lost(s, what, error, error_bytes);
  }
  /* After EPIPE the daemon may still have left a refusal to read, e.g. when it has too many
   * connections. */
  int code = receive_reply(s, m, what, error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  if (note_end(s, m)) {
    return tell_end(s, error, error_bytes);
  }
  uint16_t type = sluice_type(m);
  if (type != reply_type && type != SLUICE_REFUSED) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes, "unexpected reply %u to %s",
                       type, what);
  }
  uint32_t status = status_of(m);
  if (status != SLUICE_OK || type == SLUICE_REFUSED) {
    char text[512];
    sluice_text(m, SLUICE_KEY_TEXT, text, sizeof text);
    code = status != SLUICE_OK ? (int)status : SLUICE_ERROR_PROTOCOL;
    return sluice_fail(code, error, error_bytes, "the daemon refused %s: %s (status %d)", what,
                       text, code);
  }
  return SLUICE_OK;
}

int sluice_receive_share(struct sluice_attach *s, struct sluice_share *share, char *error,
                         size_t error_bytes) {
  struct sluice_message m;
  int code = receive_reply(s, &m, "with the shared memory", error, error_bytes);
  if (code != SLUICE_OK) {
    return code;
  }
  if (sluice_type(&m) != SLUICE_SHARE || status_of(&m) != SLUICE_OK) {
    return sluice_fail(SLUICE_ERROR_PROTOCOL, error, error_bytes,
                       "the daemon did not say how to import its memory");
  }
  share->route = (uint32_t)sluice_number(&m, SLUICE_KEY_SHARE_ROUTE);
  share->bytes = sluice_number(&m, SLUICE_KEY_SHARE_BYTES);
  share->handle = sluice_number(&m, SLUICE_KEY_SHARE_HANDLE);
  sluice_text(&m, SLUICE_KEY_SHARE_KEY, share->key, sizeof share->key);
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

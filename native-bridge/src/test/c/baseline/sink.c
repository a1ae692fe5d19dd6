#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *open_file(struct sink *s) {
  struct stat status;
  s->fd = open(s->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
  if (s->fd < 0) {
    return strerror(errno);
  }
  if (fstat(s->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return "not a regular file";
  }
  return NULL;
}

const char *sink_open(struct sink *s) {
  s->fd = -1;
  if (s->path != NULL) {
    return open_file(s);
  }
  if (s->bytes == 0) {
    return NULL;
  }
  void *memory = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) {
    return strerror(errno);
  }
  s->memory = memory;
  return NULL;
}

void sink_close(struct sink *s) {
  if (s->memory != NULL) {
    munmap(s->memory, s->bytes);
  }
  if (s->fd >= 0) {
    close(s->fd);
  }
}

uint8_t *sink_reserve(struct sink *s, size_t bytes) {
  if (bytes > s->bytes - s->at) {
    s->at = 0;
  }
  uint8_t *room = s->memory + s->at;
  s->at += bytes;
  s->written += bytes;
  return room;
}

void sink_give_back(struct sink *s, size_t bytes) {
  s->at -= bytes;
  s->written -= bytes;
}

static void write_file(struct sink *s, const uint8_t *from, size_t bytes) {
  if (s->error != 0) {
    return;
  }
  if (bytes > s->bytes - s->at) {
    s->at = 0;
    if (lseek(s->fd, 0, SEEK_SET) != 0) {
      s->error = errno;
      return;
    }
  }
  while (bytes > 0) {
    ssize_t n = write(s->fd, from, bytes);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      s->error = n < 0 ? errno : ENOSPC;
      return;
    }
    from += n;
    bytes -= (size_t)n;
    s->at += (uint64_t)n;
    s->written += (uint64_t)n;
  }
}

void sink_write(struct sink *s, const uint8_t *from, size_t bytes) {
  if (s->fd >= 0) {
    write_file(s, from, bytes);
  } else if (s->memory != NULL) {
    memcpy(sink_reserve(s, bytes), from, bytes);
  }
}

/*
 * sluice_internal.h - what the parts of the client share: sluice_attach.c (the calls),
 * sluice_message.c (a request and its reply), sluice_guard.c. Not installed.
 */
#ifndef SLUICE_INTERNAL_H
#define SLUICE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "sluice_attach.h"
#include "sluice_layout.h"
#include "sluice_message.h"

struct sluice_guard;  /* sluice_guard.c */
struct sluice_device; /* sluice_device.c */

/* How memory of a device is imported: the SHARE message. */
struct sluice_share {
  uint32_t route; /* enum sluice_share_route */
  uint64_t bytes;
  uint64_t handle;
  char key[SLUICE_SHARE_KEY_BYTES + 1];
};

struct sluice_attach {
  /* Serialises conversations: the owner's calls against the guard's resume. */
  pthread_mutex_t lock;
  char socket_path[108];
  int socket; /* -1 once the connection is given up */
  uint8_t token[SLUICE_TOKEN_BYTES];
  struct sluice_geometry geometry;
  struct sluice_arena arena;
  size_t mapped_bytes;
  int is_granted;       /* the daemon holds a session for this client */
  int has_ended;        /* the daemon ended the session unasked; with: */
  struct sluice_books ended_books;
  uint64_t device_base;   /* as sent in START; 0 before */
  uint64_t terminal_bank; /* as received in STARTED */
  uint64_t locks_offset;  /* of the lock page; 0 for none */
  uint32_t attach_timeout_ms;
  uint32_t reply_timeout_ms; /* 0: each call's default */
  char run_name[512];     /* for the next START */
  struct sluice_device *device; /* what libascendcl did for this session; NULL for sim */
  struct sluice_guard *guard;
};

/* As sluice_attach_resume, with a limit for the reply. The caller holds session->lock. */
int sluice_resume_locked(struct sluice_attach *session, uint32_t timeout_ms, char *error,
                         size_t error_bytes);

/* Reads the unsolicited end of the session, if the daemon has sent it. Never blocks. */
void sluice_hear_of_end(struct sluice_attach *session);

/* As sluice_attach_connected; the caller holds session->lock. */
int sluice_connected_locked(struct sluice_attach *session);

/* Registers the mapped arena with the calling thread's device; sets arena.device_base. */
int sluice_device_register(struct sluice_attach *session, char *error, size_t error_bytes);

/* Imports device memory; sets arena.device_base. */
int sluice_device_import(struct sluice_attach *session, const struct sluice_share *share,
                         char *error, size_t error_bytes);

/* This process's pid as the driver reports it, or 0 if libascendcl cannot report it. */
uint32_t sluice_device_bare_process(void);

/* Undoes the registration or import. Idempotent. */
void sluice_device_release(struct sluice_attach *session);

/* Stops and joins the guard thread, if there is one. Idempotent. */
void sluice_guard_stop(struct sluice_attach *session);

/* Releases the guard's locks of the lock page, if there is a guard: a daemon is about to get the
 * resume request. The caller holds session->lock. */
void sluice_guard_yield(struct sluice_attach *session);

/*
 * Counts everything still in the arena as lost, once the device is complete and no daemon holds the
 * session. Returns 0 if a daemon holds it. The caller holds session->lock, which is released for
 * moments.
 */
int sluice_guard_finish(struct sluice_attach *session);

/* Sets the longest wait for a reply on this socket, and for space to send. */
void sluice_set_reply_timeout(int fd, uint32_t milliseconds);

/* Begins a request of this session. */
void sluice_request(struct sluice_attach *session, struct sluice_message *message, uint16_t type);

/*
 * Sends the request and reads the reply into the same message. The caller holds session->lock.
 * SLUICE_OK only if the reply has type reply_type and status SLUICE_OK. what names the request in
 * errors.
 */
int sluice_converse(struct sluice_attach *session, struct sluice_message *message,
                    uint16_t reply_type, const char *what, uint32_t timeout_ms, char *error,
                    size_t error_bytes);

void sluice_read_books(const struct sluice_message *message, struct sluice_books *books);

/* Receives the SHARE message that follows ARENA for device memory. */
int sluice_receive_share(struct sluice_attach *session, struct sluice_share *share, char *error,
                         size_t error_bytes);

/* Receives the arena's descriptor with the byte that follows ARENA. */
int sluice_receive_descriptor(struct sluice_attach *session, int *fd, char *error,
                              size_t error_bytes);

/* Writes one line into error if there is room; returns code. */
int sluice_fail(int code, char *error, size_t error_bytes, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

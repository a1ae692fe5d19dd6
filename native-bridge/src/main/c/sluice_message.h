/*
 * sluice_message.h - messages of the attach protocol: composing, sending, receiving, looking up
 * fields. Used by both sides. Not installed.
 */
#ifndef SLUICE_MESSAGE_H
#define SLUICE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "sluice_attach.h"

struct sluice_message {
  _Alignas(8) uint8_t data[SLUICE_MESSAGE_MAX_BYTES]; /* begins with a struct sluice_header */
};

/* Begins a message. */
void sluice_compose(struct sluice_message *message, uint16_t type);

/* Adds a field; drops it if there is no room. */
void sluice_put(struct sluice_message *message, uint16_t key, uint16_t flags, const void *value,
                size_t bytes);
void sluice_put_number(struct sluice_message *message, uint16_t key, uint16_t flags,
                       uint64_t number);
void sluice_put_numbers(struct sluice_message *message, uint16_t key, uint16_t flags,
                        const uint32_t *numbers, unsigned count);
void sluice_put_text(struct sluice_message *message, uint16_t key, uint16_t flags,
                     const char *text);

/* 0, or -1 with errno. */
int sluice_send_message(int fd, const struct sluice_message *message);

enum sluice_received {
  SLUICE_RECEIVED,
  SLUICE_NOT_RECEIVED, /* with errno; 0 means that the peer closed the connection */
  SLUICE_NOT_OURS,     /* another protocol or version */
  SLUICE_BROKEN        /* breaks the rules of sluice_attach.h */
};

enum sluice_received sluice_receive_message(int fd, struct sluice_message *message);

uint16_t sluice_type(const struct sluice_message *message);

/* The value of a field, or NULL. */
const void *sluice_find(const struct sluice_message *message, uint16_t key, size_t *bytes);

/* 0 if the field is missing or is not a number. */
uint64_t sluice_number(const struct sluice_message *message, uint16_t key);

/* Fills count numbers; those that the message lacks are 0. */
void sluice_numbers(const struct sluice_message *message, uint16_t key, uint64_t *numbers,
                    unsigned count);

/* Truncates at a character boundary; always NUL terminated. */
void sluice_text(const struct sluice_message *message, uint16_t key, char *text, size_t room);

#endif

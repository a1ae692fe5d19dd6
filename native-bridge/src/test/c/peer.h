/*
 * peer.h - the daemon's side of the attach messages (sluice_attach.h), for hosts in C.
 */
#ifndef SLUICE_PEER_H
#define SLUICE_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "private_arena.h"
#include "sluice_attach.h"
#include "sluice_layout.h"
#include "sluice_message.h"

/* Reads what ATTACH asks for; false if it names no layout. */
bool peer_read_geometry(const struct sluice_message *message, struct sluice_geometry *geometry);

/* Begins a reply. */
void peer_reply(struct sluice_message *message, uint16_t type, uint32_t status, uint32_t session,
                uint8_t token);

/* Adds to ARENA where everything is in an arena that begins with its region. */
void peer_put_arena(struct sluice_message *message, const struct sluice_layout *layout,
                    const struct private_arena *plan);

/* Adds a term of the books, by kind of the swimlane. */
void peer_put_books(struct sluice_message *message, const uint64_t *produced,
                    const uint64_t *collected, const uint64_t *dropped);

/* The byte that follows ARENA, with a descriptor beside it unless that is -1. */
bool peer_send_descriptor(int socket, int descriptor);

#endif

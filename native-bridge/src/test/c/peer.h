/* peer.h - the daemon's side of the attach messages (sluice_attach.h), for hosts in C. */
#ifndef SLUICE_PEER_H
#define SLUICE_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "private_arena.h"
#include "sluice_attach.h"
#include "sluice_layout.h"
#include "sluice_message.h"

/* Reads the geometry that ATTACH requests; returns false if it names no layout. */
bool peer_read_geometry(const struct sluice_message *message, struct sluice_geometry *geometry);

/* Starts a reply. */
void peer_reply(struct sluice_message *message, uint16_t type, uint32_t status, uint32_t session,
                uint8_t token);

/* Adds the offsets of all parts of the arena, which starts with its region, to ARENA. */
void peer_put_arena(struct sluice_message *message, const struct sluice_layout *layout,
                    const struct private_arena *plan);

/* Adds terms of the books by swimlane kind. */
void peer_put_books(struct sluice_message *message, const uint64_t *produced,
                    const uint64_t *collected, const uint64_t *dropped);

/* Sends the byte after ARENA, with a descriptor unless that is -1. */
bool peer_send_descriptor(int socket, int descriptor);

#endif

#include "peer.h"

#include <string.h>
#include <sys/socket.h>

static void narrow(const struct sluice_message *m, uint16_t key, uint32_t *numbers) {
  uint64_t wide[SLUICE_ALL_KINDS];
  sluice_numbers(m, key, wide, SLUICE_ALL_KINDS);
  for (unsigned kind = 0; kind < SLUICE_ALL_KINDS; kind++) {
    numbers[kind] = (uint32_t)wide[kind];
  }
}

bool peer_read_geometry(const struct sluice_message *m, struct sluice_geometry *g) {
  char layout[32];
  uint64_t synthetic[4];
  memset(g, 0, sizeof *g);
  sluice_text(m, SLUICE_KEY_LAYOUT, layout, sizeof layout);
  g->device = (uint32_t)sluice_number(m, SLUICE_KEY_DEVICE);
  g->facts = sluice_number(m, SLUICE_KEY_FACTS);
  g->regions = (uint32_t)sluice_number(m, SLUICE_KEY_REGIONS);
  g->level = (uint32_t)sluice_number(m, SLUICE_KEY_LEVEL);
  g->num_cores = (uint32_t)sluice_number(m, SLUICE_KEY_CORES);
  g->sched_threads = (uint32_t)sluice_number(m, SLUICE_KEY_SCHED_THREADS);
  g->orch_threads = (uint32_t)sluice_number(m, SLUICE_KEY_ORCH_THREADS);
  g->slot_count = (uint32_t)sluice_number(m, SLUICE_KEY_SLOTS);
  g->ready_queue_entries = (uint32_t)sluice_number(m, SLUICE_KEY_READY_ENTRIES);
  g->placements = (uint32_t)sluice_number(m, SLUICE_KEY_PLACEMENTS);
  narrow(m, SLUICE_KEY_BUFFER_RECORDS, g->buffer_records);
  narrow(m, SLUICE_KEY_BUFFERS, g->buffers_per_instance);
  sluice_numbers(m, SLUICE_KEY_SYNTHETIC, synthetic, 4);
  g->synthetic_seed = synthetic[0];
  g->synthetic_origin_ticks = synthetic[1];
  g->synthetic_period_ticks = synthetic[2];
  g->flags = synthetic[2] == 0 ? 0
                               : SLUICE_FLAG_SYNTHETIC |
                                     (synthetic[3] != 0 ? SLUICE_FLAG_JITTERED : 0);
  sluice_text(m, SLUICE_KEY_NAME, g->name, sizeof g->name);
  return sluice_layout_parse(layout, &g->generation, &g->platform) == 0;
}

void peer_reply(struct sluice_message *m, uint16_t type, uint32_t status, uint32_t session,
                uint8_t token) {
  uint8_t bytes[SLUICE_TOKEN_BYTES];
  memset(bytes, token, sizeof bytes);
  sluice_compose(m, type);
  sluice_put_number(m, SLUICE_KEY_STATUS, 0, status);
  sluice_put_number(m, SLUICE_KEY_SESSION, 0, session);
  sluice_put(m, SLUICE_KEY_TOKEN, 0, bytes, sizeof bytes);
}

void peer_put_arena(struct sluice_message *m, const struct sluice_layout *l,
                    const struct private_arena *plan) {
  uint64_t offsets[SLUICE_REGIONS] = {0};
  uint64_t bytes[SLUICE_REGIONS] = {[SLUICE_REGION_SWIMLANE] = l->region_bytes};
  uint64_t buffer_offsets[SLUICE_KINDS];
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    buffer_offsets[kind] = plan->buffer_at[kind];
  }
  sluice_put_number(m, SLUICE_KEY_PLACEMENT, 0, SLUICE_PLACEMENT_SIM);
  sluice_put_number(m, SLUICE_KEY_SLOTS, 0, l->slots);
  sluice_put_number(m, SLUICE_KEY_ARENA_BYTES, 0, plan->bytes);
  sluice_put(m, SLUICE_KEY_REGION_OFFSETS, 0, offsets, sizeof offsets);
  sluice_put(m, SLUICE_KEY_REGION_BYTES, 0, bytes, sizeof bytes);
  sluice_put_number(m, SLUICE_KEY_ROTATION_OFFSET, 0, plan->rotation_at);
  sluice_put_number(m, SLUICE_KEY_BUFFERS_OFFSET, 0, plan->buffer_at[0]);
  sluice_put_numbers(m, SLUICE_KEY_GRANTED, 0, plan->buffers, SLUICE_KINDS);
  sluice_put(m, SLUICE_KEY_BUFFER_OFFSETS, 0, buffer_offsets, sizeof buffer_offsets);
  sluice_put_number(m, SLUICE_KEY_LOCKS_OFFSET, 0, plan->locks_at);
}

void peer_put_books(struct sluice_message *m, const uint64_t *produced, const uint64_t *collected,
                    const uint64_t *dropped) {
  int64_t unaccounted[SLUICE_KINDS];
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    unaccounted[kind] = (int64_t)(produced[kind] - collected[kind] - dropped[kind]);
  }
  sluice_put(m, SLUICE_KEY_PRODUCED, 0, produced, sizeof unaccounted);
  sluice_put(m, SLUICE_KEY_COLLECTED, 0, collected, sizeof unaccounted);
  sluice_put(m, SLUICE_KEY_DROPPED, 0, dropped, sizeof unaccounted);
  sluice_put(m, SLUICE_KEY_UNACCOUNTED, 0, unaccounted, sizeof unaccounted);
}

bool peer_send_descriptor(int socket, int descriptor) {
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor >= 0) {
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control.bytes;
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &descriptor, sizeof(int));
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL) == 1;
}

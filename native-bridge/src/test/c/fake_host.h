/* fake_host.h - the host side, as used by the conversation of the fake daemon. */
#ifndef SLUICE_FAKE_HOST_H
#define SLUICE_FAKE_HOST_H

#include "fake_daemon.h"

#define NO_INDEX UINT64_MAX

struct fake_buffer {
  bool with_device;
};

struct fake_pool {
  uint64_t last_index; /* of the last record accepted, NO_INDEX before the first */
  uint32_t next_seq;
  uint32_t *spare; /* buffers that found no slot */
  uint32_t spares;
};

/* Drains every ready queue and refills the pools. Returns the number of entries popped. */
unsigned fake_drain_all(struct fake_daemon *f);

/* Returns a buffer to a pool, at once or when a slot is free. */
void fake_give_back(struct fake_daemon *f, unsigned kind, unsigned instance, uint32_t index);

/* The device is complete or dead: drains everything, salvages if it is dead, and sums the books. */
void fake_settle(struct fake_daemon *f);

#endif

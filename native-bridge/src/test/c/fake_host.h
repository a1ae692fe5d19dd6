/* fake_host.h - what the conversation of the fake daemon needs from its host side. */
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

/* Gives a buffer to a pool, at once or later. */
void fake_give_back(struct fake_daemon *f, unsigned kind, unsigned instance, uint32_t index);

/* The device is complete, or dead: drains to empty, salvages if it is dead, sums up the books. */
void fake_settle(struct fake_daemon *f);

#endif

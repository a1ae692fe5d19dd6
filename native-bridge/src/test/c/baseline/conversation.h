/*
 * conversation.h - the daemon's side of the attach protocol (sluice_attach.h) for one session.
 */
#ifndef SLUICE_BASELINE_CONVERSATION_H
#define SLUICE_BASELINE_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>

#include "baselines.h"

struct options {
  const char *socket;
  struct sink sink;
  bool is_old_host;
  struct old_host_options old_host;
};

struct session {
  const struct options *options;
  struct host host;
  struct kind_books total[SLUICE_KINDS]; /* over all runs */
  unsigned runs;
  double seconds;      /* from STARTED to the last buffer read, over all runs */
  const char *failure; /* NULL if the client detached properly */
};

/* Listens, reports that on standard error, serves one client, and stops listening. */
void session_serve(struct session *s);

#endif

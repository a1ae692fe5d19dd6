/*
 * sluice-baseline - acts as the host for one session of a producer, in plain C, for comparison with
 * the daemon: the floor (the minimal work of a host) or the old host design.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "conversation.h"

#define EXIT_USAGE 2
#define MIB ((uint64_t)1 << 20)
#define FLOOR_MEMORY (64 * MIB)
#define OLD_HOST_MEMORY (4096 * MIB)
#define RING_MEMORY (64 * MIB)
#define FILE_BYTES (1024 * MIB)

/* Must hold the longest buffer in one piece. */
#define LEAST_BYTES (2 * MIB)

static const char usage[] =
    "Usage: sluice-baseline floor|old-host --socket PATH [options]\n"
    "A yardstick for the Sluice daemon: takes its place for one session of one producer, on a\n"
    "socket of its own, and ends with it. It keeps nothing and protects no session.\n"
    "\n"
    "  floor     one loop drains, refills at once and copies the payload: what a plain C program\n"
    "            can reach beside the same producer\n"
    "  old-host  a manager thread drains, refills the pool that an entry came from, and pushes "
    "the\n"
    "            buffer into a locked queue; it sleeps for 10 us when there is nothing. A "
    "collector\n"
    "            thread pops that queue and appends the records to vectors\n"
    "\n"
    "  --socket PATH      where to listen; must not exist yet\n"
    "  --memory BYTES     floor and --ring: memory that the records are copied into, over and "
    "over,\n"
    "                     touched beforehand (67108864); floor: 0 = count only\n"
    "                     old-host: what the kept records may take (4294967296)\n"
    "  --file PATH        floor: write them to this file instead, WRITTEN OVER from its start\n"
    "  --file-bytes BYTES length at which the file starts over (1073741824)\n"
    "  --sweep            old-host: look at every pool on every pass, not only on entries\n"
    "  --ring             old-host: copy the records into a ring instead of keeping them\n"
    "  --help             this text\n"
    "\n"
    "Prints \"listening on PATH\" on standard error once a producer may attach, and one JSON "
    "object\n"
    "on standard output at the end.\n"
    "\n"
    "Exit codes: 0 the producer detached, 1 failed, 2 wrong usage.\n"
    "\n"
    "Example\n"
    "  sluice-baseline floor --socket /tmp/floor.sock &\n"
    "  sluice-producer --socket /tmp/floor.sock --level 2 --aicpu-threads 1 --json\n";

static int wrong_usage(const char *what, const char *value) {
  fprintf(stderr, "sluice-baseline: %s%s%s; see --help\n", what, value != NULL ? " " : "",
          value != NULL ? value : "");
  return EXIT_USAGE;
}

static bool parse_bytes(const char *text, uint64_t *bytes) {
  char *end;
  errno = 0;
  *bytes = strtoull(text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
         *bytes <= (uint64_t)1 << 46;
}

/* ---- report ---------------------------------------------------------------------------------- */

static void print_string(const char *text) {
  putchar('"');
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') {
      printf("\\%c", c);
    } else if (c < 0x20 || c == 0x7f) {
      printf("\\u%04x", c);
    } else {
      putchar(c);
    }
  }
  putchar('"');
}

static void print_kinds(const struct session *s) {
  static const char *const names[SLUICE_KINDS] = {"aicpu_task", "sched_phase", "orch_phase",
                                                  "aicore_task"};
  printf("\"kinds\":{");
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    const struct kind_books *b = &s->total[kind];
    printf("%s\"%s\":{\"produced\":%" PRIu64 ",\"collected\":%" PRIu64 ",\"dropped\":%" PRIu64
           ",\"unaccounted\":%" PRId64 "}",
           kind > 0 ? "," : "", names[kind], b->produced, b->collected, b->dropped,
           (int64_t)(b->produced - b->collected - b->dropped));
  }
  printf("}");
}

static const char *sink_name(const struct options *o) {
  if (o->sink.path != NULL) {
    return "file";
  }
  if (o->is_old_host && !o->old_host.is_ring) {
    return "vectors";
  }
  return o->sink.bytes > 0 ? "memory" : "none";
}

static void print_report(const struct session *s, const char *failure) {
  const struct options *o = s->options;
  const struct host *h = &s->host;
  const char *layout = sluice_layout_name(h->geometry.generation, h->geometry.platform);
  uint64_t records = 0;
  uint64_t bytes = 0;
  uint64_t dropped = 0;
  int64_t unaccounted = 0;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    const struct kind_books *b = &s->total[kind];
    records += b->collected;
    bytes += b->collected * h->wire.layout.record_bytes[kind];
    dropped += b->dropped;
    unaccounted += (int64_t)(b->produced - b->collected - b->dropped);
  }
  printf("{\"mode\":\"%s\",\"sweep\":%s,\"layout\":", o->is_old_host ? "old-host" : "floor",
         o->old_host.is_sweeping ? "true" : "false");
  print_string(layout != NULL ? layout : "");
  printf(",\"sink\":\"%s\",\"runs\":%u,\"duration_seconds\":%.9f,\"entries\":%" PRIu64
         ",\"collected_records\":%" PRIu64 ",\"collected_bytes\":%" PRIu64
         ",\"dropped_records\":%" PRIu64 ",\"unaccounted_records\":%" PRId64
         ",\"written_bytes\":%" PRIu64 ",",
         sink_name(o), s->runs, s->seconds, h->entries, records, bytes, dropped, unaccounted,
         o->sink.written);
  printf("\"unfilled_entries\":%" PRIu64 ",\"freezes\":%" PRIu64 ",\"violations\":%" PRIu64
         ",\"sequence_gaps\":%" PRIu64 ",",
         h->unfilled, h->freezes, h->violations, h->sequence_gaps);
  if (failure != NULL) {
    printf("\"failure\":");
    print_string(failure);
    printf(",");
  }
  print_kinds(s);
  printf("}\n");
}

/* ---- the program ----------------------------------------------------------------------------- */

static int serve(struct options *o) {
  static struct session s;
  s.options = o;
  const char *failure = sink_open(&o->sink);
  if (failure != NULL) {
    fprintf(stderr, "sluice-baseline: %s: %s\n", o->sink.path != NULL ? o->sink.path : "memory",
            failure);
    return EXIT_FAILURE;
  }
  s.host.sink = &o->sink;
  session_serve(&s);
  failure = o->sink.error != 0 ? strerror(o->sink.error) : s.failure;
  if (failure != NULL) {
    fprintf(stderr, "sluice-baseline: %s: %s\n", o->sink.error != 0 ? o->sink.path : o->socket,
            failure);
  }
  print_report(&s, failure);
  host_free(&s.host);
  sink_close(&o->sink);
  return failure == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
  enum { OPT_SOCKET = 256, OPT_MEMORY, OPT_FILE, OPT_FILE_BYTES, OPT_SWEEP, OPT_RING, OPT_HELP };
  static const struct option long_options[] = {
      {"socket", required_argument, NULL, OPT_SOCKET},
      {"memory", required_argument, NULL, OPT_MEMORY},
      {"file", required_argument, NULL, OPT_FILE},
      {"file-bytes", required_argument, NULL, OPT_FILE_BYTES},
      {"sweep", no_argument, NULL, OPT_SWEEP},
      {"ring", no_argument, NULL, OPT_RING},
      {"help", no_argument, NULL, OPT_HELP},
      {NULL, 0, NULL, 0}};
  static struct options o;
  uint64_t memory = UINT64_MAX;
  uint64_t file_bytes = FILE_BYTES;
  int option;
  opterr = 0;
  while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
    switch (option) {
      case OPT_SOCKET:
        o.socket = optarg;
        break;
      case OPT_MEMORY:
        if (!parse_bytes(optarg, &memory) || (memory != 0 && memory < LEAST_BYTES)) {
          return wrong_usage("--memory: neither 0 nor a number of bytes from 2097152 on:", optarg);
        }
        break;
      case OPT_FILE:
        o.sink.path = optarg;
        break;
      case OPT_FILE_BYTES:
        if (!parse_bytes(optarg, &file_bytes) || file_bytes < LEAST_BYTES) {
          return wrong_usage("--file-bytes: not a number of bytes from 2097152 on:", optarg);
        }
        break;
      case OPT_SWEEP:
        o.old_host.is_sweeping = true;
        break;
      case OPT_RING:
        o.old_host.is_ring = true;
        break;
      case OPT_HELP:
        fputs(usage, stdout);
        return EXIT_SUCCESS;
      default:
        return wrong_usage("unknown option, or a value is missing:", argv[optind - 1]);
    }
  }
  if (optind + 1 != argc) {
    return wrong_usage("one mode: floor or old-host", NULL);
  }
  o.is_old_host = strcmp(argv[optind], "old-host") == 0;
  if (!o.is_old_host && strcmp(argv[optind], "floor") != 0) {
    return wrong_usage("unknown mode", argv[optind]);
  }
  if (o.socket == NULL || strlen(o.socket) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
    return wrong_usage("--socket: a path of at most 107 characters", NULL);
  }
  if (o.is_old_host && (o.sink.path != NULL || memory == 0)) {
    return wrong_usage("old-host keeps records in memory: --file and --memory 0 are for floor",
                       NULL);
  }
  if (!o.is_old_host && (o.old_host.is_sweeping || o.old_host.is_ring)) {
    return wrong_usage("--sweep and --ring are for old-host", NULL);
  }
  if (memory == UINT64_MAX) {
    memory = !o.is_old_host ? FLOOR_MEMORY : o.old_host.is_ring ? RING_MEMORY : OLD_HOST_MEMORY;
  }
  if (o.is_old_host && !o.old_host.is_ring) {
    o.old_host.keep_bytes = memory;
  } else {
    o.sink.bytes = o.sink.path != NULL ? file_bytes : memory;
  }
  return serve(&o);
}

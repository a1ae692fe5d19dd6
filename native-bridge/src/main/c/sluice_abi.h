/*
 * sluice_abi.h - the device structs of the swimlane profiling memory, for every known layout.
 *
 * Covers each wire generation on both platforms. Pools and queue entries are the same in all; data
 * header, buffers and scheduler phase records differ. A struct that does not match the wire format
 * does not compile: sluice_abi.c asserts every size and offset. Code that must honour overrides
 * (slot count, records per buffer, queue length) takes its offsets from sluice_layout.h instead; a
 * test compares the two.
 *
 * Little endian, natural alignment, no packing.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <stdint.h>

#define SLUICE_SLOTS 4
#define SLUICE_AICPU_TASK_RECORDS 1000
#define SLUICE_AICORE_TASK_RECORDS 1024
#define SLUICE_SCHED_PHASE_RECORDS 16384
#define SLUICE_ORCH_PHASE_RECORDS 16384

/* BufferKind, as in the ready queue entries of the swimlane; kinds of other regions follow. */
enum sluice_kind {
  SLUICE_KIND_AICPU_TASK = 0,
  SLUICE_KIND_SCHED_PHASE = 1,
  SLUICE_KIND_ORCH_PHASE = 2,
  SLUICE_KIND_AICORE_TASK = 3,
  SLUICE_KIND_PMU = 4,
  SLUICE_KIND_SCOPE_STATS = 5
};

/* Written by the AICPU scheduler thread that owns the core. */
struct AicpuTaskRecord {
  _Alignas(32) uint64_t dispatch_time;
  uint64_t finish_time;
  uint32_t reg_task_id; /* dispatch token; joins with AicoreTaskRecord */
  uint32_t pad[3];
};

/* Written by the AICore; start_time 0 means that the slot was never written. */
struct AicoreTaskRecord {
  _Alignas(32) uint64_t start_time;
  uint64_t end_time;
  uint64_t task_token_raw; /* (ring << 32) + local id */
  uint32_t reg_task_id;
  uint32_t receive_to_start_cycles;
};

/*
 * Written by an AICPU scheduler thread. In chip-2026.08 the eight bytes of pop_hit and pop_miss are
 * a union: kinds that name a task store local_id and ring_id there.
 */
struct SchedPhaseRecord {
  uint64_t start_time;
  uint64_t end_time;
  uint32_t loop_iter;
  uint32_t kind;
  uint32_t tasks_processed;
  uint32_t pop_hit;
  uint32_t pop_miss;
  int16_t shared_depth_at_start[3];
  int16_t shared_depth_at_end[3];
  uint32_t pad[4];
};

/* The same fields in another order. task_id overlaps the pop counters. */
struct SchedPhaseRecord44 {
  uint64_t start_time;
  uint64_t end_time;
  uint32_t pop_hit;
  uint32_t pop_miss;
  uint32_t loop_iter;
  uint32_t tasks_processed;
  int16_t shared_depth_at_start[3];
  int16_t shared_depth_at_end[3];
  uint8_t kind;
  uint8_t pad[19];
};

/* Written by the AICPU orchestrator thread. */
struct OrchPhaseRecord {
  uint64_t start_time;
  uint64_t end_time;
  uint64_t task_id;
  uint32_t submit_idx;
  uint32_t pad;
};

/* The count of a buffer follows its records, so its offset differs by kind. Only the AICPU writes
 * it. */
#define SLUICE_DEFINE_BUFFER(name, record, capacity) \
  struct name {                                      \
    _Alignas(64) struct record records[capacity];    \
    uint32_t count;                                  \
  }

/* The same, with the identity of the buffer in the padding. */
#define SLUICE_DEFINE_NAMED_BUFFER(name, record, capacity) \
  struct name {                                            \
    _Alignas(64) struct record records[capacity];          \
    uint32_t count;                                        \
    uint64_t run_epoch; /* 0: no identity */               \
    uint32_t local_seq; /* restarts with each run */       \
  }

SLUICE_DEFINE_BUFFER(AicpuTaskBuffer, AicpuTaskRecord, SLUICE_AICPU_TASK_RECORDS);
SLUICE_DEFINE_BUFFER(AicoreTaskBuffer, AicoreTaskRecord, SLUICE_AICORE_TASK_RECORDS);
SLUICE_DEFINE_BUFFER(SchedPhaseBuffer, SchedPhaseRecord, SLUICE_SCHED_PHASE_RECORDS);
SLUICE_DEFINE_BUFFER(OrchPhaseBuffer, OrchPhaseRecord, SLUICE_ORCH_PHASE_RECORDS);

SLUICE_DEFINE_NAMED_BUFFER(NamedAicpuTaskBuffer, AicpuTaskRecord, SLUICE_AICPU_TASK_RECORDS);
SLUICE_DEFINE_NAMED_BUFFER(NamedAicoreTaskBuffer, AicoreTaskRecord, SLUICE_AICORE_TASK_RECORDS);
SLUICE_DEFINE_NAMED_BUFFER(NamedSchedPhaseBuffer, SchedPhaseRecord44, SLUICE_SCHED_PHASE_RECORDS);
SLUICE_DEFINE_NAMED_BUFFER(NamedOrchPhaseBuffer, OrchPhaseRecord, SLUICE_ORCH_PHASE_RECORDS);

/* One cache line, written by the device only. */
struct ActiveHead {
  _Alignas(64) uint64_t current_buf_ptr;
  uint32_t current_buf_seq;
  uint32_t total_record_count;
  uint32_t dropped_record_count;
  /* Used where pools count what they publish; padding elsewhere. */
  uint32_t live_record_count;
  uint32_t published_record_count;
  uint32_t published_buffer_count;
  uint32_t pad[8];
};

/* Empty buffers on their way to the device. The device writes head, the host all else. Indices run
 * freely modulo 2^32. */
struct FreeQueue {
  _Alignas(64) uint64_t buffer_ptrs[SLUICE_SLOTS];
  uint32_t head;
  uint32_t tail;
  uint32_t pad[13];
};

struct Pool {
  struct ActiveHead active;
  struct FreeQueue free_queue;
};

/* One full buffer on its way to the host. */
struct ReadyQueueEntry {
  _Alignas(32) uint32_t core_index; /* core, or pool ordinal for the phase kinds */
  uint32_t kind;
  uint64_t buffer_ptr;
  uint32_t buffer_seq;
  /* Used with schema 1; padding elsewhere. */
  uint32_t record_count;
  uint64_t run_epoch;
};

/* Final counters of one producer in a run: a line in a terminal bank, written by that producer
 * only. */
struct Terminal {
  _Alignas(64) uint64_t run_epoch; /* written last; 0: no snapshot */
  uint32_t total;
  uint32_t dropped;
  uint32_t published_records;
  uint32_t published_buffers;
  uint32_t live_at_close; /* non-zero: the step that closes the run did not happen */
  uint32_t pad[9];
};

/* Host-controlled freeze of chip-2026.08. */
struct Backpressure {
  uint32_t rq_freeze_active; /* host */
  uint32_t rq_contended;     /* device sets, host clears */
  uint32_t fq_freeze_active; /* host */
  uint32_t fq_contended;     /* device sets, host clears */
};

/* threads: ready queues; entries: per ready queue; appended: what a generation adds. The host
 * writes queue_heads. */
#define SLUICE_DEFINE_DATA_HEADER(name, threads, entries, cores, appended) \
  struct name {                                                            \
    _Alignas(64) struct ReadyQueueEntry queues[threads][entries];          \
    uint32_t queue_heads[threads];                                         \
    uint32_t queue_tails[threads];                                         \
    uint32_t num_cores;                                                    \
    uint32_t level;                                                        \
    uint32_t num_sched_phase_threads;                                      \
    uint32_t num_orch_phase_threads;                                       \
    uint32_t num_phase_cores;                                              \
    int8_t core_to_thread[cores];                                          \
    appended                                                               \
  }

#define SLUICE_NOTHING_APPENDED
#define SLUICE_BACKPRESSURE_APPENDED struct Backpressure backpressure;
#define SLUICE_SCHEMA_APPENDED uint32_t handoff_schema; /* device: 1 before the first entry */

SLUICE_DEFINE_DATA_HEADER(DataHeader_l2_2026_06_a2a3, 4, 992, 72, SLUICE_NOTHING_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_l2_2026_06_a5, 7, 1520, 108, SLUICE_NOTHING_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_l2_2026_07_a2a3, 4, 992, 72, SLUICE_NOTHING_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_l2_2026_07_a5, 7, 1520, 108, SLUICE_NOTHING_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_chip_2026_08_a2a3, 4, 992, 72, SLUICE_BACKPRESSURE_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_chip_2026_08_a5, 5, 1456, 108, SLUICE_BACKPRESSURE_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_chip_2026_09_a2a3, 4, 992, 72, SLUICE_SCHEMA_APPENDED);
SLUICE_DEFINE_DATA_HEADER(DataHeader_chip_2026_09_a5, 5, 1456, 108, SLUICE_SCHEMA_APPENDED);

/* The whole region, for layouts in which it does not depend on the number of cores. */
#define SLUICE_DEFINE_REGION(name, header, threads, cores)      \
  struct name {                                                 \
    struct header data;                                         \
    struct Pool aicpu_task[cores];                              \
    struct Pool aicore_task[cores];                             \
    struct Pool sched_phase[threads];                           \
    struct Pool orch_phase[threads];                            \
    struct Terminal terminals[3][2 * (cores) + 2 * (threads)];  \
  }

SLUICE_DEFINE_REGION(Region_chip_2026_09_a2a3, DataHeader_chip_2026_09_a2a3, 4, 72);
SLUICE_DEFINE_REGION(Region_chip_2026_09_a5, DataHeader_chip_2026_09_a5, 5, 108);

/* ---- regions of other profilers, of chip-2026.09 ---------------------------------------------- */

#define SLUICE_PMU_RECORDS 512
#define SLUICE_SCOPE_STATS_RECORDS 512

/* The PMU counters of a core for one task. a2a3 has eight of them. */
struct PmuRecord {
  uint64_t task_id;
  uint32_t func_id;
  int32_t core_type; /* 0 AIC, 1 AIV */
  uint64_t pmu_total_cycles;
  uint32_t counters[10];
};

/* Ring usage where a scope began or ended. */
struct ScopeStatsRecord {
  char site_file_basename[32];
  uint64_t heap_start;
  uint64_t heap_end;
  int32_t site_line;
  int32_t task_start;
  int32_t task_end;
  int32_t dep_pool_start;
  int32_t dep_pool_end;
  int32_t tensormap_used;
  int16_t depth;
  int16_t ring_id;
  int16_t phase; /* 0 begin, 1 end */
  int16_t pad;
};

SLUICE_DEFINE_NAMED_BUFFER(PmuBuffer, PmuRecord, SLUICE_PMU_RECORDS);

/* Here the count precedes the records. */
struct ScopeStatsBuffer {
  _Alignas(64) uint32_t count;
  uint64_t run_epoch;
  uint32_t local_seq;
  _Alignas(64) struct ScopeStatsRecord records[SLUICE_SCOPE_STATS_RECORDS];
};

struct FreeQueue8 {
  _Alignas(64) uint64_t buffer_ptrs[8];
  uint32_t head;
  uint32_t tail;
  uint32_t pad[14];
};

struct PmuState_a2a3 {
  struct FreeQueue free_queue;
  uint64_t current_buf_ptr;
  uint32_t current_buf_seq;
  uint32_t dropped_record_count;
  uint32_t total_record_count;
};

struct PmuState_a5 {
  struct FreeQueue free_queue;
  uint64_t current_buf_ptr;
  uint64_t aicore_ring_ptr; /* host, once */
  uint32_t current_buf_seq;
  uint32_t total_record_count;
  uint32_t dropped_record_count;
  uint32_t mismatch_record_count;
};

struct ScopeStatsState {
  struct FreeQueue8 free_queue;
  uint64_t current_buf_ptr;
  uint32_t current_buf_seq;
  uint32_t dropped_record_count;
  uint32_t total_record_count;
};

#define SLUICE_DEFINE_PMU_HEADER(name, threads, entries)          \
  struct name {                                                   \
    _Alignas(64) struct ReadyQueueEntry queues[threads][entries]; \
    uint32_t queue_heads[threads];                                \
    uint32_t queue_tails[threads];                                \
    uint32_t num_cores;                                           \
    uint32_t event_type;                                          \
  }

#define SLUICE_DEFINE_SCOPE_STATS_HEADER(name, threads)     \
  struct name {                                             \
    _Alignas(64) struct ReadyQueueEntry queues[threads][8]; \
    uint32_t queue_heads[threads];                          \
    uint32_t queue_tails[threads];                          \
    uint32_t num_instances;                                 \
    int32_t task_window_cap[4];                             \
    int32_t dep_pool_cap[4];                                \
    uint64_t heap_cap[4];                                   \
    int32_t tensormap_cap;                                  \
    uint32_t fatal_latched;                                 \
  }

SLUICE_DEFINE_PMU_HEADER(PmuHeader_chip_2026_09_a2a3, 4, 144);
SLUICE_DEFINE_PMU_HEADER(PmuHeader_chip_2026_09_a5, 5, 216);
SLUICE_DEFINE_SCOPE_STATS_HEADER(ScopeStatsHeader_chip_2026_09_a2a3, 4);
SLUICE_DEFINE_SCOPE_STATS_HEADER(ScopeStatsHeader_chip_2026_09_a5, 5);

#endif

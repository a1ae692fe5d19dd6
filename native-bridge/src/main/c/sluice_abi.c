/*
 * sluice_abi.c - proof that the structs of sluice_abi.h match the wire format, and the table
 * against which other languages check their own numbers.
 */
#include "sluice_abi.h"

#include <stddef.h>

#include "sluice_attach.h"
#include "sluice_layout.h"

#define ASSERT_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), "sizeof " #type)
#define ASSERT_ALIGN(type, bytes) \
  _Static_assert(_Alignof(struct type) == (bytes), "alignment of " #type)
#define ASSERT_AT(type, field, offset) \
  _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)

ASSERT_SIZE(AicpuTaskRecord, 32);
ASSERT_ALIGN(AicpuTaskRecord, 32);
ASSERT_AT(AicpuTaskRecord, dispatch_time, 0);
ASSERT_AT(AicpuTaskRecord, finish_time, 8);
ASSERT_AT(AicpuTaskRecord, reg_task_id, 16);
ASSERT_AT(AicpuTaskRecord, pad, 20);

ASSERT_SIZE(AicoreTaskRecord, 32);
ASSERT_ALIGN(AicoreTaskRecord, 32);
ASSERT_AT(AicoreTaskRecord, start_time, 0);
ASSERT_AT(AicoreTaskRecord, end_time, 8);
ASSERT_AT(AicoreTaskRecord, task_token_raw, 16);
ASSERT_AT(AicoreTaskRecord, reg_task_id, 24);
ASSERT_AT(AicoreTaskRecord, receive_to_start_cycles, 28);

ASSERT_SIZE(SchedPhaseRecord, 64);
ASSERT_ALIGN(SchedPhaseRecord, 8);
ASSERT_AT(SchedPhaseRecord, start_time, 0);
ASSERT_AT(SchedPhaseRecord, end_time, 8);
ASSERT_AT(SchedPhaseRecord, loop_iter, 16);
ASSERT_AT(SchedPhaseRecord, kind, 20);
ASSERT_AT(SchedPhaseRecord, tasks_processed, 24);
ASSERT_AT(SchedPhaseRecord, pop_hit, 28);
ASSERT_AT(SchedPhaseRecord, pop_miss, 32);
ASSERT_AT(SchedPhaseRecord, shared_depth_at_start, 36);
ASSERT_AT(SchedPhaseRecord, shared_depth_at_end, 42);
ASSERT_AT(SchedPhaseRecord, pad, 48);

ASSERT_SIZE(SchedPhaseRecord44, 64);
ASSERT_ALIGN(SchedPhaseRecord44, 8);
ASSERT_AT(SchedPhaseRecord44, start_time, 0);
ASSERT_AT(SchedPhaseRecord44, end_time, 8);
ASSERT_AT(SchedPhaseRecord44, pop_hit, 16);
ASSERT_AT(SchedPhaseRecord44, pop_miss, 20);
ASSERT_AT(SchedPhaseRecord44, loop_iter, 24);
ASSERT_AT(SchedPhaseRecord44, tasks_processed, 28);
ASSERT_AT(SchedPhaseRecord44, shared_depth_at_start, 32);
ASSERT_AT(SchedPhaseRecord44, shared_depth_at_end, 38);
ASSERT_AT(SchedPhaseRecord44, kind, 44);
ASSERT_AT(SchedPhaseRecord44, pad, 45);

ASSERT_SIZE(OrchPhaseRecord, 32);
ASSERT_ALIGN(OrchPhaseRecord, 8);
ASSERT_AT(OrchPhaseRecord, start_time, 0);
ASSERT_AT(OrchPhaseRecord, end_time, 8);
ASSERT_AT(OrchPhaseRecord, task_id, 16);
ASSERT_AT(OrchPhaseRecord, submit_idx, 24);
ASSERT_AT(OrchPhaseRecord, pad, 28);

#define ASSERT_BUFFER(type, count_offset, bytes) \
  ASSERT_SIZE(type, bytes);                      \
  ASSERT_ALIGN(type, 64);                        \
  ASSERT_AT(type, records, 0);                   \
  ASSERT_AT(type, count, count_offset)

ASSERT_BUFFER(AicpuTaskBuffer, 32000, 32064);
ASSERT_BUFFER(AicoreTaskBuffer, 32768, 32832);
ASSERT_BUFFER(SchedPhaseBuffer, 1048576, 1048640);
ASSERT_BUFFER(OrchPhaseBuffer, 524288, 524352);

#define ASSERT_NAMED_BUFFER(type, count_offset, bytes) \
  ASSERT_BUFFER(type, count_offset, bytes);            \
  ASSERT_AT(type, run_epoch, (count_offset) + 8);      \
  ASSERT_AT(type, local_seq, (count_offset) + 16)

ASSERT_NAMED_BUFFER(NamedAicpuTaskBuffer, 32000, 32064);
ASSERT_NAMED_BUFFER(NamedAicoreTaskBuffer, 32768, 32832);
ASSERT_NAMED_BUFFER(NamedSchedPhaseBuffer, 1048576, 1048640);
ASSERT_NAMED_BUFFER(NamedOrchPhaseBuffer, 524288, 524352);

ASSERT_SIZE(ActiveHead, 64);
ASSERT_ALIGN(ActiveHead, 64);
ASSERT_AT(ActiveHead, current_buf_ptr, 0);
ASSERT_AT(ActiveHead, current_buf_seq, 8);
ASSERT_AT(ActiveHead, total_record_count, 12);
ASSERT_AT(ActiveHead, dropped_record_count, 16);
ASSERT_AT(ActiveHead, live_record_count, 20);
ASSERT_AT(ActiveHead, published_record_count, 24);
ASSERT_AT(ActiveHead, published_buffer_count, 28);
ASSERT_AT(ActiveHead, pad, 32);

ASSERT_SIZE(FreeQueue, 128);
ASSERT_ALIGN(FreeQueue, 64);
ASSERT_AT(FreeQueue, buffer_ptrs, 0);
ASSERT_AT(FreeQueue, head, 32);
ASSERT_AT(FreeQueue, tail, 36);
ASSERT_AT(FreeQueue, pad, 40);

ASSERT_SIZE(Pool, 192);
ASSERT_ALIGN(Pool, 64);
ASSERT_AT(Pool, active, 0);
ASSERT_AT(Pool, free_queue, 64);
ASSERT_AT(Pool, free_queue.head, 96);
ASSERT_AT(Pool, free_queue.tail, 100);

ASSERT_SIZE(ReadyQueueEntry, 32);
ASSERT_ALIGN(ReadyQueueEntry, 32);
ASSERT_AT(ReadyQueueEntry, core_index, 0);
ASSERT_AT(ReadyQueueEntry, kind, 4);
ASSERT_AT(ReadyQueueEntry, buffer_ptr, 8);
ASSERT_AT(ReadyQueueEntry, buffer_seq, 16);
ASSERT_AT(ReadyQueueEntry, record_count, 20);
ASSERT_AT(ReadyQueueEntry, run_epoch, 24);

ASSERT_SIZE(Terminal, 64);
ASSERT_ALIGN(Terminal, 64);
ASSERT_AT(Terminal, run_epoch, SLUICE_TERMINAL_EPOCH);
ASSERT_AT(Terminal, total, SLUICE_TERMINAL_TOTAL);
ASSERT_AT(Terminal, dropped, SLUICE_TERMINAL_DROPPED);
ASSERT_AT(Terminal, published_records, SLUICE_TERMINAL_PUBLISHED_RECORDS);
ASSERT_AT(Terminal, published_buffers, SLUICE_TERMINAL_PUBLISHED_BUFFERS);
ASSERT_AT(Terminal, live_at_close, SLUICE_TERMINAL_LIVE);
ASSERT_AT(Terminal, pad, 28);

#define ASSERT_HEADER(type, heads, tails, cores, map, bytes) \
  ASSERT_SIZE(type, bytes);                                  \
  ASSERT_ALIGN(type, 64);                                    \
  ASSERT_AT(type, queues, 0);                                \
  ASSERT_AT(type, queue_heads, heads);                       \
  ASSERT_AT(type, queue_tails, tails);                       \
  ASSERT_AT(type, num_cores, cores);                         \
  ASSERT_AT(type, level, (cores) + 4);                       \
  ASSERT_AT(type, num_sched_phase_threads, (cores) + 8);     \
  ASSERT_AT(type, num_orch_phase_threads, (cores) + 12);     \
  ASSERT_AT(type, num_phase_cores, (cores) + 16);            \
  ASSERT_AT(type, core_to_thread, map)

#define ASSERT_BACKPRESSURE(type, first)                       \
  ASSERT_AT(type, backpressure.rq_freeze_active, first);       \
  ASSERT_AT(type, backpressure.rq_contended, (first) + 4);     \
  ASSERT_AT(type, backpressure.fq_freeze_active, (first) + 8); \
  ASSERT_AT(type, backpressure.fq_contended, (first) + 12)

ASSERT_HEADER(DataHeader_l2_2026_06_a2a3, 126976, 126992, 127008, 127028, 127104);
ASSERT_HEADER(DataHeader_l2_2026_07_a2a3, 126976, 126992, 127008, 127028, 127104);
ASSERT_HEADER(DataHeader_chip_2026_08_a2a3, 126976, 126992, 127008, 127028, 127168);
ASSERT_BACKPRESSURE(DataHeader_chip_2026_08_a2a3, 127100);
ASSERT_HEADER(DataHeader_l2_2026_06_a5, 340480, 340508, 340536, 340556, 340672);
ASSERT_HEADER(DataHeader_l2_2026_07_a5, 340480, 340508, 340536, 340556, 340672);
ASSERT_HEADER(DataHeader_chip_2026_08_a5, 232960, 232980, 233000, 233020, 233152);
ASSERT_BACKPRESSURE(DataHeader_chip_2026_08_a5, 233128);
ASSERT_HEADER(DataHeader_chip_2026_09_a2a3, 126976, 126992, 127008, 127028, 127104);
ASSERT_AT(DataHeader_chip_2026_09_a2a3, handoff_schema, 127100);
ASSERT_HEADER(DataHeader_chip_2026_09_a5, 232960, 232980, 233000, 233020, 233152);
ASSERT_AT(DataHeader_chip_2026_09_a5, handoff_schema, 233128);

#define ASSERT_REGION(type, aicpu, aicore, sched, orch, terminals_at, bank) \
  ASSERT_AT(type, aicpu_task, aicpu);                                       \
  ASSERT_AT(type, aicore_task, aicore);                                     \
  ASSERT_AT(type, sched_phase, sched);                                      \
  ASSERT_AT(type, orch_phase, orch);                                        \
  ASSERT_AT(type, terminals, terminals_at);                                 \
  _Static_assert(sizeof(((struct type *)0)->terminals[0]) == (bank), "bank of " #type)

ASSERT_REGION(Region_chip_2026_09_a2a3, 127104, 140928, 154752, 155520, 156288, 9728);
ASSERT_REGION(Region_chip_2026_09_a5, 233152, 253888, 274624, 275584, 276544, 14464);

ASSERT_SIZE(PmuRecord, 64);
ASSERT_AT(PmuRecord, task_id, 0);
ASSERT_AT(PmuRecord, func_id, 8);
ASSERT_AT(PmuRecord, core_type, 12);
ASSERT_AT(PmuRecord, pmu_total_cycles, 16);
ASSERT_AT(PmuRecord, counters, 24);

ASSERT_SIZE(ScopeStatsRecord, 80);
ASSERT_AT(ScopeStatsRecord, heap_start, 32);
ASSERT_AT(ScopeStatsRecord, heap_end, 40);
ASSERT_AT(ScopeStatsRecord, site_line, 48);
ASSERT_AT(ScopeStatsRecord, task_start, 52);
ASSERT_AT(ScopeStatsRecord, task_end, 56);
ASSERT_AT(ScopeStatsRecord, dep_pool_start, 60);
ASSERT_AT(ScopeStatsRecord, dep_pool_end, 64);
ASSERT_AT(ScopeStatsRecord, tensormap_used, 68);
ASSERT_AT(ScopeStatsRecord, depth, 72);
ASSERT_AT(ScopeStatsRecord, ring_id, 74);
ASSERT_AT(ScopeStatsRecord, phase, 76);
ASSERT_AT(ScopeStatsRecord, pad, 78);

ASSERT_NAMED_BUFFER(PmuBuffer, 32768, 32832);
ASSERT_SIZE(ScopeStatsBuffer, 41024);
ASSERT_AT(ScopeStatsBuffer, count, 0);
ASSERT_AT(ScopeStatsBuffer, run_epoch, 8);
ASSERT_AT(ScopeStatsBuffer, local_seq, 16);
ASSERT_AT(ScopeStatsBuffer, records, 64);

#define ASSERT_STATE(type, slots, ptr, seq, total, dropped)       \
  ASSERT_SIZE(type, 192);                                         \
  ASSERT_AT(type, free_queue.buffer_ptrs, 0);                     \
  ASSERT_AT(type, free_queue.head, 8 * (slots));                  \
  ASSERT_AT(type, free_queue.tail, 8 * (slots) + 4);              \
  ASSERT_AT(type, current_buf_ptr, ptr);                          \
  ASSERT_AT(type, current_buf_seq, seq);                          \
  ASSERT_AT(type, total_record_count, total);                     \
  ASSERT_AT(type, dropped_record_count, dropped)

ASSERT_STATE(PmuState_a2a3, 4, 128, 136, 144, 140);
ASSERT_STATE(PmuState_a5, 4, 128, 144, 148, 152);
ASSERT_AT(PmuState_a5, aicore_ring_ptr, 136);
ASSERT_AT(PmuState_a5, mismatch_record_count, 156);
ASSERT_STATE(ScopeStatsState, 8, 128, 136, 144, 140);

#define ASSERT_PMU_HEADER(type, heads, tails, cores, bytes) \
  ASSERT_SIZE(type, bytes);                                 \
  ASSERT_AT(type, queue_heads, heads);                      \
  ASSERT_AT(type, queue_tails, tails);                      \
  ASSERT_AT(type, num_cores, cores);                        \
  ASSERT_AT(type, event_type, (cores) + 4)

ASSERT_PMU_HEADER(PmuHeader_chip_2026_09_a2a3, 18432, 18448, 18464, 18496);
ASSERT_PMU_HEADER(PmuHeader_chip_2026_09_a5, 34560, 34580, 34600, 34624);

#define ASSERT_SCOPE_STATS_HEADER(type, heads, tails, instances, window, dep, heap, map, bytes) \
  ASSERT_SIZE(type, bytes);                                                                     \
  ASSERT_AT(type, queue_heads, heads);                                                          \
  ASSERT_AT(type, queue_tails, tails);                                                          \
  ASSERT_AT(type, num_instances, instances);                                                    \
  ASSERT_AT(type, task_window_cap, window);                                                     \
  ASSERT_AT(type, dep_pool_cap, dep);                                                           \
  ASSERT_AT(type, heap_cap, heap);                                                              \
  ASSERT_AT(type, tensormap_cap, map);                                                          \
  ASSERT_AT(type, fatal_latched, (map) + 4)

ASSERT_SCOPE_STATS_HEADER(ScopeStatsHeader_chip_2026_09_a2a3, 1024, 1040, 1056, 1060, 1076, 1096,
                          1128, 1152);
ASSERT_SCOPE_STATS_HEADER(ScopeStatsHeader_chip_2026_09_a5, 1280, 1300, 1320, 1324, 1340, 1360,
                          1392, 1408);

#define SIZE_ROW(layout, type, c_type) \
  { layout, type, "sizeof", sizeof(struct c_type) }
#define AT(layout, type, c_type, field, member) \
  { layout, type, field, offsetof(struct c_type, member) }
#define ALL_SIZE(type) SIZE_ROW("all", #type, type)
#define ALL_AT(type, field) AT("all", #type, type, #field, field)

#define HEADER_ROWS(layout, c_type)                                                           \
  SIZE_ROW(layout, "DataHeader", c_type), AT(layout, "DataHeader", c_type, "queues", queues), \
      AT(layout, "DataHeader", c_type, "queue_heads", queue_heads),                           \
      AT(layout, "DataHeader", c_type, "queue_tails", queue_tails),                           \
      AT(layout, "DataHeader", c_type, "num_cores", num_cores),                               \
      AT(layout, "DataHeader", c_type, "level", level),                                       \
      AT(layout, "DataHeader", c_type, "num_sched_phase_threads", num_sched_phase_threads),   \
      AT(layout, "DataHeader", c_type, "num_orch_phase_threads", num_orch_phase_threads),     \
      AT(layout, "DataHeader", c_type, "num_phase_cores", num_phase_cores),                   \
      AT(layout, "DataHeader", c_type, "core_to_thread", core_to_thread)

#define BACKPRESSURE_ROWS(layout, c_type)                                                  \
  AT(layout, "DataHeader", c_type, "rq_freeze_active", backpressure.rq_freeze_active),     \
      AT(layout, "DataHeader", c_type, "rq_contended", backpressure.rq_contended),         \
      AT(layout, "DataHeader", c_type, "fq_freeze_active", backpressure.fq_freeze_active), \
      AT(layout, "DataHeader", c_type, "fq_contended", backpressure.fq_contended)

#define SCHEMA_ROW(layout, c_type) \
  AT(layout, "DataHeader", c_type, "handoff_schema", handoff_schema)

#define REGION_ROWS(layout, c_type)                                   \
  SIZE_ROW(layout, "Region", c_type),                                 \
      AT(layout, "Region", c_type, "aicpu_task", aicpu_task),         \
      AT(layout, "Region", c_type, "aicore_task", aicore_task),       \
      AT(layout, "Region", c_type, "sched_phase", sched_phase),       \
      AT(layout, "Region", c_type, "orch_phase", orch_phase),         \
      AT(layout, "Region", c_type, "terminals", terminals),           \
      AT(layout, "Region", c_type, "second_bank", terminals[1]),      \
      AT(layout, "Region", c_type, "last_terminal",                   \
         terminals[2][sizeof ((struct c_type *)0)->terminals[2] / sizeof(struct Terminal) - 1])

#define NAMED_BUFFER_ROWS(type)                                            \
  ALL_SIZE(type), ALL_AT(type, records), ALL_AT(type, count), ALL_AT(type, run_epoch), \
      ALL_AT(type, local_seq)

#define PMU_ROWS(layout, header, state)                                                \
  SIZE_ROW(layout, "PmuHeader", header), AT(layout, "PmuHeader", header, "queues", queues), \
      AT(layout, "PmuHeader", header, "queue_heads", queue_heads),                     \
      AT(layout, "PmuHeader", header, "queue_tails", queue_tails),                     \
      AT(layout, "PmuHeader", header, "num_cores", num_cores),                         \
      AT(layout, "PmuHeader", header, "event_type", event_type),                       \
      STATE_ROWS(layout, "PmuState", state)

#define STATE_ROWS(layout, type, c_type)                                             \
  SIZE_ROW(layout, type, c_type),                                                    \
      AT(layout, type, c_type, "buffer_ptrs", free_queue.buffer_ptrs),               \
      AT(layout, type, c_type, "head", free_queue.head),                             \
      AT(layout, type, c_type, "tail", free_queue.tail),                             \
      AT(layout, type, c_type, "current_buf_ptr", current_buf_ptr),                  \
      AT(layout, type, c_type, "current_buf_seq", current_buf_seq),                  \
      AT(layout, type, c_type, "total_record_count", total_record_count),            \
      AT(layout, type, c_type, "dropped_record_count", dropped_record_count)

#define SCOPE_STATS_ROWS(layout, c_type)                                               \
  SIZE_ROW(layout, "ScopeStatsHeader", c_type),                                        \
      AT(layout, "ScopeStatsHeader", c_type, "queues", queues),                        \
      AT(layout, "ScopeStatsHeader", c_type, "queue_heads", queue_heads),              \
      AT(layout, "ScopeStatsHeader", c_type, "queue_tails", queue_tails),              \
      AT(layout, "ScopeStatsHeader", c_type, "num_instances", num_instances),          \
      AT(layout, "ScopeStatsHeader", c_type, "task_window_cap", task_window_cap),      \
      AT(layout, "ScopeStatsHeader", c_type, "dep_pool_cap", dep_pool_cap),            \
      AT(layout, "ScopeStatsHeader", c_type, "heap_cap", heap_cap),                    \
      AT(layout, "ScopeStatsHeader", c_type, "tensormap_cap", tensormap_cap),          \
      AT(layout, "ScopeStatsHeader", c_type, "fatal_latched", fatal_latched),          \
      STATE_ROWS(layout, "ScopeStatsState", ScopeStatsState)

static const struct sluice_abi_row rows_of_all_layouts[] = {
    HEADER_ROWS("l2-2026.06/a2a3", DataHeader_l2_2026_06_a2a3),
    HEADER_ROWS("l2-2026.06/a5", DataHeader_l2_2026_06_a5),
    HEADER_ROWS("l2-2026.07/a2a3", DataHeader_l2_2026_07_a2a3),
    HEADER_ROWS("l2-2026.07/a5", DataHeader_l2_2026_07_a5),
    HEADER_ROWS("chip-2026.08/a2a3", DataHeader_chip_2026_08_a2a3),
    BACKPRESSURE_ROWS("chip-2026.08/a2a3", DataHeader_chip_2026_08_a2a3),
    HEADER_ROWS("chip-2026.08/a5", DataHeader_chip_2026_08_a5),
    BACKPRESSURE_ROWS("chip-2026.08/a5", DataHeader_chip_2026_08_a5),
    HEADER_ROWS("chip-2026.09/a2a3", DataHeader_chip_2026_09_a2a3),
    SCHEMA_ROW("chip-2026.09/a2a3", DataHeader_chip_2026_09_a2a3),
    REGION_ROWS("chip-2026.09/a2a3", Region_chip_2026_09_a2a3),
    HEADER_ROWS("chip-2026.09/a5", DataHeader_chip_2026_09_a5),
    SCHEMA_ROW("chip-2026.09/a5", DataHeader_chip_2026_09_a5),
    REGION_ROWS("chip-2026.09/a5", Region_chip_2026_09_a5),
    PMU_ROWS("chip-2026.09/a2a3", PmuHeader_chip_2026_09_a2a3, PmuState_a2a3),
    PMU_ROWS("chip-2026.09/a5", PmuHeader_chip_2026_09_a5, PmuState_a5),
    AT("chip-2026.09/a5", "PmuState", PmuState_a5, "aicore_ring_ptr", aicore_ring_ptr),
    AT("chip-2026.09/a5", "PmuState", PmuState_a5, "mismatch_record_count", mismatch_record_count),
    SCOPE_STATS_ROWS("chip-2026.09/a2a3", ScopeStatsHeader_chip_2026_09_a2a3),
    SCOPE_STATS_ROWS("chip-2026.09/a5", ScopeStatsHeader_chip_2026_09_a5),

    ALL_SIZE(Pool),
    AT("all", "Pool", Pool, "current_buf_ptr", active.current_buf_ptr),
    AT("all", "Pool", Pool, "current_buf_seq", active.current_buf_seq),
    AT("all", "Pool", Pool, "total_record_count", active.total_record_count),
    AT("all", "Pool", Pool, "dropped_record_count", active.dropped_record_count),
    AT("all", "Pool", Pool, "live_record_count", active.live_record_count),
    AT("all", "Pool", Pool, "published_record_count", active.published_record_count),
    AT("all", "Pool", Pool, "published_buffer_count", active.published_buffer_count),
    AT("all", "Pool", Pool, "free_queue", free_queue),
    AT("all", "Pool", Pool, "buffer_ptrs", free_queue.buffer_ptrs),
    AT("all", "Pool", Pool, "head", free_queue.head),
    AT("all", "Pool", Pool, "tail", free_queue.tail),
    ALL_SIZE(ActiveHead),
    ALL_AT(ActiveHead, current_buf_ptr),
    ALL_AT(ActiveHead, current_buf_seq),
    ALL_AT(ActiveHead, total_record_count),
    ALL_AT(ActiveHead, dropped_record_count),
    ALL_AT(ActiveHead, live_record_count),
    ALL_AT(ActiveHead, published_record_count),
    ALL_AT(ActiveHead, published_buffer_count),
    ALL_SIZE(FreeQueue),
    ALL_AT(FreeQueue, buffer_ptrs),
    ALL_AT(FreeQueue, head),
    ALL_AT(FreeQueue, tail),
    ALL_SIZE(ReadyQueueEntry),
    ALL_AT(ReadyQueueEntry, core_index),
    ALL_AT(ReadyQueueEntry, kind),
    ALL_AT(ReadyQueueEntry, buffer_ptr),
    ALL_AT(ReadyQueueEntry, buffer_seq),
    ALL_AT(ReadyQueueEntry, record_count),
    ALL_AT(ReadyQueueEntry, run_epoch),
    ALL_SIZE(Terminal),
    ALL_AT(Terminal, run_epoch),
    ALL_AT(Terminal, total),
    ALL_AT(Terminal, dropped),
    ALL_AT(Terminal, published_records),
    ALL_AT(Terminal, published_buffers),
    ALL_AT(Terminal, live_at_close),

    ALL_SIZE(AicpuTaskRecord),
    ALL_AT(AicpuTaskRecord, dispatch_time),
    ALL_AT(AicpuTaskRecord, finish_time),
    ALL_AT(AicpuTaskRecord, reg_task_id),
    ALL_SIZE(AicoreTaskRecord),
    ALL_AT(AicoreTaskRecord, start_time),
    ALL_AT(AicoreTaskRecord, end_time),
    ALL_AT(AicoreTaskRecord, task_token_raw),
    ALL_AT(AicoreTaskRecord, reg_task_id),
    ALL_AT(AicoreTaskRecord, receive_to_start_cycles),
    ALL_SIZE(SchedPhaseRecord),
    ALL_AT(SchedPhaseRecord, start_time),
    ALL_AT(SchedPhaseRecord, end_time),
    ALL_AT(SchedPhaseRecord, loop_iter),
    ALL_AT(SchedPhaseRecord, kind),
    ALL_AT(SchedPhaseRecord, tasks_processed),
    ALL_AT(SchedPhaseRecord, pop_hit),
    ALL_AT(SchedPhaseRecord, pop_miss),
    ALL_AT(SchedPhaseRecord, shared_depth_at_start),
    ALL_AT(SchedPhaseRecord, shared_depth_at_end),
    ALL_SIZE(SchedPhaseRecord44),
    ALL_AT(SchedPhaseRecord44, start_time),
    ALL_AT(SchedPhaseRecord44, end_time),
    ALL_AT(SchedPhaseRecord44, pop_hit),
    ALL_AT(SchedPhaseRecord44, pop_miss),
    ALL_AT(SchedPhaseRecord44, loop_iter),
    ALL_AT(SchedPhaseRecord44, tasks_processed),
    ALL_AT(SchedPhaseRecord44, shared_depth_at_start),
    ALL_AT(SchedPhaseRecord44, shared_depth_at_end),
    ALL_AT(SchedPhaseRecord44, kind),
    ALL_SIZE(OrchPhaseRecord),
    ALL_AT(OrchPhaseRecord, start_time),
    ALL_AT(OrchPhaseRecord, end_time),
    ALL_AT(OrchPhaseRecord, task_id),
    ALL_AT(OrchPhaseRecord, submit_idx),

    ALL_SIZE(AicpuTaskBuffer),
    ALL_AT(AicpuTaskBuffer, records),
    ALL_AT(AicpuTaskBuffer, count),
    ALL_SIZE(AicoreTaskBuffer),
    ALL_AT(AicoreTaskBuffer, records),
    ALL_AT(AicoreTaskBuffer, count),
    ALL_SIZE(SchedPhaseBuffer),
    ALL_AT(SchedPhaseBuffer, records),
    ALL_AT(SchedPhaseBuffer, count),
    ALL_SIZE(OrchPhaseBuffer),
    ALL_AT(OrchPhaseBuffer, records),
    ALL_AT(OrchPhaseBuffer, count),
    NAMED_BUFFER_ROWS(NamedAicpuTaskBuffer),
    NAMED_BUFFER_ROWS(NamedAicoreTaskBuffer),
    NAMED_BUFFER_ROWS(NamedSchedPhaseBuffer),
    NAMED_BUFFER_ROWS(NamedOrchPhaseBuffer),
    NAMED_BUFFER_ROWS(PmuBuffer),
    NAMED_BUFFER_ROWS(ScopeStatsBuffer),
    ALL_SIZE(PmuRecord),
    ALL_AT(PmuRecord, task_id),
    ALL_AT(PmuRecord, func_id),
    ALL_AT(PmuRecord, core_type),
    ALL_AT(PmuRecord, pmu_total_cycles),
    ALL_AT(PmuRecord, counters),
    ALL_SIZE(ScopeStatsRecord),
    ALL_AT(ScopeStatsRecord, site_file_basename),
    ALL_AT(ScopeStatsRecord, heap_start),
    ALL_AT(ScopeStatsRecord, heap_end),
    ALL_AT(ScopeStatsRecord, site_line),
    ALL_AT(ScopeStatsRecord, task_start),
    ALL_AT(ScopeStatsRecord, task_end),
    ALL_AT(ScopeStatsRecord, dep_pool_start),
    ALL_AT(ScopeStatsRecord, dep_pool_end),
    ALL_AT(ScopeStatsRecord, tensormap_used),
    ALL_AT(ScopeStatsRecord, depth),
    ALL_AT(ScopeStatsRecord, ring_id),
    ALL_AT(ScopeStatsRecord, phase),
};

const struct sluice_abi_row *sluice_abi_table(size_t *rows) {
  *rows = sizeof rows_of_all_layouts / sizeof rows_of_all_layouts[0];
  return rows_of_all_layouts;
}

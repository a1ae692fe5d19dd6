// Stand-in: the interface of the runtime's swimlane collector in chip-2026.08, as far as the adapter uses it. Written
// for the tests of the adapter; each member that the runtime implements says that it was called.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/platform_config.h"
#include "host/profiler_base.h"

enum class ChipSwimlaneLevel : uint32_t { DISABLED, AICORE_TIMING, AICPU_TIMING, SCHED_PHASES, ORCH_PHASES };
struct ChipSwimlaneModule {};
struct HostPhaseRecord {
  uint64_t start_ns;
};

namespace simpler::dfx {
class ClockCorrelationSession {
 public:
  bool started() const { return started_; }

 private:
  bool started_{false};
};
}  // namespace simpler::dfx

using ChipSwimlaneAllocCallback = std::function<void *(size_t)>;
using ChipSwimlaneRegisterCallback = int (*)(void *, size_t, int, void **);
using ChipSwimlaneUnregisterCallback = int (*)(void *, int);
using ChipSwimlaneFreeCallback = std::function<int(void *)>;

class ChipSwimlaneCollector
    : public profiling_common::ProfilerBase<ChipSwimlaneCollector, ChipSwimlaneModule> {
 public:
  ChipSwimlaneCollector() = default;
  ~ChipSwimlaneCollector();

  int initialize(
      int num_aicore, int aicpu_thread_num, int device_id, ChipSwimlaneLevel chip_swimlane_level,
      const ChipSwimlaneAllocCallback &alloc_cb, ChipSwimlaneRegisterCallback register_cb,
      const ChipSwimlaneFreeCallback &free_cb, const std::string &output_prefix
  );
  void read_phase_header_metadata();
  void reconcile_counters();
  int export_swimlane_json();
  int finalize(ChipSwimlaneUnregisterCallback unregister_cb, const ChipSwimlaneFreeCallback &free_cb);

  void set_host_phase_records() { host_phase_records_present_ = true; }
  bool is_initialized() const { return shm_host_ != nullptr; }
  void *get_chip_swimlane_setup_device_ptr() const { return perf_shared_mem_dev_; }
  void *get_aicore_ring_addr_table_device_ptr() const { return aicore_ring_addr_table_dev_; }

 private:
  void *perf_shared_mem_dev_{nullptr};
  void *aicore_ring_addr_table_dev_{nullptr};
  int num_aicore_{0};
  int aicpu_thread_num_{0};
  ChipSwimlaneLevel chip_swimlane_level_{ChipSwimlaneLevel::DISABLED};
  std::string output_prefix_;
  std::vector<HostPhaseRecord> host_submit_records_;
  std::vector<HostPhaseRecord> host_upload_records_;
  simpler::dfx::ClockCorrelationSession clock_correlation_session_;
  bool host_orchestrated_{false};
  bool host_phase_records_present_{false};
};

// Stand-in of a host runtime: the collector's members, which say that they were called, and a runner that drives them
// in the order of the runtime's. Compiled for either stand-in of the collector's header.
#include <cstdio>
#include <stdexcept>

#include "host/chip_swimlane_collector.h"

static int own_memory;

#ifdef STANDIN_BANKS
int ChipSwimlaneCollector::initialize(int, int, int, const ChipSwimlaneAllocCallback &,
                                      ChipSwimlaneRegisterCallback, const ChipSwimlaneFreeCallback &) {
#else
ChipSwimlaneCollector::~ChipSwimlaneCollector() { stop(); }

int ChipSwimlaneCollector::initialize(int, int, int, ChipSwimlaneLevel, const ChipSwimlaneAllocCallback &,
                                      ChipSwimlaneRegisterCallback, const ChipSwimlaneFreeCallback &,
                                      const std::string &output_prefix) {
  output_prefix_ = output_prefix;
#endif
  printf("own initialize\n");
  shm_host_ = perf_shared_mem_dev_ = &own_memory;
  return 0;
}

void ChipSwimlaneCollector::read_phase_header_metadata() { printf("own read\n"); }
void ChipSwimlaneCollector::reconcile_counters() { printf("own reconcile\n"); }

/* What the host measured is written in any case. */
int ChipSwimlaneCollector::export_swimlane_json() {
  printf("own export\n");
  FILE *file = fopen((output_prefix_ + "/chip_swimlane_records.json").c_str(), "w");
  if (file == nullptr) {
    return -1;
  }
  fputs("{\"metadata\":{\"orchestrator_source\":\"host\"},\"host_orchestrator_phases\":[[]]}\n", file);
  fclose(file);
  return 0;
}

int ChipSwimlaneCollector::finalize(ChipSwimlaneUnregisterCallback, const ChipSwimlaneFreeCallback &) {
  printf("own finalize\n");
  shm_host_ = perf_shared_mem_dev_ = nullptr;
  return 0;
}

#ifdef STANDIN_BANKS
void ChipSwimlaneCollector::publish_run_config() { printf("own publish\n"); }
void *ChipSwimlaneCollector::arm_run_terminal_bank(uint32_t, uint64_t) {
  printf("own arm\n");
  return nullptr;
}
void ChipSwimlaneCollector::report_run_terminal_snapshot(uint32_t, uint64_t) { printf("own report\n"); }
#endif

namespace {

constexpr int CORES = 6;
ChipSwimlaneCollector *collector;

int begin(const char *prefix, int level) {
  const ChipSwimlaneAllocCallback alloc = [](size_t) -> void * { return nullptr; };
  const ChipSwimlaneFreeCallback free_it = [](void *) { return 0; };
  const auto wanted = static_cast<ChipSwimlaneLevel>(level);
#ifdef STANDIN_BANKS
  collector->begin_run(prefix, wanted);
  return collector->is_initialized() && level == 0 ? 0
                                                   : collector->initialize(CORES, 4, 0, alloc, nullptr, free_it);
#else
  return collector->initialize(CORES, 4, 0, wanted, alloc, nullptr, free_it, prefix);
#endif
}

}  // namespace

// One run; fails: its device reports an error.
extern "C" int standin_run(const char *prefix, int level, int epoch, bool fails, bool has_host_part) {
  if (collector == nullptr) {
    collector = new ChipSwimlaneCollector();
  }
  const ChipSwimlaneFreeCallback free_it = [](void *) { return 0; };
  if (begin(prefix, level) != 0 || collector->get_chip_swimlane_setup_device_ptr() == nullptr) {
    return 1;
  }
  try {
#ifdef STANDIN_BANKS
    printf("bank %s\n", collector->arm_run_terminal_bank(0, static_cast<uint64_t>(epoch)) != nullptr ? "there" : "0");
#endif
    collector->start(nullptr);
  } catch (const std::exception &e) {
    printf("start: %s\n", e.what());
    return 2;
  }
  printf("launch %s\n", prefix);
  (void)epoch;
  if (!fails) {
#ifdef STANDIN_BANKS
    collector->quiesce();
#else
    collector->stop();
#endif
    collector->read_phase_header_metadata();
    collector->reconcile_counters();
#ifdef STANDIN_BANKS
    collector->report_run_terminal_snapshot(0, static_cast<uint64_t>(epoch));
#endif
    if (has_host_part) {
      collector->set_host_phase_records();
    }
    collector->export_swimlane_json();
  }
#ifndef STANDIN_BANKS
  if (collector->is_initialized()) {
    collector->finalize(nullptr, free_it);
  }
#endif
  fflush(stdout);
  return fails ? 3 : 0;
}

// The runner goes.
extern "C" void standin_end() {
  if (collector == nullptr) {
    return;
  }
#ifdef STANDIN_BANKS
  const ChipSwimlaneFreeCallback free_it = [](void *) { return 0; };
  collector->finalize(nullptr, free_it);
#endif
  delete collector;
  collector = nullptr;
  fflush(stdout);
}

/*
 * Makes an unchanged `simpler` runtime use Sluice. Preloaded, it defines the members of the runtime's
 * swimlane collector by which its runners drive it; the dynamic linker finds these first. Without a
 * daemon each member calls the runtime's own, and the runtime collects as always.
 *
 * build.sh compiles it against the headers of one checkout, since it reads and writes members of the
 * collector. It defines, from what it finds in the header:
 *   SIMPLER_GENERATION    enum sluice_generation of the checkout
 *   SIMPLER_PLATFORM      enum sluice_platform
 *   SIMPLER_ARCH          "a2a3" or "a5"
 *   SIMPLER_COMMIT        of the checkout, for messages
 *   SIMPLER_HAS_BANKS     runs have terminal banks
 *   SIMPLER_HAS_QUIESCE   runners end a run by quiesce() and keep the threads
 *
 * Nothing here may need a function of the runtime that is not inline: it is loaded before the runtime.
 */
#include "host/chip_swimlane_collector.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "sluice_attach.h"

namespace {

constexpr uint32_t ATTACH_MS = 2000;
/* The runtime fails when nothing is reclaimed for so long. */
constexpr uint32_t PATIENCE_MS = 500;
constexpr uint32_t GUARD_MS = 200;
constexpr uint32_t LONGEST_GUARD_MS = 400;
constexpr int EXPORT_SECONDS = 120;
/* Kinds of buffers, in wire order. */
enum { AICPU_TASK, SCHED_PHASE, ORCH_PHASE, AICORE_TASK };

/* What a session is made for; another one needs another session. */
struct Shape {
  uint32_t device = 0;
  uint32_t level = 0;
  uint32_t cores = 0;
  uint32_t schedulers = 0;
  uint32_t orchestrators = 0;
  uint32_t runtime = 0;
  uint32_t placements = 0;

  bool operator==(const Shape &o) const {
    return device == o.device && level == o.level && cores == o.cores && schedulers == o.schedulers &&
           orchestrators == o.orchestrators && runtime == o.runtime && placements == o.placements;
  }
};

/* One collector. Its runner uses it from one thread at a time. */
struct Use {
  sluice_attach *session = nullptr;
  Shape shape;
  pid_t process = 0;
  uint32_t runs = 0;        /* begun in this session */
  uint64_t records = 0;     /* of the present run that the daemon has */
  bool is_ours = false;     /* the present run is Sluice's, not the runtime's */
  bool is_running = false;  /* between START and RUN_END */
  bool is_guarded = false;
  bool is_exported = false; /* the present run has its file, or was asked for it */
  uint64_t epoch = 0;       /* of the run that START will begin */
  std::string prefix;       /* where the runtime puts the files of the present run */
};

std::mutex uses_lock;
/* Never destroyed: collectors may outlive the objects of this library. */
std::map<const void *, Use> &uses() {
  static auto *all = new std::map<const void *, Use>();
  return *all;
}
bool was_asked = false;
bool was_refused = false;

Use &use_of(const void *collector) {
  std::lock_guard<std::mutex> hold(uses_lock);
  return uses()[collector];
}

__attribute__((format(printf, 1, 2))) void say(const char *format, ...) {
  char line[512];
  va_list values;
  va_start(values, format);
  vsnprintf(line, sizeof line, format, values);
  va_end(values);
  fprintf(stderr, "sluice: %s\n", line);
}

const char *variable(const char *name) {
  const char *value = getenv(name);
  return value != nullptr && value[0] != '\0' ? value : nullptr;
}

std::string file_of(const void *address) {
  Dl_info info;
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "";
}

/*
 * The runtime's own member of the same name. It is opened RTLD_LOCAL, where RTLD_NEXT does not look, so
 * the library that calls is asked.
 */
template <typename Function>
Function original(void *own, const void *caller) {
  Dl_info info;
  if (dladdr(own, &info) == 0 || info.dli_sname == nullptr) {
    throw std::runtime_error("sluice: the preload library does not know its own names");
  }
  void *library = dlopen(file_of(caller).c_str(), RTLD_LAZY | RTLD_NOLOAD);
  void *found = library != nullptr ? dlsym(library, info.dli_sname) : nullptr;
  if (found == nullptr || found == own) {
    throw std::runtime_error(std::string("sluice: the host runtime has no ") + info.dli_sname);
  }
  return reinterpret_cast<Function>(found);
}

time_t changed(const std::string &file) {
  struct stat status;
  return stat(file.c_str(), &status) == 0 ? status.st_mtime : 0;
}

/* Why this library must not touch that runtime; empty if it may. */
std::string mismatch(const std::string &runtime) {
  const std::string own = file_of(reinterpret_cast<const void *>(&mismatch));
  if (runtime.find("/" SIMPLER_ARCH "/") == std::string::npos) {
    return runtime + " is not of " SIMPLER_ARCH ", for which " + own + " was built";
  }
  if (changed(runtime) > changed(own)) {
    return runtime + " is newer than " + own + " (built for " SIMPLER_COMMIT "): run build.sh again";
  }
  return "";
}

Shape shape_of(const std::string &runtime, int cores, int threads, int device, ChipSwimlaneLevel level) {
  const bool is_host_built = runtime.find("/host_build_graph/") != std::string::npos;
  const bool is_sim = runtime.find("/sim/") != std::string::npos;
  const uint32_t on_device = SIMPLER_PLATFORM == SLUICE_A2A3 ? SLUICE_PLACEMENT_DEVICE_MAPPED
                                                             : SLUICE_PLACEMENT_DEVICE_COPIED;
  Shape shape;
  shape.device = device < 0 ? 0 : static_cast<uint32_t>(device);
  shape.level = static_cast<uint32_t>(level);
  shape.cores = static_cast<uint32_t>(cores);
  /* The last thread orchestrates, unless the host built the graph or there is no other. */
  shape.schedulers = static_cast<uint32_t>(is_host_built || threads <= 1 ? threads : threads - 1);
  shape.orchestrators = is_host_built ? 0 : 1;
  shape.runtime = SIMPLER_GENERATION < SLUICE_CHIP_2026_09 ? SLUICE_RUNTIME_DEFAULT
                  : is_host_built                          ? SLUICE_HOST_BUILD_GRAPH
                                                           : SLUICE_TENSORMAP_AND_RINGBUFFER;
  shape.placements = is_sim ? 0 : SLUICE_CAN(SLUICE_PLACEMENT_HOST) | SLUICE_CAN(on_device);
  return shape;
}

/* The daemon and the program that reads the captures have other working directories. */
std::string absolute(const std::string &path) {
  char here[4096];
  return path[0] == '/' || getcwd(here, sizeof here) == nullptr ? path : std::string(here) + "/" + path;
}

std::string last_part(const std::string &path) {
  const size_t end = path.find_last_not_of('/');
  const size_t begin = path.rfind('/', end);
  return end == std::string::npos ? "simpler" : path.substr(begin + 1, end - begin);
}

/* Says one line to the program that started the runtime, if there is one, and waits for its answer. */
std::string tell(const std::string &request) {
  const char *path = variable("SIMPLER_SLUICE_EXPORT");
  struct sockaddr_un address;
  if (path == nullptr || strlen(path) >= sizeof address.sun_path) {
    return "ok";
  }
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, path);
  const struct timeval patience = {EXPORT_SECONDS, 0};
  const int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char answer[512];
  ssize_t bytes = -1;
  if (peer >= 0 && setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
      connect(peer, reinterpret_cast<struct sockaddr *>(&address), sizeof address) == 0 &&
      send(peer, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    bytes = recv(peer, answer, sizeof answer - 1, 0);
    answer[bytes > 0 ? bytes : 0] = '\0';
  }
  if (peer >= 0) {
    close(peer);
  }
  return bytes > 0 ? std::string(answer, strcspn(answer, "\n")) : "no answer from " + std::string(path);
}

bool attach(Use &use, const Shape &shape) {
  struct sluice_geometry geometry;
  memset(&geometry, 0, sizeof geometry);
  geometry.device = shape.device;
  geometry.generation = SIMPLER_GENERATION;
  geometry.platform = SIMPLER_PLATFORM;
  geometry.level = shape.level;
  geometry.num_cores = shape.cores;
  geometry.sched_threads = shape.schedulers;
  geometry.orch_threads = shape.orchestrators;
  geometry.runtime = shape.runtime;
  geometry.placements = shape.placements;
  geometry.patience_ms = PATIENCE_MS;
  geometry.slot_count = PLATFORM_PROF_SLOT_COUNT;
  geometry.ready_queue_entries = PLATFORM_PROF_READYQUEUE_SIZE;
  geometry.buffer_records[AICPU_TASK] = PLATFORM_PROF_BUFFER_SIZE;
  geometry.buffer_records[SCHED_PHASE] = PLATFORM_PHASE_RECORDS_PER_THREAD;
  geometry.buffer_records[ORCH_PHASE] = PLATFORM_PHASE_RECORDS_PER_THREAD;
  geometry.buffer_records[AICORE_TASK] = PLATFORM_AICORE_BUFFER_SIZE;
  snprintf(geometry.name, sizeof geometry.name, "%s", last_part(use.prefix).c_str());
  char error[256] = "";
  setenv("SLUICE_ATTACH_TIMEOUT_MS", std::to_string(ATTACH_MS).c_str(), 0);
  sluice_attach *session = nullptr;
  if (sluice_attach_open(variable("SIMPLER_SLUICE_SOCKET"), &geometry, &session, error, sizeof error) !=
      SLUICE_OK) {
    say("not attached, the runtime's own collector runs: %s", error);
    was_refused = true;
    return false;
  }
  use.session = session;
  use.shape = shape;
  use.process = getpid();
  const std::string answer =
      tell("attached\t" + std::to_string(sluice_attach_arena(session)->session) + "\n");
  if (answer != "ok") {
    say("%s", answer.c_str());
  }
  return true;
}

/* Asks for the runtime's own file of the run. */
void export_run(Use &use) {
  if (use.is_exported) {
    return;
  }
  use.is_exported = true;
  const std::string answer =
      tell("ended\t" + std::to_string(sluice_attach_arena(use.session)->session) + "\t" +
           std::to_string(use.runs) + "\t" + std::to_string(use.records) + "\t" +
           use.prefix + "\n");
  if (answer != "ok") {
    say("run %u is in the capture and has no file in %s: %s", use.runs, use.prefix.c_str(),
        answer.c_str());
  }
}

void print(const struct sluice_books &books, Use &use) {
  uint64_t produced = 0, collected = 0, dropped = 0, salvaged = 0, never_started = 0;
  int64_t unaccounted = 0;
  for (unsigned kind = 0; kind < SLUICE_ALL_KINDS; kind++) {
    produced += books.produced[kind];
    collected += books.collected[kind];
    dropped += books.dropped[kind];
    salvaged += books.salvaged[kind];
    never_started += books.never_started[kind];
    unaccounted += books.unaccounted[kind];
  }
  use.records = collected + salvaged;
  say("run %u (%s): produced %llu, collected %llu, dropped %llu, salvaged %llu, never started %llu,"
      " unaccounted %lld",
      use.runs, last_part(use.prefix).c_str(), (unsigned long long)produced, (unsigned long long)collected,
      (unsigned long long)dropped, (unsigned long long)salvaged, (unsigned long long)never_started,
      (long long)unaccounted);
}

void end_run(Use &use) {
  if (!use.is_running) {
    return;
  }
  use.is_running = false;
  struct sluice_books books;
  memset(&books, 0, sizeof books);
  char error[256] = "";
  const int code = sluice_attach_run_end(use.session, &books, error, sizeof error);
  if (code == SLUICE_OK) {
    print(books, use);
    return;
  }
  struct sluice_guard_stats guard;
  sluice_attach_guard_stats(use.session, &guard);
  uint64_t lost = 0;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    lost += guard.lost_records[kind];
  }
  say("run %u has no books, the guard recycled %llu records unread: %s", use.runs, (unsigned long long)lost,
      error);
}

void detach(Use &use) {
  if (use.session == nullptr) {
    return;
  }
  if (use.process != getpid()) {
    use = Use(); /* of the parent, which goes on with it */
    return;
  }
  end_run(use);
  char error[256] = "";
  if (sluice_attach_detach(use.session, nullptr, error, sizeof error) != SLUICE_OK) {
    say("detach: %s", error);
  }
  use = Use();
}

/* A session for this shape, the same as before if it can be. */
bool prepare(Use &use, const Shape &shape, const std::string &prefix) {
  if (use.process == getpid()) {
    end_run(use); /* the runner gave the run before up */
  }
  if (use.session != nullptr && (use.process != getpid() || !(use.shape == shape) ||
                                 sluice_attach_connected(use.session) == 0)) {
    detach(use);
  }
  use.prefix = absolute(prefix);
  use.records = 0;
  use.is_exported = false;
  return use.session != nullptr || attach(use, shape);
}

uint32_t guard_ms() {
  const char *text = variable("SIMPLER_SLUICE_GUARD_MS");
  const long given = text != nullptr ? strtol(text, nullptr, 10) : GUARD_MS;
  return static_cast<uint32_t>(given < 0 ? GUARD_MS : given > LONGEST_GUARD_MS ? LONGEST_GUARD_MS : given);
}

/* Throws: the runner then reports an error before any core is launched. */
void start_run(Use &use) {
  if (use.is_running) {
    return;
  }
  char error[256] = "";
  sluice_attach_name_run(use.session, use.prefix.c_str());
  if (sluice_attach_start(use.session, 0, use.epoch, error, sizeof error) != SLUICE_OK) {
    throw std::runtime_error(std::string("sluice: the run was not started: ") + error);
  }
  use.is_running = true;
  use.runs++;
  if (!use.is_guarded && guard_ms() > 0) {
    use.is_guarded = true;
    if (sluice_attach_guard_start(use.session, guard_ms(), error, sizeof error) != SLUICE_OK) {
      say("no guard: %s", error);
    }
  }
}

int is_host_runtime(struct dl_phdr_info *info, size_t, void *) {
  return info->dlpi_name != nullptr && strstr(info->dlpi_name, "libhost_runtime.so") != nullptr;
}

__attribute__((destructor)) void leave() {
  for (auto &each : uses()) {
    detach(each.second);
  }
  if (variable("SIMPLER_SLUICE_SOCKET") != nullptr && !was_asked &&
      dl_iterate_phdr(is_host_runtime, nullptr) != 0) {
    say("a host runtime was loaded and nothing attached: no run asked for a swimlane, or its collector is"
        " not that of " SIMPLER_COMMIT);
  }
}

}  // namespace

#pragma GCC diagnostic ignored "-Wpmf-conversions"
#define CALLER __builtin_return_address(0)
#define ORIGINAL(name, ...) original<__VA_ARGS__>(reinterpret_cast<void *>(&ChipSwimlaneCollector::name), CALLER)

/* Whether the call is the runtime's own affair. */
#define IS_OURS(use) ((use).is_ours && (use).process == getpid())

#if SIMPLER_GENERATION < 4
#define LEVEL_PARAMETER ChipSwimlaneLevel level,
#define PREFIX_PARAMETER , const std::string &prefix
#define LEVEL_ARGUMENT level,
#define PREFIX_ARGUMENT , prefix
using Initialize = int (*)(ChipSwimlaneCollector *, int, int, int, ChipSwimlaneLevel,
                           const ChipSwimlaneAllocCallback &, ChipSwimlaneRegisterCallback,
                           const ChipSwimlaneFreeCallback &, const std::string &);
#else
#define LEVEL_PARAMETER
#define PREFIX_PARAMETER
#define LEVEL_ARGUMENT
#define PREFIX_ARGUMENT
using Initialize = int (*)(ChipSwimlaneCollector *, int, int, int, const ChipSwimlaneAllocCallback &,
                           ChipSwimlaneRegisterCallback, const ChipSwimlaneFreeCallback &);
#endif

int ChipSwimlaneCollector::initialize(int num_aicore, int aicpu_thread_num, int device_id,
                                      LEVEL_PARAMETER const ChipSwimlaneAllocCallback &alloc_cb,
                                      ChipSwimlaneRegisterCallback register_cb,
                                      const ChipSwimlaneFreeCallback &free_cb PREFIX_PARAMETER) {
  was_asked = true;
  Use &use = use_of(this);
  const std::string runtime = file_of(CALLER);
  bool is_ours = variable("SIMPLER_SLUICE_SOCKET") != nullptr;
  if (is_ours) {
    const std::string why = mismatch(runtime);
    if (!why.empty()) {
      if (!was_refused) {
        say("not used, the runtime's own collector runs: %s", why.c_str());
      }
      was_refused = true;
      is_ours = false;
    }
  }
  /* Only from here on may members be touched: the headers are those of the runtime. */
#if SIMPLER_GENERATION < 4
  if (is_ours) {
    chip_swimlane_level_ = level;
    output_prefix_ = prefix;
  }
#endif
  is_ours = is_ours && (shm_host_ == nullptr || use.is_ours) &&
            prepare(use, shape_of(runtime, num_aicore, aicpu_thread_num, device_id, chip_swimlane_level_),
                    output_prefix_);
  use.is_ours = is_ours;
  if (!is_ours) {
    return ORIGINAL(initialize, Initialize)(this, num_aicore, aicpu_thread_num, device_id,
                                            LEVEL_ARGUMENT alloc_cb, register_cb, free_cb PREFIX_ARGUMENT);
  }
  perf_shared_mem_dev_ = reinterpret_cast<void *>(sluice_attach_data_base(use.session));
  aicore_ring_addr_table_dev_ = reinterpret_cast<void *>(sluice_attach_rotation_table(use.session));
  /* Not null: then finalize() comes on every path. Of imported memory there is no mapping to name. */
  const struct sluice_arena *arena = sluice_attach_arena(use.session);
  shm_host_ = arena->region != nullptr ? static_cast<void *>(arena->region) : perf_shared_mem_dev_;
  num_aicore_ = num_aicore;
  aicpu_thread_num_ = aicpu_thread_num;
  /* No thread of the base class may start: it refuses these numbers. */
  shard_count_ = 0;
  queue_count_ = 0;
  return 0;
}

template <>
void profiling_common::ProfilerBase<ChipSwimlaneCollector, ChipSwimlaneModule>::start(
    const ThreadFactory &thread_factory) {
  Use &use = use_of(static_cast<ChipSwimlaneCollector *>(this));
  if (!IS_OURS(use)) {
    using Base = profiling_common::ProfilerBase<ChipSwimlaneCollector, ChipSwimlaneModule>;
    using Start = void (*)(Base *, const ThreadFactory &);
    original<Start>(reinterpret_cast<void *>(&Base::start), CALLER)(this, thread_factory);
    return;
  }
  start_run(use);
}

void ChipSwimlaneCollector::read_phase_header_metadata() {
  if (!IS_OURS(use_of(this))) {
    ORIGINAL(read_phase_header_metadata, void (*)(ChipSwimlaneCollector *))(this);
  }
}

void ChipSwimlaneCollector::reconcile_counters() {
  Use &use = use_of(this);
  if (!IS_OURS(use)) {
    ORIGINAL(reconcile_counters, void (*)(ChipSwimlaneCollector *))(this);
    return;
  }
  end_run(use);
}

int ChipSwimlaneCollector::export_swimlane_json() {
  Use &use = use_of(this);
  if (!IS_OURS(use)) {
    return ORIGINAL(export_swimlane_json, int (*)(ChipSwimlaneCollector *))(this);
  }
#if SIMPLER_GENERATION < 4
  const bool has_host_part = host_phase_records_present_ || clock_correlation_session_.started();
#else
  const bool has_host_part = host_phase_records_present_;
#endif
  /* What the host measured is not in device memory: the runtime's own export has that, and no more. */
  if (has_host_part && ORIGINAL(export_swimlane_json, int (*)(ChipSwimlaneCollector *))(this) == 0) {
    const std::string file = output_prefix_ + "/chip_swimlane_records.json";
    rename(file.c_str(), (output_prefix_ + "/chip_swimlane_host.json").c_str());
  }
  export_run(use);
  return 0;
}

int ChipSwimlaneCollector::finalize(ChipSwimlaneUnregisterCallback unregister_cb,
                                    const ChipSwimlaneFreeCallback &free_cb) {
  Use &use = use_of(this);
  if (!IS_OURS(use)) {
    return ORIGINAL(finalize, int (*)(ChipSwimlaneCollector *, ChipSwimlaneUnregisterCallback,
                                      const ChipSwimlaneFreeCallback &))(this, unregister_cb, free_cb);
  }
  if (use.is_running) {
    end_run(use); /* of a run that failed: the runner comes here at once */
    export_run(use);
  }
  use.is_ours = false;
  perf_shared_mem_dev_ = nullptr;
  aicore_ring_addr_table_dev_ = nullptr;
  shm_host_ = nullptr;
  shard_count_ = 1;
  queue_count_ = 1;
  host_submit_records_.clear();
  host_upload_records_.clear();
  host_orchestrated_ = false;
  host_phase_records_present_ = false;
#if SIMPLER_GENERATION < 4
  clock_correlation_session_ = {};
#else
  detach(use); /* the runner keeps the region over all its runs, and ends with this */
#endif
  return 0;
}

#if SIMPLER_GENERATION < 4
/* The session is kept from run to run. Children of the runtime leave by _exit, which runs no destructor of
 * a library. */
ChipSwimlaneCollector::~ChipSwimlaneCollector() {
  stop();
  detach(use_of(this));
  std::lock_guard<std::mutex> hold(uses_lock);
  uses().erase(this);
}
#else

/* Of begin_run(), which is inline: level and prefix of the next run are in the members. */
void ChipSwimlaneCollector::publish_run_config() {
  Use &use = use_of(this);
  if (!IS_OURS(use)) {
    ORIGINAL(publish_run_config, void (*)(ChipSwimlaneCollector *))(this);
    return;
  }
  use.epoch = 0;
}
#endif

#ifdef SIMPLER_HAS_BANKS
/* The first that names the run; the device must not be launched before START. */
void *ChipSwimlaneCollector::arm_run_terminal_bank(uint32_t bank_index, uint64_t run_epoch) {
  Use &use = use_of(this);
  if (!IS_OURS(use)) {
    return ORIGINAL(arm_run_terminal_bank, void *(*)(ChipSwimlaneCollector *, uint32_t, uint64_t))(
        this, bank_index, run_epoch);
  }
  use.epoch = run_epoch;
  start_run(use);
  return reinterpret_cast<void *>(sluice_attach_terminal_bank(use.session));
}

void ChipSwimlaneCollector::report_run_terminal_snapshot(uint32_t bank_index, uint64_t run_epoch) {
  if (!IS_OURS(use_of(this))) {
    ORIGINAL(report_run_terminal_snapshot, void (*)(ChipSwimlaneCollector *, uint32_t, uint64_t))(
        this, bank_index, run_epoch);
  }
}
#endif

#ifdef SIMPLER_HAS_QUIESCE
template <>
void profiling_common::ProfilerBase<ChipSwimlaneCollector, ChipSwimlaneModule>::quiesce() {
  if (!IS_OURS(use_of(static_cast<ChipSwimlaneCollector *>(this)))) {
    using Base = profiling_common::ProfilerBase<ChipSwimlaneCollector, ChipSwimlaneModule>;
    original<void (*)(Base *)>(reinterpret_cast<void *>(&Base::quiesce), CALLER)(this);
  }
}
#endif

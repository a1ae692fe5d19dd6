// Stand-in: what the adapter uses of the base class of the runtime's collectors.
#pragma once

#include <cstdio>
#include <functional>
#include <thread>

namespace profiling_common {

using ThreadFactory = std::function<std::thread(std::function<void()>)>;

template <typename Derived, typename Module>
class ProfilerBase {
 public:
  // The runtime's is too large to be inlined.
  __attribute__((noipa)) void start(const ThreadFactory &factory) {
    (void)factory;
    if (shm_host_ != nullptr) {
      printf("own start\n");
    }
  }
  void stop() {}

 protected:
  void *shm_host_{nullptr};
  int queue_count_{4};
  int shard_count_{4};
};

}  // namespace profiling_common

// Many independent tasks, on both kinds of core by turns. Scalars: how many; at which one to fail (0: none).
#include <stddef.h>
#include <stdint.h>

#include "pto_orchestration_api.h"

namespace {
constexpr uint64_t TASKS_PER_SCOPE = 512;
}

extern "C" {

__attribute__((visibility("default"))) PTO2OrchestrationConfig aicpu_orchestration_config(const ChipTaskArgs &args) {
  (void)args;
  return PTO2OrchestrationConfig{.expected_arg_count = 3};
}

__attribute__((visibility("default"))) void aicpu_orchestration_entry(const ChipTaskArgs &args) {
  const uint64_t tasks = args.scalar(0);
  const uint64_t fatal = args.scalar(1);
  uint32_t shape[1] = {1};
  const TensorCreateInfo one(shape, 1, DataType::FLOAT32);
  for (uint64_t done = 0; done < tasks;) {
    PTO2_SCOPE() {
      for (uint64_t i = 0; i < TASKS_PER_SCOPE && done < tasks; i++, done++) {
        if (fatal != 0 && done == fatal) {
          rt_report_fatal(PTO2_ERROR_EXPLICIT_ORCH_FATAL, "asked for by the check");
          return;
        }
        CoreTaskArgs task;
        task.add_output(one);
        if (done % 2 == 0) {
          rt_submit_aiv_task(0, task);
        } else {
          rt_submit_aic_task(1, task);
        }
      }
    }
  }
}

}  // extern "C"

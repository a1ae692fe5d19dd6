"""Many small tasks, in one or several runs of one process: the load of check.sh.

Environment: SLUICE_CHECK_TASKS, SLUICE_CHECK_RUNS, and SLUICE_CHECK_FATAL, the task at which each run fails.
"""

import os

import torch
from simpler.task_interface import ArgDirection as D
from simpler_setup import Scalar, SceneTestCase, TaskArgsBuilder, TensorArg, scene_test

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = int(os.environ.get("SLUICE_CHECK_TASKS", "1000"))
RUNS = int(os.environ.get("SLUICE_CHECK_RUNS", "1"))
FATAL = int(os.environ.get("SLUICE_CHECK_FATAL", "0"))
KERNEL = os.path.join(HERE, "tasks_kernel.cpp")


@scene_test(level=2, runtime="tensormap_and_ringbuffer")
class TestTasks(SceneTestCase):
    CALLABLE = {
        "orchestration": {
            "source": os.path.join(HERE, "tasks_orch.cpp"),
            "function_name": "aicpu_orchestration_entry",
            "signature": [D.IN],
        },
        "incores": [
            {"func_id": 0, "source": KERNEL, "core_type": "aiv", "signature": [D.OUT]},
            {"func_id": 1, "source": KERNEL, "core_type": "aic", "signature": [D.OUT]},
        ],
    }

    CASES = [
        {"name": f"run{number:03}", "platforms": ["a2a3sim", "a5sim"], "params": {}} for number in range(RUNS)
    ]

    def generate_args(self, params):
        return TaskArgsBuilder(
            TensorArg("unused", torch.zeros(1, dtype=torch.float32)), Scalar("tasks", TASKS), Scalar("fatal", FATAL)
        )

    def compute_golden(self, args, params):
        pass


if __name__ == "__main__":
    SceneTestCase.run_module(__name__)

"""Compares the runtime's own chip_swimlane_records.json with the one that Sluice wrote of another run of the same
program. Which core a task lands on, and how many phase records a thread writes, differ from run to run."""

import json
import sys


def facts(path):
    with open(path) as file:
        data = json.load(file)
    aicore = data["aicore_tasks"]
    aicpu = data["aicpu_tasks"]
    metadata = data["metadata"]
    phases = [row for lane in data.get("aicpu_scheduler_phases", []) for row in lane]
    submits = [row for lane in data.get("aicpu_orchestrator_phases", []) for row in lane]
    return {
        "keys": sorted(data),
        "metadata": sorted(metadata),
        "level": data["chip_swimlane_level"],
        "clock": metadata["clock_freq_hz"],
        "cores": metadata["num_cores"],
        "core types": metadata["core_types"],
        "threads": sorted(set(metadata.get("core_to_thread", []))),
        "lanes": len(data.get("aicpu_scheduler_phases", [])),
        "task ids": sorted(row[1] for row in aicore),
        "submits": sorted((row["submit_idx"], row["task_id"]) for row in submits),
        "dispatched": sum(row["tasks_processed"] for row in phases if row["kind"] == "dispatch"),
        "completed": sum(row["tasks_processed"] for row in phases if row["kind"] == "complete"),
        "not joined": len({(row[0], row[2]) for row in aicore} ^ {(row[0], row[1]) for row in aicpu}),
    }


own, sluice = facts(sys.argv[1]), facts(sys.argv[2])
different = [f"{name}: {own[name]} and {sluice[name]}" for name in own if own[name] != sluice[name]]
if sluice["not joined"]:
    different.append(f"{sluice['not joined']} tasks with one of their two records")
if different:
    sys.exit("; ".join(different)[:400])
print(f"{len(sluice['task ids'])} tasks, {len(sluice['submits'])} submits, {sluice['lanes']} lanes, same keys")

#!/usr/bin/env python3
"""What a relay costs beside the direct path: the same producer and daemon, in turn, in one run.

    ./sluice test -DskipTests    # or anything else that builds
    python3 native-bridge/src/test/bench/relay_bench.py [runs]

The device is the stand-in for the vendor's libraries, so a copy here is a function call and a memcpy.
Needs a build of this tree and its daemon; prints one row per path with medians and the spread.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
NATIVE = os.path.join(ROOT, "native-bridge/target/native/linux-" + (
    "aarch64" if os.uname().machine == "aarch64" else "x86-64"))
PATHS = {  # name: device of the daemon's configuration, board, what the client offers
    "shared memory (sim)": (0, "a2a3", []),
    "device-mapped (a2a3)": (2, "a2a3", ["--placements"]),
    "relay, mapped (a2a3)": (1, "a2a3", ["--relay"]),
    "device-copied (a5)": (3, "a5", ["--placements"]),
    "relay, copied (a5)": (1, "a5", ["--relay"]),
}
LOADS = {
    "chip-2026.08, unthrottled": ["chip-2026.08", "--rate", "0"],
    "l2-2026.07, 300 MB/s": ["l2-2026.07", "--rate", "300000000"],
}


def run(folder, path, load):
    device, board, offer = PATHS[path]
    generation, *rate = LOADS[load]
    environment = dict(os.environ, SLUICE_CANN_DIRECTORY=NATIVE + "/cann",
                       SLUICE_STANDIN_DEVICE="here", SLUICE_STANDIN_BOARD=board)
    command = [NATIVE + "/sluice-producer", "--socket", folder + "/attach.sock", "--json",
               "--layout", generation + "/" + board, "--device", str(device), "--cores", "24",
               "--aicpu-threads", "1", "--level", "2", "--duration-ns", "1000000000", *rate, *offer]
    before = os.times()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    after = os.times()
    if done.returncode != 0:
        sys.exit(done.stderr)
    report = json.loads(done.stdout)
    unaccounted = sum(report["books"]["unaccounted"].values())
    if unaccounted != 0:
        sys.exit(f"{path}: {unaccounted} records unaccounted")
    cpu = (after.children_user + after.children_system - before.children_user
           - before.children_system)
    return {"GB/s": report["bytes_per_second"] / 1e9,
            "dropped %": 100 * report["dropped_records"] / report["produced_records"],
            "refill p50 us": report["refill_latency_seconds"]["p50"] * 1e6,
            "refill p99 us": report["refill_latency_seconds"]["p99"] * 1e6,
            "producer CPU s": cpu}


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="sluice-relay-", dir="/tmp") as folder:
        settings = {"http.listen": "127.0.0.1:0", "attach.socket": folder + "/attach.sock",
                    "control.socket": folder + "/control.sock", "capture.enabled": "false",
                    "placement.devices": "1:relay,2:device-mapped,3:device-copied",
                    "cann.directory": NATIVE + "/cann"}
        command = [ROOT + "/sluice", "daemon"]
        for key, value in settings.items():
            command += ["--set", f"sluice.{key}={value}"]
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            for _ in range(600):
                if os.path.exists(folder + "/attach.sock") or daemon.poll() is not None:
                    break
                time.sleep(0.1)
            for load in LOADS:
                seen = {path: [] for path in PATHS}
                for _ in range(runs):  # in turn, so that a machine that drifts drifts for all
                    for path in PATHS:
                        seen[path].append(run(folder, path, load))
                print(f"\n{load}, 24 cores, 1 AICPU thread, level 2, 1 s, medians of {runs}")
                for path, results in seen.items():
                    cells = []
                    for key in results[0]:
                        values = [result[key] for result in results]
                        cells.append(f"{key} {statistics.median(values):.2f} "
                                     f"({min(values):.2f} to {max(values):.2f})")
                    print(f"  {path:22} " + ", ".join(cells))
        finally:
            daemon.terminate()
            daemon.wait()


main()

#!/usr/bin/env bash
#
# Runs what a checkout of the simpler runtime has, once on its own collector and once on Sluice, and compares; then what
# goes wrong. One line each; logs in a folder that is named at the end.
#
#   check.sh CHECKOUT [CASE...]    CHECKOUT is built by its owner, for a2a3sim; all cases by default:
#                                  own host tests runs fatal kill no-daemon dead-daemon stopped-daemon
#
# Environment: PYTHON (python3) with what the runtime's tests need; SLUICE (of this tree or package).
set -uo pipefail

[ $# -ge 1 ] || { echo "usage: check.sh CHECKOUT [CASE...]" >&2; exit 2; }
checkout=$(cd -P "$1" && pwd) || exit 2
shift
cases=("$@")
[ $# -gt 0 ] || cases=(own host tests runs fatal kill no-daemon dead-daemon stopped-daemon)
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3}
sluice=${SLUICE:-$here/../../sluice}
[ -x "$sluice" ] || sluice=$here/../../bin/sluice
export PYTHONPATH=$checkout:$checkout/python${PYTHONPATH:+:$PYTHONPATH}
logs=$(mktemp -d "${TMPDIR:-/tmp}/sluice-check-XXXXXX")
example=$checkout/examples/a2a3/tensormap_and_ringbuffer/vector_example/test_vector_example.py
swimlane_tests=$checkout/tests/st/a2a3/tensormap_and_ringbuffer/dfx/chip_swimlane
file=chip_swimlane_records.json
failures=0
daemon=

ok() { printf 'ok    %-15s %s\n' "$1" "$2"; }
bad() { printf 'FAIL  %-15s %s; see %s\n' "$1" "$2" "$logs/$1.log"; failures=$((failures + 1)); }
# The lines that Sluice wrote into a log, last one first.
said() { grep '^sluice: ' "$logs/$1.log" | tail -1 | cut -c9-; }
folder() { find "$checkout/outputs" -maxdepth 1 -name "$1*" -newer "$logs/start" -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -1 | cut -d' ' -f2-; }
run() { # NAME COMMAND...
  local name=$1
  shift
  touch "$logs/start"
  sleep 0.01
  (cd "$checkout" && exec "$@") >"$logs/$name.log" 2>&1 </dev/null
}
tasks=("$python" "$here/check/test_tasks.py" -p a2a3sim --enable-chip-swimlane 4)

start_daemon() {
  cat >"$logs/daemon.conf" <<EOF
sluice.http.listen = "127.0.0.1:0"
sluice.attach.socket = "$logs/attach.sock"
sluice.control.socket = "$logs/control.sock"
sluice.capture { enabled = true, directory = "$logs/captures" }
EOF
  rm -f "$logs/attach.sock"
  "$sluice" daemon --config "$logs/daemon.conf" >"$logs/daemon.log" 2>&1 &
  daemon=$!
  disown # the shell says nothing when it is killed
  for _ in $(seq 300); do [ -S "$logs/attach.sock" ] && return; sleep 0.1; done
  return 1
}
# The process that serves; the launcher may be another one.
daemon_pid() { ps -o pid= --ppid "$daemon" | tr -d ' ' | grep . || echo "$daemon"; }
end_daemon() {
  [ -z "$daemon" ] || { kill -CONT "$(daemon_pid)"; kill "$daemon"; while kill -0 "$daemon"; do sleep 0.1; done; } 2>/dev/null
  daemon=
}
trap end_daemon EXIT
preloaded=(env "LD_PRELOAD=$checkout/build/sluice/libsluice_simpler_a2a3.so" "SIMPLER_SLUICE_SOCKET=$logs/attach.sock")
wait_for() { # NAME TEXT: in its log
  for _ in $(seq 600); do grep -q "$2" "$logs/$1.log" 2>/dev/null && return; sleep 0.1; done
  return 1
}

# The same program on both collectors.
compare() { # CASE PROGRAM
  local own on_sluice result
  run "$1" "$python" "$2" -p a2a3sim --manual include --enable-chip-swimlane 4 || { bad "$1" "the runtime's own collector fails"; return; }
  own=$(folder Test)
  run "$1" "$sluice" simpler "$checkout" --private -- "$python" "$2" -p a2a3sim --manual include --enable-chip-swimlane 4 ||
    { bad "$1" "the example fails on Sluice"; return; }
  on_sluice=$(folder Test)
  if result=$("$python" "$here/check/compare.py" "$own/$file" "$on_sluice/$file" 2>&1); then
    ok "$1" "$result"
  else
    bad "$1" "$result"
  fi
}

case_own() { compare own "$example"; }

# A graph that the host has built: what its host measured is in no capture, and in the file.
case_host() { compare host "$checkout/tests/st/a2a3/host_build_graph/vector_example/test_vector_example.py"; }

case_tests() {
  run tests "$sluice" simpler "$checkout" --private -- "$python" -m pytest -q "$swimlane_tests" --platform a2a3sim \
    --manual include --enable-chip-swimlane 4 --enable-dep-gen
  local code=$? result
  result=$(grep -E '^[=]* *[0-9]+ (passed|failed|error)' "$logs/tests.log" | tail -1 | tr -d '=')
  if [ $code -eq 0 ] && ! grep -q 'not produced' "$logs/tests.log" && grep -q '^sluice: session' "$logs/tests.log"; then
    ok tests "the runtime's own swimlane tests:$result; $(grep -c '^sluice: session .* unaccounted 0;' "$logs/tests.log") sessions on Sluice"
  else
    bad tests "exit code $code, $result"
  fi
}

case_runs() {
  export SLUICE_CHECK_RUNS=10 SLUICE_CHECK_TASKS=500
  run runs "$sluice" simpler "$checkout" --private -- "${tasks[@]}"
  local code=$? files
  files=$(find "$checkout/outputs" -path "*TestTasks_run*/$file" -newer "$logs/start" | wc -l)
  unset SLUICE_CHECK_RUNS SLUICE_CHECK_TASKS
  if [ $code -eq 0 ] && [ "$files" -eq 10 ] && [ "$(grep -c '^sluice: session' "$logs/runs.log")" -eq 1 ] &&
    [ "$(grep -c 'unaccounted 0' "$logs/runs.log")" -eq 11 ]; then
    ok runs "10 runs, one session, 10 files; $(said runs)"
  else
    bad runs "exit code $code, $files files; $(said runs)"
  fi
}

case_fatal() {
  export SLUICE_CHECK_TASKS=20000 SLUICE_CHECK_FATAL=7000
  run fatal "$sluice" simpler "$checkout" --private -- "${tasks[@]}"
  local code=$? last files
  unset SLUICE_CHECK_TASKS SLUICE_CHECK_FATAL
  last=$(said fatal)
  files=$(find "$checkout/outputs" -path "*TestTasks_run*/$file" -newer "$logs/start" | wc -l)
  if [ $code -ne 0 ] && [ "$files" -eq 1 ] && [[ $last == *"unaccounted 0;"* ]]; then
    ok fatal "exit code $code, the run has its file; $last"
  else
    bad fatal "exit code $code, $files files; $last"
  fi
}

case_kill() {
  export SLUICE_CHECK_TASKS=3000000
  (run kill "$sluice" simpler "$checkout" --private -- bash -c 'echo "pid $$"; exec "$@"' - "${tasks[@]}") &
  local waited=$! pid last
  wait_for kill '^  TestTasks::run000' && sleep 2
  pid=$(sed -n 's/^pid //p' "$logs/kill.log")
  kill -9 "$pid" 2>/dev/null
  wait $waited
  unset SLUICE_CHECK_TASKS
  last=$(said kill)
  if [[ $last == *"unaccounted 0;"* ]] && [[ $last != *"produced 0,"* ]]; then
    ok kill "$last"
  else
    bad kill "$last"
  fi
}

case_no-daemon() {
  rm -f "$logs/attach.sock"
  run no-daemon "${preloaded[@]}" "$python" "$example" -p a2a3sim --manual include --enable-chip-swimlane 4
  local code=$?
  if [ $code -eq 0 ] && [ -e "$(folder TestVectorExample)/$file" ] && [ "$(grep -c '^sluice: ' "$logs/no-daemon.log")" -eq 1 ]; then
    ok no-daemon "own collector, its file, one line: $(said no-daemon)"
  else
    bad no-daemon "exit code $code; $(said no-daemon)"
  fi
}

case_dead-daemon() {
  start_daemon || { bad dead-daemon "no daemon"; return; }
  export SLUICE_CHECK_TASKS=400000
  run dead-daemon "${preloaded[@]}" "${tasks[@]}" &
  local waited=$! code
  wait_for dead-daemon '^  TestTasks::run000' && sleep 1.5
  kill -9 "$(daemon_pid)" 2>/dev/null
  wait $waited
  code=$?
  unset SLUICE_CHECK_TASKS
  end_daemon
  if [ $code -eq 0 ]; then
    ok dead-daemon "the run goes on; $(said dead-daemon)"
  else
    bad dead-daemon "exit code $code; $(said dead-daemon)"
  fi
}

case_stopped-daemon() {
  start_daemon || { bad stopped-daemon "no daemon"; return; }
  kill -STOP "$(daemon_pid)"
  local since=$SECONDS code
  run stopped-daemon "${preloaded[@]}" timeout 60 "$python" "$example" -p a2a3sim --manual include --enable-chip-swimlane 4
  code=$?
  end_daemon
  if [ $code -eq 0 ] && [ -e "$(folder TestVectorExample)/$file" ]; then
    ok stopped-daemon "own collector after $((SECONDS - since)) s in all: $(said stopped-daemon)"
  else
    bad stopped-daemon "exit code $code; $(said stopped-daemon)"
  fi
}

"$here/build.sh" --if-stale "$checkout" >"$logs/build.log" 2>&1 || { cat "$logs/build.log" >&2; exit 1; }
echo "simpler $(git -C "$checkout" rev-parse --short=12 HEAD 2>/dev/null), logs in $logs"
for each in "${cases[@]}"; do "case_$each"; done
exit $((failures > 0))

#!/usr/bin/env bash
#
# Builds the preload libraries for a checkout of the simpler runtime: libsluice_simpler_a2a3.so and ..._a5.so, each by
# one call of the compiler. They fit this checkout, and what was built from it, and nothing else.
#
#   build.sh [--if-stale] CHECKOUT [FOLDER]   into FOLDER, or CHECKOUT/build/sluice
#
# Environment: CXX (g++); SLUICE_ATTACH, the folder of libsluice_attach.a, and SLUICE_INCLUDE, the folder of
# sluice_attach.h; by default those of this source tree or of the installed package.
set -euo pipefail

die() { printf 'sluice: %s\n' "$*" >&2; exit 1; }

if_stale=false
if [ "${1:-}" = --if-stale ]; then if_stale=true; shift; fi
[ $# -ge 1 ] || die "usage: build.sh [--if-stale] CHECKOUT [FOLDER]"
checkout=$(cd -P "$1" 2>/dev/null && pwd) || die "not a directory: $1"
out=${2:-$checkout/build/sluice}
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case $(uname -m) in aarch64 | arm64) machine=linux-aarch64 ;; *) machine=linux-x86-64 ;; esac
if [ -d "$here/../../native-bridge" ]; then
  attach=$here/../../native-bridge/target/native/$machine include=$here/../../native-bridge/src/main/c/include
else # as installed: usr/lib/sluice/integrations/simpler
  attach=$here/../../native include=$here/../../../../include
fi
attach=${SLUICE_ATTACH:-$attach}
include=${SLUICE_INCLUDE:-$include}
header=$checkout/src/common/platform/include/host/chip_swimlane_collector.h
base=$checkout/src/common/platform/include/host/profiler_base.h

[ -e "$attach/libsluice_attach.a" ] || die "no $attach/libsluice_attach.a: run ./sluice --version first, which builds it"
[ -e "$include/sluice_attach.h" ] || die "no $include/sluice_attach.h"
[ -e "$header" ] || die "$checkout has no ${header#"$checkout"/}: no checkout of simpler, or one before chip-2026.08"
has() { grep -qE "$1" "$header"; }

# What the collector's interface is. An unknown one is refused: the library writes members of the class.
defines=()
if has '^ *void begin_run\('; then
  has '^ *(bool|void|int) (session_)?run_begin\(' &&
    die "the collector of this checkout keeps several runs apart (run_begin): not known yet; see README.md, patch"
  generation=4
  has 'arm_run_terminal_bank\(' && defines+=(-DSIMPLER_HAS_BANKS)
  grep -qE 'void quiesce\(\)' "$base" && defines+=(-DSIMPLER_HAS_QUIESCE)
elif tr '\n' ' ' <"$header" | grep -qE 'int initialize\( *int num_aicore, int aicpu_thread_num, int device_id, ChipSwimlaneLevel'; then
  generation=3
else
  die "the collector of this checkout has an initialize() that is not known; see README.md, patch"
fi
for member in perf_shared_mem_dev_ aicore_ring_addr_table_dev_ output_prefix_ host_phase_records_present_; do
  has "\\b$member\\b" || die "the collector of this checkout has no $member; see README.md, patch"
done

commit=$(git -C "$checkout" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
mkdir -p "$out"
for arch in a2a3 a5; do
  [ -d "$checkout/src/$arch/platform/include" ] || continue
  library=$out/libsluice_simpler_$arch.so
  sources=("$here/sluice_simpler.cpp" "$include/sluice_attach.h" "$attach/libsluice_attach.a"
    "$checkout/src/$arch/platform/include" "$checkout/src/common/platform/include")
  # A runtime that was built since must not be used with it: the library is built again, from the same headers.
  if $if_stale && [ -e "$library" ] && [ -z "$(find "${sources[@]}" -newer "$library" -print -quit)" ] &&
    [ -z "$(find "$checkout/build/lib/$arch" -name libhost_runtime.so -newer "$library" -print -quit 2>/dev/null)" ]; then
    continue
  fi
  # Where the compiler has inlined start(), no run would begin.
  for runtime in "$checkout/build/lib/$arch"/*/*/libhost_runtime.so; do
    if [ -e "$runtime" ] && command -v readelf >/dev/null &&
      ! readelf -rW "$runtime" | grep 'JUMP_SLO.*ProfilerBaseI21ChipSwimlaneCollector18ChipSwimlaneModuleE5startE' >/dev/null; then
      die "$runtime does not call ProfilerBase::start() of its collector through its PLT; see README.md, patch"
    fi
  done
  platform=1
  [ $arch = a2a3 ] || platform=2
  partial=$library.$$
  trap 'rm -f "$partial"' EXIT
  # -z defs: what is not inline is not there when this is loaded.
  "${CXX:-g++}" -std=c++17 -O2 -g -fPIC -shared -Wall -Wextra -Wno-pmf-conversions -Wl,-z,defs \
    -DSIMPLER_GENERATION=$generation -DSIMPLER_PLATFORM=$platform "-DSIMPLER_ARCH=\"$arch\"" \
    "-DSIMPLER_COMMIT=\"$commit\"" "${defines[@]+"${defines[@]}"}" \
    -I"$include" -I"$checkout/src/$arch/platform/include" -I"$checkout/src/common/platform/include" \
    -I"$checkout/src/common" -I"$checkout/src/common/log/include" -I"$checkout/src/common/task_interface" \
    -I"$checkout/src/$arch/platform/shared/host" -I"$checkout/src/common/worker" \
    "$here/sluice_simpler.cpp" "$attach/libsluice_attach.a" -Wl,--exclude-libs,ALL -ldl -lpthread -o "$partial" ||
    die "$arch: the library does not compile against $checkout"
  mv "$partial" "$library"
  echo "$library"
done

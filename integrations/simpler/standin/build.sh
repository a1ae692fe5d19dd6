#!/usr/bin/env bash
# build.sh GENERATION FOLDER: a copy of a stand-in checkout with its "runtime" built, and the program that drives it.
set -euo pipefail
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
generation=$1 out=$2
mkdir -p "$out"
cp -r "$here/$generation/src" "$out/"
defines=()
[ "$generation" = chip-2026.08 ] || defines+=(-DSTANDIN_BANKS)
for arch in a2a3 a5; do
  folder=$out/build/lib/$arch/sim/tensormap_and_ringbuffer
  mkdir -p "$folder"
  "${CXX:-g++}" -std=c++17 -O2 -fPIC -shared -Wall -Wextra "${defines[@]+"${defines[@]}"}" \
    -I"$out/src/$arch/platform/include" -I"$out/src/common/platform/include" "$here/runtime.cpp" -o "$folder/libhost_runtime.so"
done
"${CXX:-g++}" -std=c++17 -O2 -Wall -Wextra "$here/main.cpp" -ldl -o "$out/main"

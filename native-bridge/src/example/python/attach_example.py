#!/usr/bin/env python3
"""The smallest launcher that hands its profiling memory to the Sluice daemon.

python3 attach_example.py libsluice_attach.so [/run/sluice/attach.sock]"""
import ctypes
import os
import sys

# A daemon that hangs costs a launch two seconds of profiling, not its job.
os.environ.setdefault("SLUICE_ATTACH_TIMEOUT_MS", "2000")
library = ctypes.CDLL(sys.argv[1])
for function in (library.sluice_attach_data_base, library.sluice_attach_rotation_table,
                 library.sluice_attach_terminal_bank):
    function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_uint64
session, error, room = ctypes.c_void_p(), ctypes.create_string_buffer(256), ctypes.c_size_t(256)

def check(status):
    if status != 0:
        sys.exit("attach_example.py: " + error.value.decode())


# What the device was built for: device, level, cores, scheduler and orchestrator threads; then what
# memory this process can use, 0 being sim alone (on hardware: 2 + 4 + 8 + 16).
check(library.sluice_attach_open_layout(
    sys.argv[2].encode() if len(sys.argv) > 2 else None, b"chip-2026.09/a2a3", 0, 2, 24, 3, 0, 0,
    b"attach_example.py", ctypes.byref(session), error, room))
check(library.sluice_attach_start(session, ctypes.c_uint64(0), ctypes.c_uint64(0), error, room))
check(library.sluice_attach_guard_start(session, ctypes.c_uint32(200), error, room))
print(f"data base {library.sluice_attach_data_base(session):#x}, "
      f"rotation table {library.sluice_attach_rotation_table(session):#x}, "
      f"terminal bank {library.sluice_attach_terminal_bank(session):#x}")

# Launch the kernels with these three addresses, wait for the device, and only then end the session.
# struct sluice_books: six times eight kinds, a text, and what a guard lost of eight kinds.
books = (ctypes.c_int64 * 72)()
check(library.sluice_attach_detach(session, books, error, room))
for kind in range(4):
    print(f"kind {kind}: produced {books[kind]}, collected {books[8 + kind]}, "
          f"dropped {books[16 + kind]}, unaccounted {books[32 + kind]}, lost {books[56 + kind]}")

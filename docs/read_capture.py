#!/usr/bin/env python3
"""Reads a Sluice capture and prints what is in it: python3 read_capture.py DIRECTORY

Needs Python 3, and the zstd program for compressed segments. Ends with 1 if a record is missing."""
import collections, json, pathlib, struct, subprocess, sys

KINDS = ["aicpu_task", "sched_phase", "orch_phase", "aicore_task"]
TYPES = {1: "RECORDS", 2: "GAP", 3: "STALL", 4: "RUN", 5: "FOOTER"}
FRAME = struct.Struct("<4s4BiiIIqqIIIIII")  # 64 bytes
Frame = collections.namedtuple("Frame", "magic type flags kind reason instance queue sequence "
                               "records time_ns value payload_bytes payload_crc segment tag number header_crc")
TABLE = []
for i in range(256):  # CRC32C, polynomial 0x1EDC6F41 reflected
    for _ in range(8):
        i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
    TABLE.append(i)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def frames(path, tag):
    """Yields (frame, payload) of one segment, up to its footer or its torn end."""
    data = path.read_bytes()
    if path.suffix == ".zst":
        data = subprocess.run(["zstd", "-dc", path], check=True, stdout=subprocess.PIPE).stdout
    assert data[:8] == b"SLUICSEG" and crc32c(data[:60]) == struct.unpack("<I", data[60:64])[0]
    number, at = int(path.name[:6]), 64
    while at + 64 <= len(data):
        frame = Frame(*FRAME.unpack_from(data, at))
        payload = data[at + 64:at + 64 + frame.payload_bytes]
        if ((frame.magic, frame.segment, frame.tag) != (b"SLFR", number, tag)
                or crc32c(data[at:at + 60]) != frame.header_crc or crc32c(payload) != frame.payload_crc):
            print(f"{path.name}, byte {at}: no frame, or a damaged one")
            return
        if frame.type == 5:
            return
        yield frame, payload
        at += 64 + (frame.payload_bytes + 63 & -64)
    print(f"{path.name}: ends without a footer")

directory = pathlib.Path(sys.argv[1])
manifest = json.loads((directory / "manifest.json").read_text())
tag = int(manifest["capture_id"][:8], 16)
found, types = collections.Counter(), collections.Counter()
for path in sorted(p for p in directory.iterdir() if p.name.endswith((".seg", ".seg.zst"))):
    for frame, payload in frames(path, tag):
        types[TYPES.get(frame.type)] += 1
        if frame.type == 1:  # payload: records as the device wrote them, see docs/abi.md
            found[KINDS[frame.kind]] += frame.records
print(dict(types))
for kind in KINDS:
    print(kind, found[kind], "of", manifest["kinds"][kind]["captured_records"])
sys.exit(any(found[kind] != manifest["kinds"][kind]["captured_records"] for kind in KINDS))

#!/usr/bin/env python3
"""Reads a Sluice capture and prints what is in it: python3 read_capture.py DIRECTORY

Needs Python 3 only. Decodes every record. Exits with 1 if a record is missing."""
import collections, json, pathlib, struct, sys

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


def decode(payload, records, columns, record_bytes):
    """Returns the records of a frame: for each column the list of its values, unsigned."""
    values = {name: [] for name, *_ in columns}
    at, previous = 0, None
    for done in range(0, records, 64):
        count = min(64, records - done)
        form, at = payload[at], at + 1
        if form == 1:  # the records as the device wrote them
            for record in range(at, at + count * record_bytes, record_bytes):
                for name, offset, size, *_ in columns:
                    start = record + int(offset)
                    values[name].append(int.from_bytes(payload[start:start + int(size)], "little"))
            at, previous = at + count * record_bytes, None
            continue
        block, before = {}, previous or {}
        for name, offset, size, storage, *base in columns:
            if storage == "delta" and previous is None:
                before[name], at = int.from_bytes(payload[at:at + 8], "little"), at + 8
            width, length = payload[at:at + 2]
            low = int.from_bytes(payload[at + 2:at + 2 + length], "little", signed=True)
            at += 2 + length
            bits = int.from_bytes(payload[at:at + (count * width + 7) // 8], "little")
            at += (count * width + 7) // 8
            stored = [low + (bits >> i * width & (1 << width) - 1) for i in range(count)]
            if storage == "since":
                stored = [value + other for value, other in zip(stored, block[base[0]])]
            elif storage == "delta":
                last, differences, stored = before[name], stored, []
                for difference in differences:
                    last += difference
                    stored.append(last)
                before[name] = last
            block[name] = stored
            values[name] += [value & (1 << 8 * int(size)) - 1 for value in stored]
        previous = before
    assert at == len(payload)
    return values


def frames(path, tag):
    """Yields (frame, payload) of one segment, up to its footer or its torn end."""
    data = path.read_bytes()
    assert data[:8] == b"SLUICSEG" and crc32c(data[:60]) == struct.unpack("<I", data[60:64])[0]
    number, at = int(path.name[:6]), 64
    while at + 64 <= len(data):
        frame = Frame(*FRAME.unpack_from(data, at))
        payload = data[at + 64:at + 64 + frame.payload_bytes]
        if ((frame.magic, frame.segment, frame.tag) != (b"SLFR", number, tag)
                or crc32c(data[at:at + 60]) != frame.header_crc or crc32c(payload) != frame.payload_crc):
            print(f"{path.name}, byte {at}: not a frame, or a damaged one")
            return
        if frame.type == 5:
            return
        yield frame, payload
        at += 64 + (frame.payload_bytes + 63 & -64)
    print(f"{path.name}: ends without a footer")


directory = pathlib.Path(sys.argv[1])
manifest = json.loads((directory / "manifest.json").read_text())
tag = int(manifest["capture_id"][:8], 16)
columns = {kind: [text.split(":") for text in texts] for kind, texts in manifest["format"]["columns"].items()}
found, busy, types = collections.Counter(), collections.Counter(), collections.Counter()
latest, epochs, of_run = 0, {}, collections.Counter()
for path in sorted(directory.glob("*.seg")):
    for frame, payload in frames(path, tag):
        types[TYPES.get(frame.type)] += 1
        if frame.type == 4:
            latest, epoch = (frame.records, frame.value) if frame.records else (frame.value, 0)
            epochs[latest] = epoch
        if frame.type == 1 and frame.kind < len(KINDS):  # records of other profilers have no times
            kind = KINDS[frame.kind]
            values = decode(payload, frame.records, columns[kind], frame.value // frame.records)
            begin, end = values[columns[kind][0][0]], values[columns[kind][1][0]]
            found[kind] += frame.records
            of_run[latest - (latest - frame.reason) % 255 if frame.reason else latest] += frame.records
            busy[kind] += sum(end) - sum(begin)
print(dict(types))
for run, records in sorted(of_run.items()):
    print("run", run, "epoch", epochs.get(run, 0), "records", records)
for kind in KINDS:
    print(kind, found[kind], "of", manifest["kinds"][kind]["captured_records"], "taking", busy[kind], "ticks")
sys.exit(any(found[kind] != manifest["kinds"][kind]["captured_records"] for kind in KINDS))

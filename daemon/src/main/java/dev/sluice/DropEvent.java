package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.headroom.Ceiling;
import dev.sluice.service.DropEventSnapshot;
import java.time.Instant;

/** One row of the {@link DropLog}, filled anew for each event; meanings as in the snapshot. */
final class DropEvent {
  long timeMillis;
  int device;
  int session;
  BufferKind kind;
  int instance;
  int queue;
  DropCause cause;
  Ceiling ceiling;
  long records;
  long freeEntries;
  long spareBuffers;
  long undrainedBuffers;
  long collectingBuffers;
  long readyEntries;
  long handoffEntries;
  long latenessNanos;
  long pauseNanos;

  void set(DropEvent other) {
    timeMillis = other.timeMillis;
    device = other.device;
    session = other.session;
    kind = other.kind;
    instance = other.instance;
    queue = other.queue;
    cause = other.cause;
    ceiling = other.ceiling;
    records = other.records;
    freeEntries = other.freeEntries;
    spareBuffers = other.spareBuffers;
    undrainedBuffers = other.undrainedBuffers;
    collectingBuffers = other.collectingBuffers;
    readyEntries = other.readyEntries;
    handoffEntries = other.handoffEntries;
    latenessNanos = other.latenessNanos;
    pauseNanos = other.pauseNanos;
  }

  DropEventSnapshot snapshot() {
    return new DropEventSnapshot(
        Instant.ofEpochMilli(timeMillis),
        device,
        session,
        kind.label(),
        instance,
        queue,
        cause.label(),
        ceiling.label(),
        records,
        freeEntries,
        spareBuffers,
        undrainedBuffers,
        collectingBuffers,
        readyEntries,
        handoffEntries,
        latenessNanos / 1e9,
        pauseNanos / 1e9);
  }
}

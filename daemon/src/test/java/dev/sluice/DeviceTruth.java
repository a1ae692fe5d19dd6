package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.PoolLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The counters of a killed device, read from its memory: the test maps the arena of a live process,
 * and the mapping outlives both producer and daemon.
 */
final class DeviceTruth {
  private final Geometry geometry;
  private final ByteBuffer arena;

  private DeviceTruth(Geometry geometry, ByteBuffer arena) {
    this.geometry = geometry;
    this.arena = arena;
  }

  /** Maps the arena that a live process has open. */
  static DeviceTruth of(long pid, Geometry geometry) throws IOException {
    List<Path> descriptors;
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      descriptors = files.toList();
    }
    for (Path descriptor : descriptors) {
      if (Files.readSymbolicLink(descriptor).toString().contains("memfd:sluice-d")) {
        try (FileChannel channel = FileChannel.open(descriptor)) {
          ByteBuffer arena = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
          return new DeviceTruth(geometry, arena.order(ByteOrder.LITTLE_ENDIAN));
        }
      }
    }
    throw new IOException("process " + pid + " has no arena open: " + descriptors);
  }

  /** The producer's default: 24 cores, 3 scheduler threads, all kinds. */
  static Geometry usualGeometry(String layout) {
    return new Geometry(Layout.parse(layout), 24, 3, 1, 4);
  }

  /** Returns the records that the device attempted to write. */
  long produced(BufferKind kind) {
    return sum(kind, PoolLayout.TOTAL_RECORD_COUNT_OFFSET);
  }

  /** Returns the records that the device counted as dropped. */
  long dropped(BufferKind kind) {
    return sum(kind, PoolLayout.DROPPED_RECORD_COUNT_OFFSET);
  }

  private long sum(BufferKind kind, int field) {
    long sum = 0;
    for (int instance = 0; instance < geometry.activeInstances(kind); instance++) {
      sum += Integer.toUnsignedLong(arena.getInt(geometry.poolOffset(kind, instance) + field));
    }
    return sum;
  }
}

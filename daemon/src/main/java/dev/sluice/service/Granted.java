package dev.sluice.service;

import java.util.List;
import java.util.Optional;

/**
 * ARENA of sluice_attach.h: an arena that is ready to be mapped. Offsets and sizes in bytes from
 * arena byte 0.
 *
 * @param connection number of the session's connection, returned when its loss is reported
 * @param placement wire id, {@code enum sluice_placement}
 * @param regionOffsets by region number
 * @param regionBytes by region number; 0 for those that are not granted
 * @param locksOffset of the lock page; 0 for none
 * @param buffers granted in total, by kind in the order of {@link Labels#ALL_KINDS}
 * @param bufferOffsets of the first buffer of each kind; all 0 if the client need not know
 * @param fd file descriptor of the arena, duplicated for this grant: the receiver of the grant
 *     sends and closes it; -1 for device memory, and for a client that has it already
 * @param share how to import device memory; absent for a file descriptor
 */
public record Granted(
    int session,
    Token token,
    int connection,
    int placement,
    int slotCount,
    long arenaBytes,
    List<Long> regionOffsets,
    List<Long> regionBytes,
    long rotationOffset,
    long buffersOffset,
    long locksOffset,
    List<Integer> buffers,
    List<Long> bufferOffsets,
    int fd,
    Optional<DeviceShare> share) {
  public Granted {
    regionOffsets = List.copyOf(regionOffsets);
    regionBytes = List.copyOf(regionBytes);
    buffers = List.copyOf(buffers);
    bufferOffsets = List.copyOf(bufferOffsets);
    int kinds = Labels.KINDS.size();
    if (buffers.size() < kinds || bufferOffsets.size() != buffers.size()) {
      throw new IllegalArgumentException("one number per kind");
    }
  }

  /**
   * SHARE of sluice_attach.h: device memory that the daemon allocated. Either key or shareable is
   * set.
   *
   * @param device number in the daemon's process
   */
  public record DeviceShare(int device, long bytes, String key, long shareable) {}
}

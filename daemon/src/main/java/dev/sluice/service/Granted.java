package dev.sluice.service;

import java.util.List;
import java.util.Optional;

/**
 * ARENA of sluice_attach.h: an arena that is ready to be mapped. Offsets and sizes in bytes from
 * arena byte 0.
 *
 * @param connection counts the connections of the session; goes with the report of its loss
 * @param placement wire id, {@code enum sluice_placement}
 * @param regionOffsets by the number of the profiler
 * @param regionBytes likewise; 0 for those that are not granted
 * @param locksOffset of the lock page; 0 for none
 * @param buffers granted in all, by kind in the order of {@link Labels#ALL_KINDS}
 * @param bufferOffsets of the first buffer of each kind; all 0 if the client need not know
 * @param fd a file descriptor of the arena, made for this grant: the receiver of the grant sends it
 *     and closes it; -1 for memory of a device, and for a client that has it already
 * @param share how to import memory of a device; absent for a file descriptor
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
   * SHARE of sluice_attach.h: memory of a device that the daemon made. One of key and shareable is
   * set.
   *
   * @param device as the daemon numbers it
   */
  public record DeviceShare(int device, long bytes, String key, long shareable) {}
}

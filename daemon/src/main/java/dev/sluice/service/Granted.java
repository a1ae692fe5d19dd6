package dev.sluice.service;

import java.util.List;

/**
 * {@code struct sluice_arena_reply} of sluice_attach.h: an arena that is ready to be mapped.
 * Offsets and sizes in bytes from arena byte 0.
 *
 * @param placement wire id, {@code enum sluice_placement}
 * @param buffers granted in all, by kind in the order of {@link Labels#KINDS}
 * @param bufferOffsets of the first buffer of each kind; all 0 if the client need not know
 * @param fd the arena's file descriptor. It stays the broker's: the attach server sends it and
 *     never closes it, and the broker keeps it open until the session is detached, its connection
 *     is reported lost, or the attach server is closed
 */
public record Granted(
    int session,
    Token token,
    int placement,
    int slotCount,
    long arenaBytes,
    long regionOffset,
    long regionBytes,
    long rotationOffset,
    long buffersOffset,
    List<Integer> buffers,
    List<Long> bufferOffsets,
    int fd) {
  public Granted {
    buffers = List.copyOf(buffers);
    bufferOffsets = List.copyOf(bufferOffsets);
    int kinds = Labels.KINDS.size();
    if (buffers.size() != kinds || bufferOffsets.size() != kinds) {
      throw new IllegalArgumentException("one number per kind");
    }
  }
}

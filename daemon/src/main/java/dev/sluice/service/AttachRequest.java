package dev.sluice.service;

import java.util.List;
import java.util.Optional;

/**
 * {@code struct sluice_geometry} of sluice_attach.h: what a producer asks for. Numbers are as the
 * client sent them, not negative and otherwise unchecked: the broker knows the layouts.
 *
 * @param generation wire id, {@code enum sluice_generation}
 * @param platform wire id, {@code enum sluice_platform}
 * @param overrides layout constants that the runtime was rebuilt with
 * @param synthetic present when the record content can be checked bit by bit
 * @param name who attaches; printable characters only
 */
public record AttachRequest(
    int device,
    int generation,
    int platform,
    int level,
    int numCores,
    int schedThreads,
    int orchThreads,
    Overrides overrides,
    Optional<Synthetic> synthetic,
    String name) {

  /**
   * Numbers that replace the layout's own; 0 keeps the layout's.
   *
   * @param bufferRecords records per buffer, by kind in the order of {@link Labels#KINDS}
   * @param buffersPerInstance by kind; 0 lets the daemon decide
   */
  public record Overrides(
      int slotCount,
      int readyQueueEntries,
      List<Integer> bufferRecords,
      List<Integer> buffersPerInstance) {
    public Overrides {
      bufferRecords = List.copyOf(bufferRecords);
      buffersPerInstance = List.copyOf(buffersPerInstance);
      if (bufferRecords.size() != Labels.KINDS.size()
          || buffersPerInstance.size() != Labels.KINDS.size()) {
        throw new IllegalArgumentException("one number per kind");
      }
    }

    public static Overrides none() {
      return new Overrides(0, 0, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0));
    }
  }

  /** From which the content of every synthetic record follows; times in device clock ticks. */
  public record Synthetic(long seed, long originTicks, long periodTicks) {}
}

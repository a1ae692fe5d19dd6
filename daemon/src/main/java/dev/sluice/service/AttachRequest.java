package dev.sluice.service;

import dev.sluice.abi.SyntheticContent;
import java.util.List;
import java.util.Optional;

/**
 * Parameters of ATTACH. Numbers are as the client sent them, checked only to be non-negative: the
 * broker knows the layouts.
 *
 * @param overrides layout constants that the runtime was rebuilt with
 * @param synthetic present if the record content can be checked bit by bit
 * @param reach memory that the client can use
 * @param name name of the client; printable characters only
 * @param patienceMs the client's runtime fails after this long without a buffer; 0 for never
 */
public record AttachRequest(
    int device,
    Wire wire,
    int level,
    int numCores,
    int schedThreads,
    int orchThreads,
    Overrides overrides,
    Optional<SyntheticContent.Recipe> synthetic,
    Reach reach,
    String name,
    int patienceMs) {

  /**
   * Wire format of the device, by name.
   *
   * @param layout generation and platform
   * @param runtime runtime that drives the device; empty for the layout's default
   * @param regions bit n set: the region with that bit in enable_profiling_flag; 0 is the swimlane
   * @param pmuEvents event type of the PMU counters; 0 for the default
   */
  public record Wire(String layout, String runtime, int regions, int pmuEvents) {
    public static Wire of(String layout) {
      return new Wire(layout, "", 0, 0);
    }
  }

  /**
   * Numbers that override the layout's own; 0 keeps the layout's.
   *
   * @param bufferRecords records per buffer, by kind in the order of {@link Labels#KINDS}
   * @param buffersPerInstance by kind; 0 lets the daemon decide
   * @param facts four bits for each wire fact, {@code SLUICE_OVERRIDE}
   */
  public record Overrides(
      int slotCount,
      int readyQueueEntries,
      List<Integer> bufferRecords,
      List<Integer> buffersPerInstance,
      long facts) {
    public Overrides {
      bufferRecords = List.copyOf(bufferRecords);
      buffersPerInstance = List.copyOf(buffersPerInstance);
      if (bufferRecords.size() != Labels.KINDS.size()
          || buffersPerInstance.size() != Labels.KINDS.size()) {
        throw new IllegalArgumentException("one number per kind");
      }
    }

    public static Overrides none() {
      return new Overrides(0, 0, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0), 0);
    }
  }

  /**
   * Memory that a client can use.
   *
   * @param placements bit n set: the placement with wire id n; 0 means {@code sim} only
   * @param bareProcess pid of the client as the device driver reports it; 0 if unknown
   */
  public record Reach(int placements, int bareProcess) {
    private static final int SIM = 1;

    public static Reach ofSim() {
      return new Reach(0, 0);
    }

    /** Whether the client can use a placement, by wire id. */
    public boolean includes(int placement) {
      return placements == 0 ? placement == SIM : (placements >>> placement & 1) != 0;
    }
  }
}

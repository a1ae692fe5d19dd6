package dev.sluice.service;

import dev.sluice.abi.SyntheticContent;
import java.util.List;
import java.util.Optional;

/**
 * What a producer asks for in ATTACH. Numbers are as the client sent them, not negative and
 * otherwise unchecked: the broker knows the layouts.
 *
 * @param overrides layout constants that the runtime was rebuilt with
 * @param synthetic present when the record content can be checked bit by bit
 * @param reach what memory the client can use
 * @param name who attaches; printable characters only
 * @param patienceMs after so long without a buffer the client's runtime fails; 0 for never
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
   * What the device speaks, by name.
   *
   * @param layout generation and platform
   * @param runtime which one drives the device; empty for the layout's own
   * @param regions bit n set: the profiler with that bit in enable_profiling_flag; 0 is the
   *     swimlane
   * @param pmuEvents what the counters of PMU count; 0 for the usual
   */
  public record Wire(String layout, String runtime, int regions, int pmuEvents) {
    public static Wire of(String layout) {
      return new Wire(layout, "", 0, 0);
    }
  }

  /**
   * Numbers that replace the layout's own; 0 keeps the layout's.
   *
   * @param bufferRecords records per buffer, by kind in the order of {@link Labels#KINDS}
   * @param buffersPerInstance by kind; 0 lets the daemon decide
   * @param facts four bits for each fact of the wire, {@code SLUICE_OVERRIDE}
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
   * What memory a client can use.
   *
   * @param placements bit n set: the placement with wire id n; 0 is a client that knows {@code sim}
   *     only
   * @param bareProcess its process id as the device's driver numbers it; 0 if it did not ask
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

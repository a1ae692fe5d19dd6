package dev.sluice.output.export;

import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.SchedPhaseRecord;
import java.util.Collections;
import java.util.List;

/**
 * What must be known about a capture to read its records.
 *
 * @param geometry layout, counts of cores and threads, level
 * @param clockHz ticks per second of every device timestamp
 * @param coreTypes by core: {@link #CORE_TYPE_AIC} or {@link #CORE_TYPE_AIV}
 * @param coreToThread by core: its scheduler thread, or -1; empty if the device reported none
 */
public record TraceFacts(
    Geometry geometry, long clockHz, List<Integer> coreTypes, List<Integer> coreToThread) {

  public static final int CORE_TYPE_AIC = 0;
  public static final int CORE_TYPE_AIV = 1;

  public TraceFacts {
    coreTypes = List.copyOf(coreTypes);
    coreToThread = List.copyOf(coreToThread);
    if (clockHz <= 0) {
      throw new IllegalArgumentException("clock of " + clockHz + " Hz");
    }
    if (coreTypes.size() != geometry.numCores()) {
      throw new IllegalArgumentException(
          coreTypes.size() + " core types for " + geometry.numCores() + " cores");
    }
    if (!coreToThread.isEmpty() && coreToThread.size() != geometry.numCores()) {
      throw new IllegalArgumentException(
          coreToThread.size() + " entries of core_to_thread for " + geometry.numCores() + " cores");
    }
  }

  Generation generation() {
    return geometry.layout().generation();
  }

  /**
   * Whether the runtime's tools are those of the "chip" names, which draw some things otherwise.
   */
  boolean isChip() {
    return generation().isChip();
  }

  SchedPhaseRecord phaseRecord() {
    return geometry.layout().facts().schedPhaseRecord();
  }

  /** What the numbers in those records mean. */
  PhaseNumbering phaseNumbering() {
    return geometry.layout().facts().phaseNumbering();
  }

  /** Scheduler lanes in the runtime's files, used or not. */
  int maxThreads() {
    return geometry.layout().queueCount();
  }

  boolean isAic(int core) {
    return coreTypes.get(core) == CORE_TYPE_AIC;
  }

  /** Cores before the first AIV core, which is how many blocks there are. */
  int aicCores() {
    return Collections.frequency(coreTypes, CORE_TYPE_AIC);
  }
}

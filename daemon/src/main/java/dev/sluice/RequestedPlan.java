package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.config.ArenaSettings;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import java.util.List;

/**
 * What is in the arena that a client asks for: the layout of its generation and platform with the
 * numbers that its runtime was built with, its cores and threads, and how many buffers. Where the
 * client says nothing, the configuration does.
 *
 * <p>Arithmetic only, on any thread: nothing is reserved before all of it is known to fit. A number
 * that does not is an {@link AttachRefusedException}, whose status names what the client should
 * change: its layout, its geometry, or its buffers.
 */
final class RequestedPlan {
  private RequestedPlan() {}

  /**
   * The plan of the arena that a client asks for.
   *
   * @param settings of the device that it asks for
   */
  static ArenaPlan of(AttachRequest request, ArenaSettings settings) {
    Geometry geometry = geometry(request);
    List<Integer> asked = request.overrides().buffersPerInstance();
    BufferCounts configured = settings.buffers();
    BufferCounts counts =
        new BufferCounts(
            first(asked.get(0), configured.aicpuTask()),
            first(asked.get(1), configured.schedPhase()),
            first(asked.get(2), configured.orchPhase()),
            first(asked.get(3), configured.aicoreTask()));
    try {
      return ArenaPlan.of(geometry, counts, settings.bytes());
    } catch (ArenaRefusedException e) {
      throw new AttachRefusedException(AttachStatus.ARENA, e.getMessage());
    }
  }

  private static Geometry geometry(AttachRequest request) {
    Layout layout = layout(request);
    try {
      return new Geometry(
          layout,
          request.numCores(),
          request.schedThreads(),
          request.orchThreads(),
          request.level());
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.GEOMETRY, e.getMessage());
    }
  }

  private static Layout layout(AttachRequest request) {
    Generation generation = Generation.ofWireNumber(request.generation());
    Platform platform = Platform.ofWireNumber(request.platform());
    if (generation == null || platform == null) {
      throw new AttachRefusedException(
          AttachStatus.LAYOUT,
          "no layout has generation " + request.generation() + ", platform " + request.platform());
    }
    try {
      return Layout.of(generation, platform, overrides(request.overrides()));
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.LAYOUT, e.getMessage());
    }
  }

  /** The constants that the client's runtime was built with; 0 where they are the layout's own. */
  static LayoutOverrides overrides(AttachRequest.Overrides asked) {
    List<Integer> records = asked.bufferRecords();
    return new LayoutOverrides(
        asked.slotCount(),
        asked.readyQueueEntries(),
        records.get(BufferKind.AICPU_TASK.ordinal()),
        records.get(BufferKind.SCHED_PHASE.ordinal()),
        records.get(BufferKind.ORCH_PHASE.ordinal()),
        records.get(BufferKind.AICORE_TASK.ordinal()));
  }

  private static int first(int asked, int configured) {
    return asked != 0 ? asked : configured;
  }
}

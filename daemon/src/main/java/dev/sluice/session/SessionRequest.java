package dev.sluice.session;

import dev.sluice.abi.Geometry;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.CaptureSettings;
import dev.sluice.config.Placement;
import dev.sluice.config.Verification;
import dev.sluice.device.ArenaPlan;
import dev.sluice.ingest.ContentChecks;
import java.util.Optional;
import java.util.Set;

/**
 * What a producer asks for.
 *
 * @param buffers per instance, by kind; 0 lets the daemon decide
 * @param synthetic present when the content of the records can be checked
 * @param placements the memory that the client can use
 * @param bareProcess its process id as the device's driver numbers it; 0 if it did not ask
 * @param name who attaches, for people
 * @param patienceMs after so long without a buffer the client's runtime fails; 0 for never
 */
public record SessionRequest(
    int device,
    String name,
    Geometry geometry,
    LayoutOverrides overrides,
    BufferCounts buffers,
    Optional<SyntheticContent.Recipe> synthetic,
    Set<Placement> placements,
    int bareProcess,
    int patienceMs) {
  public SessionRequest {
    placements = Set.copyOf(placements);
  }

  /**
   * For how long a disk may be silent: a device that waits for it must be given buffers before its
   * runtime fails, with as much again for what comes after.
   */
  CaptureSettings capture(CaptureSettings configured) {
    long halfNs = patienceMs * 1_000_000L / 2;
    return patienceMs == 0 || halfNs >= configured.stallLimitNanos()
        ? configured
        : configured.withStallLimit(halfNs);
  }

  /** The buffers of the arena: as asked for, and where nothing is, as configured. */
  BufferCounts buffers(BufferCounts configured) {
    return new BufferCounts(
        first(buffers.aicpuTask(), configured.aicpuTask()),
        first(buffers.schedPhase(), configured.schedPhase()),
        first(buffers.orchPhase(), configured.orchPhase()),
        first(buffers.aicoreTask(), configured.aicoreTask()));
  }

  private static int first(int asked, int configured) {
    return asked != 0 ? asked : configured;
  }

  /**
   * What of a run's records is compared with what they must be: only a client that says how its
   * records are made up can be held to it, and only as closely as the configuration wants.
   */
  ContentChecks checks(ArenaPlan plan, Verification wanted) {
    if (synthetic.isEmpty() || wanted == Verification.FALSE) {
      return ContentChecks.none();
    }
    SyntheticContent content = new SyntheticContent(plan.geometry(), synthetic.get());
    return wanted == Verification.TRUE
        ? ContentChecks.ofAll(content, plan.poolCount())
        : ContentChecks.ofSome(content, plan.poolCount());
  }
}

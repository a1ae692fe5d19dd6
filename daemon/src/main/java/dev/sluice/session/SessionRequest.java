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
 * A producer's request to attach.
 *
 * @param buffers per instance, by kind; 0 for the configured default
 * @param synthetic present if record contents can be verified
 * @param placements that the client supports
 * @param bareProcess the client's process id in the numbering of the device driver; 0 if not given
 * @param name of the producer, for display
 * @param patienceMs time without a buffer after which the client's runtime fails; 0 for never
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
   * Limits disk stalls to half of the client's patience: a waiting device must get buffers before
   * its runtime fails, and the other half covers the rest of the path.
   */
  CaptureSettings capture(CaptureSettings configured) {
    long halfNs = patienceMs * 1_000_000L / 2;
    return patienceMs == 0 || halfNs >= configured.stallLimitNanos()
        ? configured
        : configured.withStallLimit(halfNs);
  }

  /** Returns the requested buffer counts, with configured defaults where the request has none. */
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
   * Selects which records are verified: possible only if the client described their contents, and
   * as thoroughly as the configuration demands.
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

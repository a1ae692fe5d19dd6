package dev.sluice;

import dev.sluice.abi.SyntheticContent;
import dev.sluice.config.Verification;
import dev.sluice.device.ArenaPlan;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.service.AttachRequest;

/**
 * What of a run's records is compared with what they must be: only a client that says how its
 * records are made up can be held to it, and only as closely as the configuration wants. Makes the
 * checks of one run on the thread that starts it; the checks have rules of their own.
 */
final class RunChecks {
  private RunChecks() {}

  static ContentChecks of(AttachRequest request, ArenaPlan plan, Verification wanted) {
    if (request.synthetic().isEmpty() || wanted == Verification.FALSE) {
      return ContentChecks.none();
    }
    SyntheticContent content = new SyntheticContent(plan.geometry(), request.synthetic().get());
    return wanted == Verification.TRUE
        ? ContentChecks.ofAll(content, plan.poolCount())
        : ContentChecks.ofSome(content, plan.poolCount());
  }
}

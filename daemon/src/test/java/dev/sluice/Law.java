package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.service.Labels;
import org.junit.jupiter.api.Assertions;

/** Assertions about the accounting law; each failure names the kind that violates it. */
final class Law {
  private Law() {}

  /** Every record is in exactly one term, and no term holds unexplained records. */
  static void assertBalanced(SessionView session) throws Exception {
    for (String kind : Labels.KINDS) {
      SessionView.Totals totals = session.kind(kind);
      assertEquals(0, totals.unaccounted(), () -> kind + " unaccounted: " + session);
      assertEquals(
          totals.produced(),
          totals.collected() + totals.dropped() + totals.salvaged() + totals.inFlight(),
          () -> kind + " out of balance: " + session);
    }
  }

  /** Host and device counted the same, kind by kind, to the record. */
  static void assertAgrees(SessionView session, TestProducer.Report device) throws Exception {
    for (String kind : Labels.KINDS) {
      SessionView.Totals totals = session.kind(kind);
      assertEquals(
          device.kind(kind, "produced"), totals.produced(), () -> kind + " produced: " + session);
      assertEquals(
          device.kind(kind, "dropped"),
          totals.droppedByDevice(),
          () -> kind + " dropped: " + session);
      assertEquals(
          device.kind(kind, "lost"), totals.dropped("inferred"), () -> kind + " lost: " + session);
    }
  }

  /** Every collected record was compared and matches what the device must have written. */
  static void assertContentIsTrue(SessionView session) throws Exception {
    assertEquals(0, session.mismatched(), () -> "wrong content: " + session);
    SessionView.Totals total = session.total();
    assertEquals(total.collected() + total.salvaged(), session.verified(), "records compared");
    Assertions.assertTrue(session.verified() > 0, "nothing came at all");
  }

  /** A fault-free run: exact and complete, with nothing in flight. */
  static void assertExact(SessionView session, TestProducer.Report device) throws Exception {
    assertEquals(0, device.exitCode(), device::errors);
    assertEquals("ended (detached)", session.state());
    assertBalanced(session);
    assertAgrees(session, device);
    assertContentIsTrue(session);
    assertEquals(0, session.violationsInAll(), () -> "violations: " + session);
    assertEquals(0, session.total().inFlight(), () -> "still in flight: " + session);
  }
}

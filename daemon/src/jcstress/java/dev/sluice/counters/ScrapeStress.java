package dev.sluice.counters;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** Scrapes while an agent counts. */
public final class ScrapeStress {
  private ScrapeStress() {}

  /** A reader that sees a counter sees everything counted before it. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "in order")
  @Outcome(expect = Expect.FORBIDDEN, desc = "the later count without the earlier one")
  @State
  public static class Counters {
    private final CounterArray counters = new CounterArray(2);

    @Actor
    public void agent() {
      counters.increment(0);
      counters.increment(1);
    }

    @Actor
    public void scrape(JJ_Result r) {
      r.r1 = counters.get(1);
      r.r2 = counters.get(0);
    }
  }

  /** An incident's evidence is visible no later than its count. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "nothing yet, or all")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a count without its evidence")
  @State
  public static class Incidents {
    private final IncidentRecorder incidents = new IncidentRecorder(1);

    @Actor
    public void agent() {
      incidents.record(0, 7, 0x2A, 0x2A, 0x2A);
    }

    @Actor
    public void log(JJ_Result r) {
      r.r1 = incidents.count(0);
      if (r.r1 > 0) {
        r.r2 = incidents.evidence(0).equals("first at 7: 0x2a, with 0x2a, 0x2a") ? 1 : -1;
      }
    }
  }

  /** Rotating the window once loses no extreme, whatever is read concurrently. */
  @JCStressTest
  @Outcome(
      id = {"0, 9", "5, 9", "9, 9"},
      expect = Expect.ACCEPTABLE,
      desc = "what was recorded so far, and at the end the highest")
  @Outcome(expect = Expect.FORBIDDEN, desc = "an extreme went with the window")
  @State
  public static class Watermarks {
    private final Watermark watermark = Watermark.highest(1);

    @Actor
    public void agent() {
      watermark.record(0, 5);
      watermark.record(0, 9);
    }

    @Actor
    public void janitor() {
      watermark.rotate();
    }

    @Actor
    public void scrape(II_Result r) {
      r.r1 = (int) watermark.get(0, 0);
    }

    @Arbiter
    public void last(II_Result r) {
      r.r2 = (int) watermark.get(0, 0);
    }
  }
}

package dev.sluice.handoff;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** One producer and one consumer on a ring at its limits: empty, full, and at the wrap. */
public final class SpscRingStress {
  private static final String EMPTY = "-9223372036854775808";

  private SpscRingStress() {}

  /** Seeing a value implies seeing everything written before it was offered. */
  @JCStressTest
  @Outcome(id = EMPTY + ", 0", expect = Expect.ACCEPTABLE, desc = "polled too early")
  @Outcome(id = "7, 42", expect = Expect.ACCEPTABLE, desc = "the value and its content")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a value without its content")
  @State
  public static class Empty {
    private final SpscRing ring = new SpscRing(2);
    private long content;

    @Actor
    public void producer() {
      content = 42;
      ring.offer(7);
    }

    @Actor
    public void consumer(JJ_Result r) {
      r.r1 = ring.poll();
      r.r2 = r.r1 == SpscRing.EMPTY ? 0 : content;
    }
  }

  /** The producer reuses a slot only after the consumer has finished with its content. */
  @JCStressTest
  @Outcome(id = "42, 0, 1", expect = Expect.ACCEPTABLE, desc = "the ring was still full")
  @Outcome(id = "42, 1, 2", expect = Expect.ACCEPTABLE, desc = "the slot was free again")
  @Outcome(expect = Expect.FORBIDDEN, desc = "content overwritten under the consumer, or a loss")
  @State
  public static class Full {
    private final SpscRing ring = new SpscRing(1);
    private long content = 42;

    public Full() {
      ring.offer(1);
    }

    @Actor
    public void producer(JJJ_Result r) {
      if (ring.hasRoom()) {
        content = 43;
        r.r2 = ring.offer(2) ? 1 : -1;
      }
    }

    @Actor
    public void consumer(JJJ_Result r) {
      r.r1 = ring.peek() == 1 ? content : -1;
      ring.advance();
    }

    @Arbiter
    public void last(JJJ_Result r) {
      long left = ring.poll();
      r.r3 = left == SpscRing.EMPTY ? 1 : left;
    }
  }

  /** Two values that wrap a ring of one slot each arrive once, in order. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "nothing yet")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the first, at the second look")
  @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "both")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, doubled or out of order")
  @State
  public static class Wrap {
    private final SpscRing ring = new SpscRing(1);

    @Actor
    public void producer() {
      ring.offer(1);
      ring.offer(2);
    }

    @Actor
    public void consumer(JJ_Result r) {
      r.r1 = Math.max(0, ring.poll());
      r.r2 = Math.max(0, ring.poll());
    }
  }

  /** A third thread that queries the size never gets an impossible value. */
  @JCStressTest
  @Outcome(
      id = {"0", "1", "2"},
      expect = Expect.ACCEPTABLE,
      desc = "some moment")
  @Outcome(expect = Expect.FORBIDDEN, desc = "negative, or more than fits")
  @State
  public static class Size {
    private final SpscRing ring = new SpscRing(2);

    @Actor
    public void producer() {
      ring.offer(1);
      ring.offer(2);
      ring.offer(3);
    }

    @Actor
    public void consumer() {
      ring.poll();
      ring.poll();
    }

    @Actor
    public void reader(org.openjdk.jcstress.infra.results.I_Result r) {
      r.r1 = ring.size();
    }
  }
}

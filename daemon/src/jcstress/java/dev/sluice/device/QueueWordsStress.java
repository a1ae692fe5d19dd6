package dev.sluice.device;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * Queue words through {@link MappedMemory}, whose plain loads and stores are ordered by the acquire
 * and release of a neighbouring index. Both sides run in this JVM; the C half of each pair is in
 * {@code native-bridge/src/test/c/test_stress.c}.
 */
public final class QueueWordsStress {
  private static final int LINE = 64;
  // More than the states that jcstress keeps alive at a time, so that no two share a line.
  private static final int LINES = 1 << 17;
  private static final MappedMemory MEMORY =
      new MappedMemory(ByteBuffer.allocateDirect(LINES * LINE));
  private static final AtomicInteger NEXT = new AtomicInteger();

  private static final int SLOT = 0;
  private static final int OTHER_SLOT = 8;
  private static final int TAIL = 16;
  private static final int HEAD = 20;

  private QueueWordsStress() {}

  private static int clearLine() {
    int line = (NEXT.getAndIncrement() & (LINES - 1)) * LINE;
    MEMORY.zero(line, LINE);
    return line;
  }

  /** A reader that sees the tail sees the slots before it. */
  @JCStressTest
  @Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "looked too early")
  @Outcome(id = "2, 7, 8", expect = Expect.ACCEPTABLE, desc = "the tail and its slots")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a tail before its slots")
  @State
  public static class Publish {
    private final int line = clearLine();

    @Actor
    public void refill() {
      MEMORY.storeLong(line + SLOT, 7);
      MEMORY.storeLong(line + OTHER_SLOT, 8);
      MEMORY.storeIntRelease(line + TAIL, 2);
    }

    @Actor
    public void device(JJJ_Result r) {
      r.r1 = MEMORY.loadIntAcquire(line + TAIL);
      if (r.r1 > 0) {
        r.r2 = MEMORY.loadLong(line + SLOT);
        r.r3 = MEMORY.loadLong(line + OTHER_SLOT);
      }
    }
  }

  /** A slot is not rewritten before it was read, nor cleared after it was rewritten. */
  @JCStressTest
  @Outcome(id = "7, 0", expect = Expect.ACCEPTABLE, desc = "read, and not used again yet")
  @Outcome(id = "7, 9", expect = Expect.ACCEPTABLE, desc = "read, then used again")
  @Outcome(expect = Expect.FORBIDDEN, desc = "overwritten before it was read, or cleared later")
  @State
  public static class Reuse {
    private final int line = clearLine();

    public Reuse() {
      MEMORY.storeLong(line + SLOT, 7);
    }

    @Actor
    public void drain(JJ_Result r) {
      r.r1 = MEMORY.loadLong(line + SLOT);
      MEMORY.storeLong(line + SLOT, 0);
      MEMORY.storeIntRelease(line + HEAD, 1);
    }

    @Actor
    public void device() {
      if (MEMORY.loadIntAcquire(line + HEAD) == 1) {
        MEMORY.storeLong(line + SLOT, 9);
      }
    }

    @org.openjdk.jcstress.annotations.Arbiter
    public void last(JJ_Result r) {
      r.r2 = MEMORY.loadLong(line + SLOT);
    }
  }
}

package dev.sluice.output.capture;

import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** A collector and a writer on a stage at its limits: empty, full, and at the wrap. */
public final class CaptureStageStress {
  private static final int FRAME = 64;
  private static final int CONTENT = FrameHeader.INSTANCE_OFFSET;

  private CaptureStageStress() {}

  /** Returns a stage for this many frames. */
  private static CaptureStage stage(int frames) {
    return new CaptureStage(ByteBuffer.allocate(frames * FRAME), FRAME);
  }

  /** Puts a frame with this content at both ends; returns false if it has no room. */
  private static boolean put(CaptureStage stage, int bytes, int content) {
    int at = stage.claim(bytes);
    if (at < 0) {
      return false;
    }
    stage.memory().putInt(at, FrameHeader.MAGIC);
    stage.memory().putInt(at + CONTENT, content);
    stage.memory().putInt(at + bytes - Integer.BYTES, content);
    stage.commit(bytes);
    return true;
  }

  /** Returns the content of the oldest frame, 0 if none, -1 if torn. */
  private static int look(CaptureStage stage, int bytes) {
    int readable = stage.readable();
    if (readable == 0) {
      return 0;
    }
    int at = stage.readIndex();
    int content = stage.readMemory().getInt(at + CONTENT);
    boolean isWhole =
        readable >= bytes
            && stage.isFrame(at)
            && stage.readMemory().getInt(at + bytes - Integer.BYTES) == content;
    return isWhole ? content : -1;
  }

  /** A visible frame is complete. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "looked too early")
  @Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "the frame and its content")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a frame without its content")
  @State
  public static class Empty {
    private final CaptureStage stage = stage(8);

    @Actor
    public void collector() {
      put(stage, FRAME, 7);
    }

    @Actor
    public void writer(I_Result r) {
      r.r1 = look(stage, FRAME);
    }
  }

  /** The collector overwrites a frame only after the writer has finished with it. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "the stage was still full")
  @Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "the place was free again")
  @Outcome(expect = Expect.FORBIDDEN, desc = "written over under the writer, or lost")
  @State
  public static class Full {
    private final CaptureStage stage = stage(2);

    public Full() {
      put(stage, FRAME, 1);
      put(stage, FRAME, 3);
    }

    @Actor
    public void collector(III_Result r) {
      r.r2 = put(stage, FRAME, 2) ? 1 : 0;
    }

    @Actor
    public void writer(III_Result r) {
      r.r1 = look(stage, FRAME);
      stage.release(FRAME);
    }

    @Arbiter
    public void last(III_Result r) {
      boolean isIntact = look(stage, FRAME) == 3;
      stage.release(FRAME);
      r.r3 = isIntact ? look(stage, FRAME) : -1;
    }
  }

  /** A frame that does not fit before the end of the ring is found at its start. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "nothing yet")
  @Outcome(id = "0, 3", expect = Expect.ACCEPTABLE, desc = "at the second look")
  @Outcome(id = "3, 3", expect = Expect.ACCEPTABLE, desc = "at once")
  @Outcome(expect = Expect.FORBIDDEN, desc = "torn, or the rest of the ring taken for a frame")
  @State
  public static class Skip {
    private final CaptureStage stage = stage(5);

    public Skip() {
      put(stage, 4 * FRAME, 9);
      stage.readable();
      stage.release(4 * FRAME);
    }

    @Actor
    public void collector() {
      put(stage, 2 * FRAME, 3);
    }

    @Actor
    public void writer(II_Result r) {
      r.r1 = look(stage, 2 * FRAME);
      r.r2 = look(stage, 2 * FRAME);
    }
  }

  /** Three frames in a ring of two each arrive once, in order. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "nothing yet")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the first, at the second look")
  @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "both")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, doubled or out of order")
  @State
  public static class Wrap {
    private final CaptureStage stage = stage(2);

    @Actor
    public void collector() {
      put(stage, FRAME, 1);
      put(stage, FRAME, 2);
      put(stage, FRAME, 3);
    }

    @Actor
    public void writer(II_Result r) {
      r.r1 = take();
      r.r2 = take();
    }

    private int take() {
      int content = look(stage, FRAME);
      if (content != 0) {
        stage.release(FRAME);
      }
      return content;
    }
  }

  /** A third thread that queries the fill level never gets an impossible value. */
  @JCStressTest
  @Outcome(
      id = {"0", "64", "128"},
      expect = Expect.ACCEPTABLE,
      desc = "some moment")
  @Outcome(expect = Expect.FORBIDDEN, desc = "negative, or more than was ever in it")
  @State
  public static class Used {
    private final CaptureStage stage = stage(4);

    @Actor
    public void collector() {
      put(stage, FRAME, 1);
      put(stage, FRAME, 2);
    }

    @Actor
    public void writer() {
      if (look(stage, FRAME) != 0) {
        stage.release(FRAME);
      }
    }

    @Actor
    public void reader(I_Result r) {
      r.r1 = (int) stage.used();
    }
  }
}

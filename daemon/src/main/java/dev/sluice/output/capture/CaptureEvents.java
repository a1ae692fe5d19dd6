package dev.sluice.output.capture;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongConsumer;

/**
 * What the writer has to do between frames: notes for the capture, rolls, the end. Any thread
 * posts; the capture's thread takes, in the order in which they were posted.
 */
final class CaptureEvents {
  private final List<CaptureIntake> intakes;
  private final Queue<Event> events = new ConcurrentLinkedQueue<>();

  /** Something to do between frames. */
  static final class Event {
    // Stage positions that must have been taken before; null for none.
    private final long[] barrier;
    private final LongConsumer action;

    private Event(long[] barrier, LongConsumer action) {
      this.barrier = barrier;
      this.action = action;
    }
  }

  CaptureEvents(List<CaptureIntake> intakes) {
    this.intakes = List.copyOf(intakes);
  }

  /**
   * To be done as soon as possible, regardless of what is in the stages.
   *
   * @param action gets the capture's clock
   */
  void post(LongConsumer action) {
    events.add(new Event(null, action));
  }

  /** To be done when all that is in the stages now is in the segment, before what comes next. */
  void postBehindCommitted(LongConsumer action) {
    postBehind(committed(), action);
  }

  /** To be done when the stages are written up to there, before what comes next. */
  void postBehind(long[] positions, LongConsumer action) {
    events.add(new Event(positions, action));
  }

  /**
   * How far the stages may be written before the next event is done.
   *
   * @param committed positions that were read before this call: what was committed after an event
   *     that is not seen yet must stay behind it
   */
  long[] barrier(long[] committed) {
    for (Event event : events) {
      if (event.barrier != null) {
        return event.barrier;
      }
    }
    return committed;
  }

  /** What the collectors have committed so far, by stage. */
  long[] committed() {
    return intakes.stream().mapToLong(intake -> intake.stage().committed()).toArray();
  }

  /** The oldest event, for {@link #doIfReached}; null if there is none. */
  Event oldest() {
    return events.peek();
  }

  /**
   * Does the oldest event if everything before it is in the segment or in the block behind it.
   *
   * @param oldest what {@link #oldest} said before the writer's last step: a later one may have to
   *     wait for frames that the step did not see
   * @return whether it was done
   */
  boolean doIfReached(Event oldest, long nowNs) {
    if (oldest == null || !isReached(oldest.barrier)) {
      return false;
    }
    events.remove();
    oldest.action.accept(nowNs);
    return true;
  }

  private boolean isReached(long[] barrier) {
    for (int i = 0; barrier != null && i < barrier.length; i++) {
      if (intakes.get(i).stage().taken() < barrier[i]) {
        return false;
      }
    }
    return true;
  }
}

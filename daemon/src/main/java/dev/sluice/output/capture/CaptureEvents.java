package dev.sluice.output.capture;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongConsumer;

/**
 * Work for the writer between frames: notes for the capture, rolls, the end. Any thread posts; the
 * capture's thread takes events in the order of posting.
 */
final class CaptureEvents {
  private final List<CaptureIntake> intakes;
  private final Queue<Event> events = new ConcurrentLinkedQueue<>();

  /** An action between frames. */
  static final class Event {
    // Stage positions that must have been taken first; null for none.
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
   * Posts an action to run as soon as possible, whatever the stages hold.
   *
   * @param action receives the time of the capture's clock
   */
  void post(LongConsumer action) {
    events.add(new Event(null, action));
  }

  /** Posts an action to run after all frames committed so far and before any later one. */
  void postBehindCommitted(LongConsumer action) {
    postBehind(committed(), action);
  }

  /** Posts an action to run once the stages are taken up to there, before later frames. */
  void postBehind(long[] positions, LongConsumer action) {
    events.add(new Event(positions, action));
  }

  /**
   * Returns how far the stages may be written before the next event.
   *
   * @param committed positions read before this call, since frames committed after an unseen event
   *     must not overtake it
   */
  long[] barrier(long[] committed) {
    for (Event event : events) {
      if (event.barrier != null) {
        return event.barrier;
      }
    }
    return committed;
  }

  /** Returns the positions that the collectors have committed so far, by stage. */
  long[] committed() {
    return intakes.stream().mapToLong(intake -> intake.stage().committed()).toArray();
  }

  /** Returns the oldest event for {@link #doIfReached}; null if none. */
  Event oldest() {
    return events.peek();
  }

  /**
   * Runs the oldest event if everything before it is in the segment or in its pending block.
   *
   * @param oldest result of {@link #oldest} from before the writer's last step: a later event may
   *     have to wait for frames that the step did not see
   * @return whether it ran
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

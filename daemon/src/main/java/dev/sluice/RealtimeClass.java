package dev.sluice;

import dev.sluice.agent.Urgency;
import dev.sluice.bridge.ThreadPlacement;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real-time class for one agent thread, if the process may have it. Beside two others that
 * always want the CPU, a thread of the usual class gets it back after a time slice of 3 to 4 ms now
 * and then, however short its own work is. Used by the thread itself.
 */
final class RealtimeClass implements Urgency {
  private static final Logger log = LoggerFactory.getLogger(RealtimeClass.class);

  private final String thread;
  private boolean isPermitted;

  RealtimeClass(String thread) {
    this.thread = thread;
  }

  /**
   * Tries once, before the thread works, so that a refusal is told here and costs nothing later.
   *
   * @param stays whether the thread naps for good, and so belongs there for good
   */
  void permit(boolean stays) {
    try {
      ThreadPlacement.realtime();
      if (!stays) {
        ThreadPlacement.usual();
      }
      isPermitted = true;
    } catch (IOException e) {
      if (stays) {
        log.info("{} may wait for a time slice: {}", thread, e.getMessage());
      } else {
        log.debug("{} may wait for a time slice if others come: {}", thread, e.getMessage());
      }
    }
  }

  @Override
  public void urgent() {
    if (isPermitted) {
      try {
        ThreadPlacement.realtime();
      } catch (IOException e) {
        isPermitted = false; // the right was taken away; the thread goes on as it is
      }
    }
  }

  @Override
  public void usual() {
    if (isPermitted) {
      try {
        ThreadPlacement.usual();
      } catch (IOException e) {
        isPermitted = false; // nobody may be refused that
      }
    }
  }
}

package dev.sluice.session;

import dev.sluice.bridge.ArenaLocks;
import dev.sluice.config.Placement;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.Handover;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory of one session, from the grant until it is given back, which may be long after the
 * session. Sizes are bytes.
 *
 * <p>The session's owner ends it; what was left is released by one thread that took it off the list
 * of what is left. {@link #probe} and giving back wait for the device as long as it likes; nothing
 * else does, and may be called on any thread. A device that fails throws nothing: {@link #failure}
 * tells from then on, and memory that could not be given back is a line in the log.
 */
public final class SessionMemory {
  // The session's, since to readers of the log these lines are about it.
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  private final Arena arena;
  private final int session;
  private final int device;
  // Copies, for when the arena is gone.
  private final long bytes;
  private final Handover handover;
  private volatile boolean isLeft;

  SessionMemory(Arena arena, int session, int device) {
    this.arena = arena;
    this.session = session;
    this.device = device;
    this.bytes = arena.bytes();
    this.handover = arena.handover();
  }

  /**
   * The session is over: gives the memory back, or leaves it as it is. A client that is told has
   * let go of a device's memory before (abi.md 5.5); one that is not may have it imported still,
   * and its device may write to it. A device that has failed is not called before it answers again.
   *
   * @param isProducerDone the client has let go of it, or is dead
   */
  void end(boolean isProducerDone) {
    if (arena.placement().isOnDevice() && !(isProducerDone && arena.failure().isEmpty())) {
      isLeft = true;
    } else {
      close();
    }
  }

  /** A thread may be inside of it still: it stays mapped, whatever the device says. */
  void quarantine(String cause) {
    isLeft = true;
    arena.giveUp(cause);
    arena.locks().leave();
  }

  /** Whether the end of the session left it as it was, and it was not given back since. */
  boolean isLeft() {
    return isLeft;
  }

  /** Gives back what was left; the device answers, and no thread and no producer uses it. */
  void release() {
    isLeft = false;
    close();
  }

  private void close() {
    arena.close();
    if (!arena.leak().isEmpty()) {
      log.error("session {} device {}: {}", session, device, arena.leak());
    }
  }

  /** Why it cannot be used any more, one line; empty while it can. */
  public String failure() {
    return arena.failure();
  }

  /** The device is known to have failed; the session ends for it. */
  void giveUp(String cause) {
    arena.giveUp(cause);
  }

  /** Asks the device whether the memory is still there. May not return. */
  void probe() {
    String problem = arena.probe();
    if (!problem.isEmpty()) {
      arena.giveUp(problem);
    }
  }

  /** The way to its bytes; after the end every access throws. */
  DeviceMemory view() {
    return arena.memory();
  }

  /** Which threads write to it. */
  ArenaLocks locks() {
    return arena.locks();
  }

  /** Where the client finds the locks; 0 if there are none. */
  public long locksOffset() {
    return arena.locks() == ArenaLocks.NONE ? 0 : arena.plan().locksOffset();
  }

  public ArenaPlan plan() {
    return arena.plan();
  }

  /** Its size, page rounding included; also after the end. */
  public long bytes() {
    return bytes;
  }

  public Placement placement() {
    return arena.placement();
  }

  /** What the client needs to map it; what that names is gone after the end. */
  public Handover handover() {
    return handover;
  }

  public boolean hasHugePages() {
    return arena.hasHugePages();
  }

  public boolean isLocked() {
    return arena.isLocked();
  }

  /** What the host could not give or had to choose for it; empty if nothing. */
  public String notice() {
    return arena.notice();
  }
}

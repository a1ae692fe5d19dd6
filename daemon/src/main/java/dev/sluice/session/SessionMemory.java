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
 * The memory of one session, from the grant until its release, possibly long after the session.
 * Sizes are bytes.
 *
 * <p>The session's owner ends it; memory that was left is released by the one thread that took it
 * off the registry's list. {@link #probe} and the release block for as long as the device does; all
 * other methods return at once, on any thread. A failed device causes no exception: {@link
 * #failure} reports it, and memory that could not be released is logged.
 */
public final class SessionMemory {
  // Session's logger: these lines describe the session.
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  private final Arena arena;
  private final int session;
  private final int device;
  // Copies that stay valid after the arena is closed.
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
   * Ends the session's use of the memory: releases it or leaves it mapped. Device memory is left if
   * the client may still have it imported, since its device may then write to it, or if the device
   * has failed, since a failed device must not be called.
   *
   * @param isProducerDone the client has released the memory or is dead
   */
  void end(boolean isProducerDone) {
    if (arena.placement().isOnDevice() && !(isProducerDone && arena.failure().isEmpty())) {
      isLeft = true;
    } else {
      close();
    }
  }

  /** Keeps the memory mapped: a thread may still be inside it. */
  void quarantine(String cause) {
    isLeft = true;
    arena.giveUp(cause);
    arena.locks().leave();
  }

  /** Whether the session left the memory and it has not been released since. */
  boolean isLeft() {
    return isLeft;
  }

  /**
   * Releases memory that was left. The device must answer, and neither a thread nor the producer
   * may use the memory.
   */
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

  /** Returns why the memory is unusable, one line; empty while it is usable. */
  public String failure() {
    return arena.failure();
  }

  /** Marks the device as failed, which ends the session. */
  void giveUp(String cause) {
    arena.giveUp(cause);
  }

  /** Checks that the device still has the memory. May never return. */
  void probe() {
    String problem = arena.probe();
    if (!problem.isEmpty()) {
      arena.giveUp(problem);
    }
  }

  /** Returns the accessor; it throws after the end of the session. */
  DeviceMemory view() {
    return arena.memory();
  }

  /** Returns the locks that show which threads write to the arena. */
  ArenaLocks locks() {
    return arena.locks();
  }

  /** Returns the offset of the locks for the client; 0 if there are none. */
  public long locksOffset() {
    return arena.locks() == ArenaLocks.NONE ? 0 : arena.plan().locksOffset();
  }

  public ArenaPlan plan() {
    return arena.plan();
  }

  /** Returns the size including page rounding; valid after the end. */
  public long bytes() {
    return bytes;
  }

  public Placement placement() {
    return arena.placement();
  }

  /** Returns what the client needs to map the memory; what it names is invalid after the end. */
  public Handover handover() {
    return handover;
  }

  public boolean hasHugePages() {
    return arena.hasHugePages();
  }

  public boolean isLocked() {
    return arena.isLocked();
  }

  /** Returns what the host could not provide or had to choose; empty if nothing. */
  public String notice() {
    return arena.notice();
  }
}

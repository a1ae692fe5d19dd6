package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.config.Placement;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.Handover;
import dev.sluice.service.Granted;
import dev.sluice.service.Token;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory of one session, from the grant until it is given back, which may be long after the
 * session: what a client is told of it, whether its device still answers, and whose turn it is to
 * free it. Sizes are bytes.
 *
 * <p>Any thread. The lock guards what becomes of the memory at the end, and is held while it is
 * given back, so that happens once. It says nothing about who may be reading: whoever ends a
 * session takes the agents off first. {@link #probe} and giving back wait for the device as long as
 * it likes; nothing else does.
 *
 * <p>A device that fails throws nothing: {@link #failure} tells from then on, and memory that could
 * not be given back is a line in the log.
 */
final class SessionMemory {
  // The session's, since to readers of the log these lines are about it.
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  private final Arena arena;
  private final int session;
  private final int device;
  // Copies, for when the arena is gone.
  private final long bytes;
  private final String route;
  private boolean isLeft;

  SessionMemory(Arena arena, int session, int device) {
    this.arena = arena;
    this.session = session;
    this.device = device;
    this.bytes = arena.bytes();
    this.route = arena.handover().route();
  }

  /** What the client needs to map the arena; the session must not have ended. */
  Granted granted(Token token) {
    ArenaPlan plan = arena.plan();
    Handover handover = arena.handover();
    return new Granted(
        session,
        token,
        arena.placement().wireNumber(),
        plan.layout().pool().slotCount(),
        bytes,
        0,
        plan.geometry().regionBytes(),
        plan.rotationOffset(),
        plan.buffersOffset(),
        BufferKind.ALL.stream().map(plan::buffers).toList(),
        BufferKind.ALL.stream().map(kind -> (long) plan.kindOffset(kind)).toList(),
        handover.fd(),
        arena.placement().isOnDevice()
            ? Optional.of(
                new Granted.DeviceShare(
                    handover.device(), bytes, handover.key(), handover.shareable()))
            : Optional.empty());
  }

  /**
   * The session is over: gives the memory back, or leaves it as it is. A client that is told has
   * let go of a device's memory before (abi.md 5.5); one that is not may have it imported still,
   * and its device may write to it. A device that has failed is not called before it answers again.
   *
   * @param isProducerDone the client has let go of it, or is dead
   */
  synchronized void end(boolean isProducerDone) {
    isLeft = arena.placement().isOnDevice() && !(isProducerDone && arena.failure().isEmpty());
    if (!isLeft) {
      close();
    }
  }

  /** Whether the end of the session left it as it was, and nobody gave it back since. */
  synchronized boolean isLeft() {
    return isLeft;
  }

  /** Gives back what was left; the device answers, and the producer is gone or the daemon stops. */
  synchronized void release() {
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
  String failure() {
    return arena.failure();
  }

  /** The device is known to have failed; the session ends for it. */
  void giveUp(String cause) {
    arena.giveUp(cause);
  }

  /** Asks the device whether the memory is still there. May take for ever. */
  void probe() {
    String problem = arena.probe();
    if (!problem.isEmpty()) {
      arena.giveUp(problem);
    }
  }

  /** The way to its bytes; under the session's lock, and not after its end. */
  DeviceMemory view() {
    return arena.memory();
  }

  ArenaPlan plan() {
    return arena.plan();
  }

  /** Its size, page rounding included; also after the end. */
  long bytes() {
    return bytes;
  }

  Placement placement() {
    return arena.placement();
  }

  /** How the producer gets to see it; also after the end. */
  String route() {
    return route;
  }

  boolean hasHugePages() {
    return arena.hasHugePages();
  }

  boolean isLocked() {
    return arena.isLocked();
  }

  /** What the host could not give or had to choose for it; empty if nothing. */
  String notice() {
    return arena.notice();
  }
}

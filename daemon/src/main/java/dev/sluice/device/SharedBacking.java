package dev.sluice.device;

import dev.sluice.bridge.ArenaLocks;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.ArenaSettings;
import dev.sluice.config.Placement;
import dev.sluice.config.Provision;
import java.io.IOException;

/**
 * Placements {@code sim} and {@code host}: a sealed memfd that the client maps and, for {@code
 * host}, registers with its device. For the daemon both are the same.
 */
final class SharedBacking implements ArenaBacking {
  // Time for threads of the dead process to exit and for a guard to finish a pass.
  private static final long CLAIM_NANOS = 5_000_000_000L;

  private final Placement placement;
  private final SharedRegion region;
  private final ArenaLocks locks;
  private final MappedMemory memory;
  private final int device;
  private volatile String failure = "";

  SharedBacking(
      Placement placement, int device, String name, ArenaPlan plan, ArenaSettings settings)
      throws IOException {
    this.placement = placement;
    this.device = device;
    this.region =
        SharedRegion.create(
            name, plan.totalBytes(), extra(settings.hugePages()), extra(settings.lockMemory()));
    this.locks = locks(region, plan.locksOffset());
    this.memory = new MappedMemory(region.buffer());
  }

  /**
   * Takes over the memory of a dead process.
   *
   * @throws IOException one line, if that process is alive, or without locks to prove it dead
   */
  SharedBacking(Placement placement, int device, ArenaPlan plan, SharedRegion region)
      throws IOException {
    this.placement = placement;
    this.device = device;
    this.region = region;
    this.locks = ArenaLocks.adopt(region.fd(), plan.locksOffset(), CLAIM_NANOS);
    this.memory = new MappedMemory(region.buffer());
  }

  private static ArenaLocks locks(SharedRegion region, long offset) throws IOException {
    if (ArenaLocks.missing().isPresent()) {
      return ArenaLocks.NONE;
    }
    try {
      return ArenaLocks.create(region.fd(), offset);
    } catch (Throwable e) {
      region.close();
      throw e;
    }
  }

  static SharedRegion.Extra extra(Provision provision) {
    return switch (provision) {
      case OFF -> SharedRegion.Extra.OFF;
      case TRY -> SharedRegion.Extra.TRY;
      case REQUIRE -> SharedRegion.Extra.REQUIRE;
    };
  }

  @Override
  public Placement placement() {
    return placement;
  }

  @Override
  public DeviceMemory memory() {
    return memory;
  }

  @Override
  public long bytes() {
    return region.bytes();
  }

  @Override
  public Handover handover() {
    return Handover.ofDescriptor(region.fd(), device);
  }

  @Override
  public ArenaLocks locks() {
    return locks;
  }

  @Override
  public boolean hasHugePages() {
    return region.hasHugePages();
  }

  @Override
  public boolean isLocked() {
    return region.isLocked();
  }

  @Override
  public String notice() {
    return ArenaLocks.missing()
        .map(why -> "no locks, so no guard can take over: " + why)
        .orElse(region.notice());
  }

  @Override
  public String failure() {
    return failure;
  }

  /** The memory stays readable even if the device fails, since it is the host's. */
  @Override
  public void giveUp(String cause) {
    failure = cause;
  }

  @Override
  public String probe() {
    return "";
  }

  @Override
  public String release() {
    locks.close();
    memory.close();
    region.close();
    return "";
  }
}

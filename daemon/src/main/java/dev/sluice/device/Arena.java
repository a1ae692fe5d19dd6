package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.ArenaSettings;
import dev.sluice.config.Provision;
import java.io.IOException;

/**
 * The memory of one session in the {@code sim} placement: a sealed memfd that the producer maps
 * too.
 *
 * <p>Owns the mapping. Close it only after every agent of the session has been removed from its
 * runner: the views do not know that the memory is gone.
 */
public final class Arena implements AutoCloseable {
  private final ArenaPlan plan;
  private final SharedRegion region;
  private final DeviceMemory memory;

  private Arena(ArenaPlan plan, SharedRegion region) {
    this.plan = plan;
    this.region = region;
    this.memory = new MappedMemory(region.buffer());
  }

  /**
   * Reserves the memory of a plan.
   *
   * @throws IOException one line with call and reason, if the host cannot give it
   */
  public static Arena create(ArenaPlan plan, String name, ArenaSettings settings)
      throws IOException {
    return new Arena(
        plan,
        SharedRegion.create(
            name, plan.totalBytes(), extra(settings.hugePages()), extra(settings.lockMemory())));
  }

  private static SharedRegion.Extra extra(Provision provision) {
    return switch (provision) {
      case OFF -> SharedRegion.Extra.OFF;
      case TRY -> SharedRegion.Extra.TRY;
      case REQUIRE -> SharedRegion.Extra.REQUIRE;
    };
  }

  /**
   * Brings the region to its state before a launch (abi.md 4.7): all zeros, then the header. The
   * last bulk write of the run; no agent may be running.
   */
  public static void initialise(DeviceMemory memory, ArenaPlan plan) {
    Geometry geometry = plan.geometry();
    Layout layout = plan.layout();
    memory.zero(0, plan.buffersOffset());
    memory.storeInt(layout.numCoresOffset(), geometry.numCores());
    memory.storeInt(layout.levelOffset(), geometry.level());
    int cores = layout.platform().maxCores();
    // core_to_thread is i8[maxCores] at a 4-byte boundary, and maxCores is a multiple of 4.
    for (int core = 0; core < cores; core += Integer.BYTES) {
      memory.storeInt(layout.coreToThreadOffset() + core, -1);
    }
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      BufferKind kind = plan.kindOfBuffer(buffer);
      BufferLayout shape = layout.buffer(kind);
      int offset = plan.offsetOfBuffer(buffer);
      if (kind.isPerCore()) {
        memory.zero(offset, shape.sizeBytes());
      } else {
        memory.storeInt(offset + shape.countOffset(), 0);
      }
    }
  }

  public ArenaPlan plan() {
    return plan;
  }

  public DeviceMemory memory() {
    return memory;
  }

  /** The descriptor to pass to the producer; owned by the arena. */
  public int fd() {
    return region.fd();
  }

  /** Size as mapped, page rounding included. */
  public long bytes() {
    return region.bytes();
  }

  public boolean hasHugePages() {
    return region.hasHugePages();
  }

  public boolean isLocked() {
    return region.isLocked();
  }

  /** What the host could not give, for people; empty if nothing. */
  public String notice() {
    return region.notice();
  }

  /** Gives the memory back. Idempotent. */
  @Override
  public void close() {
    region.close();
  }
}

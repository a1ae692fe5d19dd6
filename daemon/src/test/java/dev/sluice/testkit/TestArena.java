package dev.sluice.testkit;

import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.Region;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The memory of one session without a producer process: a direct buffer, seen by the host through
 * {@link #memory} and by the scripted device through {@link #bytes}.
 */
public final class TestArena {
  /** Device address of arena byte 0; nothing else is mapped there. */
  public static final long DEVICE_BASE = 0x7f00_0000_0000L;

  private static final long MAX_BYTES = 64 << 20;

  private final ArenaPlan plan;
  private final ByteBuffer bytes;
  private final DeviceMemory memory;

  public TestArena(ArenaPlan plan) {
    // Aligned like a mapping; the JDK guarantees only 16 bytes.
    this(plan, ByteBuffer.allocateDirect(plan.totalBytes() + 64).alignedSlice(64));
  }

  /** Wraps memory made elsewhere. */
  public TestArena(ArenaPlan plan, ByteBuffer bytes) {
    this.plan = plan;
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    this.memory = new MappedMemory(bytes);
  }

  /** Returns a plan, which must be valid. */
  public static ArenaPlan plan(Geometry geometry, BufferCounts counts) {
    try {
      return ArenaPlan.of(geometry, counts, MAX_BYTES);
    } catch (ArenaRefusedException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns a small arena: buffers of few records, so that every kind turns over quickly. */
  public static TestArena small(Generation generation, int cores, int threads, int level) {
    Layout layout = Layout.of(generation, Platform.A2A3, new LayoutOverrides(0, 128, 5, 6, 7, 8));
    return new TestArena(
        plan(new Geometry(layout, cores, threads, 1, level), new BufferCounts(5, 4, 4, 6)));
  }

  /** Same with all supported profilers, in the newest layout. */
  public static TestArena withAllRegions(Platform platform, int cores, int threads) {
    Layout layout =
        Layout.of(Generation.CHIP_2026_09, platform, new LayoutOverrides(0, 128, 5, 6, 7, 8));
    int regions = 0;
    for (Region region : Region.ALL) {
      regions |= 1 << region.number();
    }
    return new TestArena(
        plan(new Geometry(layout, cores, threads, 1, 4, regions, 2), new BufferCounts(5, 4, 4, 6)));
  }

  public ArenaPlan plan() {
    return plan;
  }

  /** Returns the host's view. */
  public DeviceMemory memory() {
    return memory;
  }

  /** Returns the device's view of the same bytes. */
  public ByteBuffer bytes() {
    return bytes;
  }
}

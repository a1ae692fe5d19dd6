package dev.sluice.device;

import dev.sluice.bridge.ArenaLocks;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.Placement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;

/** Arenas with a device placement on host memory, whose accesses can be made to fail. */
public final class TestArenas {
  private TestArenas() {}

  /**
   * Called before each access to a device word; may throw or block.
   *
   * @see CopiedMemory.Copies
   */
  @FunctionalInterface
  public interface Hurdle {
    void pass();
  }

  /**
   * Returns an arena of placement {@code device-copied}.
   *
   * @param hurdle called before each word access
   * @param unmapped counts releases of such memory
   */
  public static Arena copied(ArenaPlan plan, Hurdle hurdle, AtomicInteger unmapped) {
    try {
      return new Arena(plan, new Backing(plan, hurdle, unmapped));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Words extends ShadowedMemory {
    private final Hurdle hurdle;

    Words(SharedRegion region, Hurdle hurdle) {
      super(region);
      this.hurdle = hurdle;
    }

    @Override
    int readInt(int offset) {
      hurdle.pass();
      return loadInt(offset);
    }

    @Override
    long readLong(int offset) {
      hurdle.pass();
      return loadLong(offset);
    }

    @Override
    void writeInt(int offset, int value) {
      hurdle.pass();
    }

    @Override
    void writeLong(int offset, long value) {
      hurdle.pass();
    }

    @Override
    void read(int offset, int length) {
      hurdle.pass();
    }

    @Override
    void write(int offset, int length) {
      hurdle.pass();
    }
  }

  private static final class Backing implements ArenaBacking {
    private final SharedRegion region;
    private final Words memory;
    private final AtomicInteger unmapped;
    private volatile String failure = "";

    Backing(ArenaPlan plan, Hurdle hurdle, AtomicInteger unmapped) throws IOException {
      this.region =
          SharedRegion.create(
              "sluice-test", plan.totalBytes(), SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
      this.memory = new Words(region, hurdle);
      this.unmapped = unmapped;
    }

    @Override
    public Placement placement() {
      return Placement.DEVICE_COPIED;
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
      return new Handover(-1, "key", 0, 0);
    }

    @Override
    public ArenaLocks locks() {
      return ArenaLocks.NONE;
    }

    @Override
    public boolean hasHugePages() {
      return false;
    }

    @Override
    public boolean isLocked() {
      return false;
    }

    @Override
    public String notice() {
      return "";
    }

    @Override
    public String failure() {
      return failure;
    }

    @Override
    public void giveUp(String cause) {
      failure = cause;
      memory.note(-1);
    }

    @Override
    public String probe() {
      return "";
    }

    @Override
    public String release() {
      memory.close();
      region.close();
      unmapped.incrementAndGet();
      return "";
    }
  }
}

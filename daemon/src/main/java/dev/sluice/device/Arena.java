package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.Region;
import dev.sluice.bridge.ArenaLocks;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.Placement;
import java.io.IOException;

/**
 * The memory of one session, shared with the client: the layout's region, the rotation table and
 * all buffers, in one piece.
 *
 * <p>Owns its {@link ArenaBacking}. Close it only after every agent of the session has been removed
 * from its runner: the views do not detect that the memory is gone.
 */
public final class Arena implements AutoCloseable {
  private final ArenaPlan plan;
  private final ArenaBacking backing;
  private String leak = "";

  Arena(ArenaPlan plan, ArenaBacking backing) {
    this.plan = plan;
    this.backing = backing;
  }

  /**
   * Takes over the arena of another process with its contents.
   *
   * @throws IOException one line, if it is too small for the plan; the region is closed
   */
  public static Arena adopt(ArenaPlan plan, Placement placement, int device, SharedRegion region)
      throws IOException {
    if (region.bytes() < plan.totalBytes()) {
      long bytes = region.bytes();
      region.close();
      throw new IOException("arena of " + bytes + " bytes, " + plan.totalBytes() + " expected");
    }
    return new Arena(plan, new SharedBacking(placement, device, plan, region));
  }

  /**
   * Resets the region to its state before a launch (abi.md, Before launch): all zeros, then the
   * header. The last bulk write of the run; no agent may be running.
   */
  public static void initialise(DeviceMemory memory, ArenaPlan plan) {
    Geometry geometry = plan.geometry();
    Layout layout = plan.layout();
    memory.zero(0, plan.buffersOffset());
    memory.storeInt(layout.numCoresOffset(), geometry.numCores());
    memory.storeInt(layout.levelOffset(), geometry.level());
    int cores = layout.platform().maxCores();
    // core_to_thread is i8[maxCores], 4-byte aligned, and maxCores is a multiple of 4.
    for (int core = 0; core < cores; core += Integer.BYTES) {
      memory.storeInt(layout.coreToThreadOffset() + core, -1);
    }
    for (Region region : Region.ALL) {
      if (region != Region.SWIMLANE && geometry.has(region)) {
        int states = layout.poolCount(region.kinds().get(0), geometry.numCores());
        memory.storeInt(plan.regionOffset(region) + layout.region(region).wordsOffset(), states);
      }
    }
    if (geometry.has(Region.PMU)) {
      memory.storeInt(
          plan.regionOffset(Region.PMU) + layout.pmuEventTypeOffset(), geometry.pmuEventType());
    }
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      BufferKind kind = plan.kindOfBuffer(buffer);
      BufferLayout shape = layout.buffer(kind);
      int offset = plan.offsetOfBuffer(buffer);
      if (kind == BufferKind.AICPU_TASK || kind == BufferKind.AICORE_TASK) {
        memory.zero(offset, shape.sizeBytes());
      } else {
        memory.storeInt(offset + shape.countOffset(), 0);
      }
    }
  }

  /**
   * Gives one buffer to each pool from which the device takes a buffer at init without ever filling
   * it. The device keeps the buffer; no agent sees it.
   */
  public static void seedIdlePools(DeviceMemory memory, ArenaPlan plan, long deviceBase) {
    Geometry geometry = plan.geometry();
    PoolLayout pool = plan.layout().pool();
    for (BufferKind kind : Region.SWIMLANE.kinds()) {
      BufferLayout shape = plan.layout().buffer(kind);
      for (int instance = 0; instance < geometry.idleInstances(kind); instance++) {
        int buffer = plan.idleBufferOffset(kind, instance);
        int at = geometry.poolOffset(kind, instance);
        memory.storeInt(buffer + shape.countOffset(), 0);
        memory.storeLong(at + pool.slotOffset(0), deviceBase + buffer);
        memory.storeIntRelease(at + pool.tailOffset(), 1);
      }
    }
  }

  /**
   * Writes the addresses of the PMU staging rings for the device's cores, on platforms that have
   * them.
   */
  public static void placePmuRings(DeviceMemory memory, ArenaPlan plan, long deviceBase) {
    Layout layout = plan.layout();
    int cores = plan.instances(BufferKind.PMU);
    if (layout.pmuRingPointerOffset() < 0 || cores == 0) {
      return;
    }
    int region = plan.regionOffset(Region.PMU);
    for (int core = 0; core < cores; core++) {
      long ring = deviceBase + region + layout.pmuRingOffset(core, cores);
      int state = plan.poolOffset(plan.pool(BufferKind.PMU, core));
      memory.storeLong(state + layout.pmuRingPointerOffset(), ring);
      memory.storeLong(region + layout.pmuRingTableOffset(cores) + core * Long.BYTES, ring);
    }
  }

  public ArenaPlan plan() {
    return plan;
  }

  public DeviceMemory memory() {
    return backing.memory();
  }

  public Placement placement() {
    return backing.placement();
  }

  /** Returns what the client needs to map the memory; the arena owns what it names. */
  public Handover handover() {
    return backing.handover();
  }

  /** Returns the locks that show which threads write; {@link ArenaLocks#NONE} for device memory. */
  public ArenaLocks locks() {
    return backing.locks();
  }

  /**
   * Duplicates the descriptor of the memory for the caller to send and close, since the arena's own
   * number may be reused before it is sent. Returns -1 for device memory.
   */
  public int duplicateDescriptor() throws IOException {
    return SharedRegion.duplicateDescriptor(handover().fd());
  }

  /** Returns the size including page rounding. */
  public long bytes() {
    return backing.bytes();
  }

  public boolean hasHugePages() {
    return backing.hasHugePages();
  }

  public boolean isLocked() {
    return backing.isLocked();
  }

  /** Returns what the host could not provide or had to choose, for display; empty if nothing. */
  public String notice() {
    return backing.notice();
  }

  /** Returns why the memory is unusable, one line; empty while it is usable. Any thread. */
  public String failure() {
    return backing.failure();
  }

  /** Marks the device as failed: its memory is not accessed from now on. Any thread. */
  public void giveUp(String cause) {
    backing.giveUp(cause);
  }

  /**
   * Checks that the device still has the memory, where only a probe shows it. May block for as long
   * as the device does, so other threads must not depend on the caller.
   *
   * @return why the memory is gone, one line; empty if it is there
   */
  public String probe() {
    return backing.probe();
  }

  /** Releases the memory. Idempotent. */
  @Override
  public void close() {
    String left = backing.release();
    leak = leak.isEmpty() ? left : leak;
  }

  /**
   * Returns what could not be released and why, one line; empty if nothing, or before {@link
   * #close}.
   */
  public String leak() {
    return leak;
  }
}

package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.Region;
import dev.sluice.abi.RegionLayout;
import dev.sluice.bridge.ArenaLocks;
import dev.sluice.config.BufferCounts;
import java.util.ArrayList;
import java.util.List;

/**
 * Offsets and buffer counts of an arena: pure arithmetic, so that an impossible arena is refused
 * before any memory is reserved.
 *
 * <pre>
 *   0              region of the swimlane: data header, pools (abi.md, Pools)
 *   rotation       u64[cores of the platform], so that a device with more cores than declared stays
 *                  inside
 *   regions        of other attached profilers, each 4 KiB aligned
 *   buffers        in order of kind number, each kind contiguous and 4 KiB aligned
 *   idle buffers   one per pool that the device takes a buffer from at init and never fills
 *   lock page      shows which threads may write; not used by the device
 * </pre>
 *
 * <p>Two rules of abi.md (Rules for the host) hold for every plan. C1: a pool holds at most {@code
 * quota = floor(buffers / instances)} at a time, and at least 3 (AICore: current, stashed, next) or
 * 2 (all others: current, next), so that no pool can starve another. C4: fewer buffers can reach a
 * ready queue than it has entries, so it is never full. Cores may move between scheduler threads,
 * so every buffer of a region counts for each of its queues. PMU is the exception: with the maximum
 * number of cores, its queue holds one buffer less than two per core, and a device that finds it
 * full waits for the drain.
 */
public final class ArenaPlan {
  private static final int KIND_ALIGNMENT = 4096;
  private static final int CURRENT = 1;

  private final Geometry geometry;
  private final int[] instances = new int[BufferKind.COUNT];
  private final int[] buffers = new int[BufferKind.COUNT];
  private final int[] kindOffset = new int[BufferKind.COUNT];
  private final int[] idleOffset = new int[BufferKind.COUNT];
  private final int[] firstBuffer = new int[BufferKind.COUNT];
  private final int[] firstPool = new int[BufferKind.COUNT];
  private final int rotationOffset;
  private final int[] regionOffset = new int[Region.ALL.size()];
  private final int poolsEnd;
  private final List<ReadyQueue> queues;
  private final int buffersOffset;
  private final int locksOffset;
  private final int totalBytes;
  private final int bufferCount;
  private final int poolCount;
  private final int[] homePools;

  private ArenaPlan(Geometry geometry, int[] perInstance, long maxBytes)
      throws ArenaRefusedException {
    this.geometry = geometry;
    rotationOffset = geometry.regionBytes();
    long cores = geometry.layout().platform().maxCores();
    long offset = align(rotationOffset + Long.BYTES * cores);
    int lastPools = geometry.poolsEnd();
    for (Region region : Region.ALL) {
      if (region != Region.SWIMLANE && geometry.has(region)) {
        regionOffset[region.ordinal()] = (int) offset;
        lastPools = (int) offset + geometry.regionBytes(region);
        offset = align(lastPools);
      }
    }
    poolsEnd = lastPools;
    queues = queues();
    buffersOffset = (int) offset;
    int pools = 0;
    int count = 0;
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      instances[k] = geometry.activeInstances(kind);
      buffers[k] = instances[k] * perInstance[k];
      firstPool[k] = pools;
      firstBuffer[k] = count;
      kindOffset[k] = (int) Math.min(offset, Integer.MAX_VALUE);
      pools += instances[k];
      count += buffers[k];
      offset = align(offset + (long) buffers[k] * geometry.layout().buffer(kind).sizeBytes());
    }
    for (BufferKind kind : BufferKind.ALL) {
      idleOffset[kind.ordinal()] = (int) Math.min(offset, Integer.MAX_VALUE);
      long idle = geometry.idleInstances(kind);
      offset = align(offset + idle * geometry.layout().buffer(kind).sizeBytes());
    }
    long locks = (offset + ArenaLocks.BYTES - 1) & -ArenaLocks.BYTES;
    offset = locks + ArenaLocks.BYTES;
    if (offset > maxBytes) {
      throw new ArenaRefusedException(
          "arena of "
              + offset
              + " bytes, sluice.arena.bytes allows "
              + maxBytes
              + ": use fewer buffers or raise it");
    }
    poolCount = pools;
    bufferCount = count;
    homePools = new int[count];
    for (BufferKind kind : BufferKind.ALL) {
      for (int i = 0; i < buffers(kind); i++) {
        homePools[firstBuffer(kind) + i] = pool(kind, i / quota(kind));
      }
    }
    locksOffset = (int) locks;
    totalBytes = (int) offset;
  }

  private List<ReadyQueue> queues() {
    List<ReadyQueue> all = new ArrayList<>();
    for (Region region : Region.ALL) {
      RegionLayout layout = layout().region(region);
      for (int thread = 0; geometry.has(region) && thread < layout.queueCount(); thread++) {
        all.add(new ReadyQueue(all.size(), region, thread, layout, regionOffset[region.ordinal()]));
      }
    }
    return List.copyOf(all);
  }

  /**
   * Plans an arena.
   *
   * @param wanted buffers per instance; 0 for auto
   * @param maxBytes upper limit of the arena
   * @throws ArenaRefusedException with the arithmetic, if a rule of the class comment cannot hold
   */
  public static ArenaPlan of(Geometry geometry, BufferCounts wanted, long maxBytes)
      throws ArenaRefusedException {
    int[] perInstance = new int[BufferKind.COUNT];
    for (BufferKind kind : BufferKind.ALL) {
      int minimum = kind.smallestQuota();
      int given = wanted(wanted, kind);
      if (given != 0 && given < minimum && geometry.activeInstances(kind) > 0) {
        throw new ArenaRefusedException(
            kind.label()
                + ": "
                + given
                + " buffers per instance, quota floor("
                + given * geometry.activeInstances(kind)
                + " / "
                + geometry.activeInstances(kind)
                + ") = "
                + given
                + " is below the smallest legal "
                + minimum);
      }
      perInstance[kind.ordinal()] = given != 0 ? given : kind.autoBuffers();
    }
    for (Region region : Region.ALL) {
      fitReadyQueue(geometry, wanted, perInstance, region);
    }
    return new ArenaPlan(geometry, perInstance, maxBytes);
  }

  /** Lowers auto counts one at a time, largest slack first, until C4 holds. */
  private static void fitReadyQueue(
      Geometry geometry, BufferCounts wanted, int[] perInstance, Region region)
      throws ArenaRefusedException {
    int usable = geometry.layout().region(region).queueEntries() - 1;
    while (total(geometry, perInstance, region) > usable) {
      BufferKind largest = null;
      for (BufferKind kind : region.kinds()) {
        if (wanted(wanted, kind) == 0
            && geometry.activeInstances(kind) > 0
            && perInstance[kind.ordinal()] > kind.smallestQuota()
            && (largest == null || slack(kind, perInstance) > slack(largest, perInstance))) {
          largest = kind;
        }
      }
      if (largest == null && region == Region.PMU) {
        return;
      }
      if (largest == null) {
        throw new ArenaRefusedException(
            total(geometry, perInstance, region)
                + " buffers, but a ready queue takes "
                + usable
                + " (entries - 1): use fewer, or more entries");
      }
      perInstance[largest.ordinal()]--;
    }
  }

  /** Only kinds of the swimlane can be requested; the others are always auto. */
  private static int wanted(BufferCounts counts, BufferKind kind) {
    int[] byKind = {
      counts.aicpuTask(), counts.schedPhase(), counts.orchPhase(), counts.aicoreTask()
    };
    return kind.ordinal() < byKind.length ? byKind[kind.ordinal()] : 0;
  }

  private static int slack(BufferKind kind, int[] perInstance) {
    return perInstance[kind.ordinal()] - kind.smallestQuota();
  }

  private static long total(Geometry geometry, int[] perInstance, Region region) {
    // A client may request any 32-bit number of buffers.
    long total = 0;
    for (BufferKind kind : region.kinds()) {
      total += (long) geometry.activeInstances(kind) * perInstance[kind.ordinal()];
    }
    return total;
  }

  private static long align(long bytes) {
    return (bytes + KIND_ALIGNMENT - 1) & -KIND_ALIGNMENT;
  }

  public Geometry geometry() {
    return geometry;
  }

  public Layout layout() {
    return geometry.layout();
  }

  /** Returns the bytes of the whole arena; an int, since one direct buffer maps it. */
  public int totalBytes() {
    return totalBytes;
  }

  public int rotationOffset() {
    return rotationOffset;
  }

  /** Returns the offset of a region; 0 for the swimlane and for regions that are not attached. */
  public int regionOffset(Region region) {
    return regionOffset[region.ordinal()];
  }

  /** Returns the ready queues of all regions by {@link ReadyQueue#number}, the swimlane's first. */
  public List<ReadyQueue> readyQueues() {
    return queues;
  }

  /** Returns the number of the first ready queue of an attached region. */
  public int readyQueueOf(Region region) {
    return queues.stream().filter(queue -> queue.region() == region).findFirst().get().number();
  }

  /**
   * Returns the start of the pools of all regions; ready queues of other regions may lie in
   * between.
   */
  public int poolsOffset() {
    return layout().headerBytes();
  }

  /** Returns the end of the pools of all regions. */
  public int poolsEnd() {
    return poolsEnd;
  }

  /** Returns the offset of the first buffer. */
  public int buffersOffset() {
    return buffersOffset;
  }

  /** Returns the offset of the lock page; used for host memory only. */
  public int locksOffset() {
    return locksOffset;
  }

  /** Returns the pools of this kind in use. */
  public int instances(BufferKind kind) {
    return instances[kind.ordinal()];
  }

  /** Returns the buffers of this kind over all instances. */
  public int buffers(BufferKind kind) {
    return buffers[kind.ordinal()];
  }

  /** Returns how many buffers one pool may hold at a time (rule C1): all of its own. */
  public int quota(BufferKind kind) {
    return instances(kind) == 0 ? 0 : buffers(kind) / instances(kind);
  }

  /** Returns the buffers of all kinds; numbered from 0, ordered by kind. */
  public int bufferCount() {
    return bufferCount;
  }

  /** Returns the number of the first buffer of a kind. */
  public int firstBuffer(BufferKind kind) {
    return firstBuffer[kind.ordinal()];
  }

  /** Returns the pools in use; numbered from 0, ordered by kind, then by instance. */
  public int poolCount() {
    return poolCount;
  }

  /** Returns the number of a pool. */
  public int pool(BufferKind kind, int instance) {
    return firstPool[kind.ordinal()] + instance;
  }

  /**
   * Returns, by pool, the free-queue slots that the quota lets the host keep filled while the
   * device holds a current buffer.
   */
  public int[] usableSlots() {
    int[] slots = new int[poolCount];
    for (int pool = 0; pool < slots.length; pool++) {
      slots[pool] = Math.min(poolLayout(pool).slotCount(), quota(kindOfPool(pool)) - CURRENT);
    }
    return slots;
  }

  /** Returns the kind of a pool. */
  public BufferKind kindOfPool(int pool) {
    for (int k = BufferKind.COUNT - 1; k > 0; k--) {
      if (pool >= firstPool[k] && instances[k] > 0) {
        return BufferKind.ALL.get(k);
      }
    }
    return BufferKind.ALL.get(0);
  }

  /** Returns the core or thread of a pool. */
  public int instanceOfPool(int pool) {
    return pool - firstPool[kindOfPool(pool).ordinal()];
  }

  /** Returns the offset of a pool. */
  public int poolOffset(int pool) {
    BufferKind kind = kindOfPool(pool);
    return regionOffset(kind.region()) + geometry.poolOffset(kind, instanceOfPool(pool));
  }

  /** Returns the layout of a pool. */
  public PoolLayout poolLayout(int pool) {
    return layout().pool(kindOfPool(pool));
  }

  /** Returns the pool that owns a buffer throughout the run. */
  public int homePool(int number) {
    return homePools[number];
  }

  /** Returns the kind of a buffer. */
  public BufferKind kindOfBuffer(int number) {
    for (int k = BufferKind.COUNT - 1; k > 0; k--) {
      if (number >= firstBuffer[k] && buffers[k] > 0) {
        return BufferKind.ALL.get(k);
      }
    }
    return BufferKind.ALL.get(0);
  }

  /** Returns the offset of a buffer. */
  public int offsetOfBuffer(int number) {
    BufferKind kind = kindOfBuffer(number);
    return kindOffset[kind.ordinal()]
        + (number - firstBuffer[kind.ordinal()]) * layout().buffer(kind).sizeBytes();
  }

  /** Returns the offset of the buffer of an idle pool. */
  public int idleBufferOffset(BufferKind kind, int instance) {
    return idleOffset[kind.ordinal()] + instance * layout().buffer(kind).sizeBytes();
  }

  /** Returns the offset of the first buffer of a kind; the buffers of a kind are contiguous. */
  public int kindOffset(BufferKind kind) {
    return kindOffset[kind.ordinal()];
  }
}

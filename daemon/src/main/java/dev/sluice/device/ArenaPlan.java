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
 * Where everything lies in an arena and how many buffers there are: pure arithmetic, so that an
 * arena is refused before a byte is reserved.
 *
 * <pre>
 *   0              region of the swimlane: data header, pools (order of abi.md 2.8)
 *   rotation       u64[cores of the platform], so that a device with more cores than declared stays
 *                  inside
 *   regions        those of other profilers that are attached, each 4 KiB aligned
 *   buffers        by kind in the order of their numbers, each kind contiguous and 4 KiB aligned
 *   idle buffers   one for each pool that the device only looks at during its init
 *   lock page      which threads may write; unknown to the device
 * </pre>
 *
 * <p>Three rules of abi.md appendix C hold for every plan. C1: a pool may hold at most {@code quota
 * = floor(buffers / instances)} at a time, and at least 3 (AICore: current, stashed, next) or 2
 * (all others: current, next), so that no pool can starve another forever. C4: the buffers that can
 * reach a ready queue are fewer than its entries, so a ready queue is never full. Cores may move
 * between scheduler threads, so every buffer of a region counts for every queue of it. PMU is the
 * exception: of the most cores its queue takes one buffer fewer than two for each, and a device
 * that finds it full waits for the drain.
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
              + ": fewer buffers, or raise it");
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
   * @param wanted buffers per instance; 0 is auto
   * @param maxBytes the longest arena allowed
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

  /** Takes auto counts down, one by one from the largest, until C4 holds. */
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
                + " (entries - 1): fewer buffers, or more entries");
      }
      perInstance[largest.ordinal()]--;
    }
  }

  /** Kinds of other profilers than the swimlane have no number of their own to be asked for. */
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
    // A client may ask for any 32-bit number of buffers.
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

  /** Bytes of the whole arena; fits an int, since one direct buffer shows it. */
  public int totalBytes() {
    return totalBytes;
  }

  public int rotationOffset() {
    return rotationOffset;
  }

  /** Where a region lies; 0 for the swimlane, and for one that is not attached. */
  public int regionOffset(Region region) {
    return regionOffset[region.ordinal()];
  }

  /** The ready queues of all regions, those of the swimlane first, by {@link ReadyQueue#number}. */
  public List<ReadyQueue> readyQueues() {
    return queues;
  }

  /** The number of the first ready queue of a region that is attached. */
  public int readyQueueOf(Region region) {
    return queues.stream().filter(queue -> queue.region() == region).findFirst().get().number();
  }

  /** Where the pools of all regions begin; their ready queues may lie between. */
  public int poolsOffset() {
    return layout().headerBytes();
  }

  /** Where the pools of all regions end. */
  public int poolsEnd() {
    return poolsEnd;
  }

  /** Where the first buffer lies. */
  public int buffersOffset() {
    return buffersOffset;
  }

  /** Where the lock page lies, if the memory is this host's. */
  public int locksOffset() {
    return locksOffset;
  }

  /** Pools of this kind that are in use. */
  public int instances(BufferKind kind) {
    return instances[kind.ordinal()];
  }

  /** Buffers of this kind, over all instances. */
  public int buffers(BufferKind kind) {
    return buffers[kind.ordinal()];
  }

  /** How many buffers one pool may hold at a time (appendix C1): all of its own. */
  public int quota(BufferKind kind) {
    return instances(kind) == 0 ? 0 : buffers(kind) / instances(kind);
  }

  /** Buffers of all kinds; they are numbered from 0 in the order of kinds. */
  public int bufferCount() {
    return bufferCount;
  }

  /** Number of the first buffer of a kind. */
  public int firstBuffer(BufferKind kind) {
    return firstBuffer[kind.ordinal()];
  }

  /** Pools in use; they are numbered from 0 in the order of kinds, then by instance. */
  public int poolCount() {
    return poolCount;
  }

  /** The number of a pool. */
  public int pool(BufferKind kind, int instance) {
    return firstPool[kind.ordinal()] + instance;
  }

  /**
   * By pool: the free-queue slots that its quota lets the host keep filled while the device has a
   * current buffer.
   */
  public int[] usableSlots() {
    int[] slots = new int[poolCount];
    for (int pool = 0; pool < slots.length; pool++) {
      slots[pool] = Math.min(poolLayout(pool).slotCount(), quota(kindOfPool(pool)) - CURRENT);
    }
    return slots;
  }

  /** The kind of the pool with this number. */
  public BufferKind kindOfPool(int pool) {
    for (int k = BufferKind.COUNT - 1; k > 0; k--) {
      if (pool >= firstPool[k] && instances[k] > 0) {
        return BufferKind.ALL.get(k);
      }
    }
    return BufferKind.ALL.get(0);
  }

  /** Core or thread of the pool with this number. */
  public int instanceOfPool(int pool) {
    return pool - firstPool[kindOfPool(pool).ordinal()];
  }

  /** Where a pool lies. */
  public int poolOffset(int pool) {
    BufferKind kind = kindOfPool(pool);
    return regionOffset(kind.region()) + geometry.poolOffset(kind, instanceOfPool(pool));
  }

  /** What is where in a pool. */
  public PoolLayout poolLayout(int pool) {
    return layout().pool(kindOfPool(pool));
  }

  /** The pool to which a buffer always belongs. */
  public int homePool(int number) {
    return homePools[number];
  }

  /** The kind of the buffer with this number. */
  public BufferKind kindOfBuffer(int number) {
    for (int k = BufferKind.COUNT - 1; k > 0; k--) {
      if (number >= firstBuffer[k] && buffers[k] > 0) {
        return BufferKind.ALL.get(k);
      }
    }
    return BufferKind.ALL.get(0);
  }

  /** Offset of the buffer with this number. */
  public int offsetOfBuffer(int number) {
    BufferKind kind = kindOfBuffer(number);
    return kindOffset[kind.ordinal()]
        + (number - firstBuffer[kind.ordinal()]) * layout().buffer(kind).sizeBytes();
  }

  /** Where the buffer of an idle pool lies. */
  public int idleBufferOffset(BufferKind kind, int instance) {
    return idleOffset[kind.ordinal()] + instance * layout().buffer(kind).sizeBytes();
  }

  /** Where the buffers of a kind start; they are contiguous. */
  public int kindOffset(BufferKind kind) {
    return kindOffset[kind.ordinal()];
  }
}

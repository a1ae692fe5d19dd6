package dev.sluice;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.ingest.ContentChecks;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Runs the hot path on a private arena before the first attach is accepted, so that the compiler
 * has done its work by then. A cold JVM needs about a second to get there, and a first-used code
 * path costs a pause of 8 to 31 ms (abi.md appendix C): in the first generation either one loses
 * records.
 *
 * <p>Both a generation that drops and one that blocks are run, since they take different branches.
 * The device is played by this class, on the same thread: buffers are tiny, so that the agents and
 * not the filling take the time.
 */
final class Warmup {
  private static final int ROUNDS = 12_000;
  private static final int CORES = 6;
  private static final int THREADS = 2;
  private static final long DEVICE_BASE = 0x1000_0000L;
  private static final long MAX_BYTES = 16 << 20;
  private static final LayoutOverrides TINY = new LayoutOverrides(0, 256, 8, 8, 8, 8);

  private final Settings settings;

  Warmup(Settings settings) {
    this.settings = settings;
  }

  /** Returns how many buffers went through, which is more than nothing. */
  long run() {
    long buffers = 0;
    for (Generation generation : List.of(Generation.L2_2026_06, Generation.CHIP_2026_08)) {
      buffers += run(Layout.of(generation, Platform.A2A3, TINY));
    }
    return buffers;
  }

  private long run(Layout layout) {
    Geometry geometry = new Geometry(layout, CORES, THREADS, 1, Geometry.HIGHEST_LEVEL);
    ArenaPlan plan;
    try {
      plan = ArenaPlan.of(geometry, new BufferCounts(6, 6, 6, 6), MAX_BYTES);
    } catch (ArenaRefusedException e) {
      throw new IllegalStateException("the warm-up's own arena must be legal", e);
    }
    DeviceMemory memory = new MappedMemory(ByteBuffer.allocateDirect(plan.totalBytes()));
    SyntheticContent content = new SyntheticContent(geometry, 1, 1_000_000, 1_000);
    SessionRun session =
        new SessionRun(
            plan,
            memory,
            DEVICE_BASE,
            settings,
            NanoClock.SYSTEM,
            new ParkMeter(),
            () -> ContentChecks.ofSome(content, plan.poolCount()));
    PlayedDevice device = new PlayedDevice(memory, plan);
    List<Agent> agents = session.agents();
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 4 == 0) {
        device.publishAll();
      }
      for (Agent agent : agents) {
        agent.doWork();
      }
    }
    session.totals();
    return session.totals().law().collected();
  }

  /** The device's side of the queues, as far as a host can tell it from a real one. */
  private static final class PlayedDevice {
    private final DeviceMemory memory;
    private final ArenaPlan plan;
    private final int[] sequences;
    private final int[] tokens;
    private final int[] tails;

    PlayedDevice(DeviceMemory memory, ArenaPlan plan) {
      this.memory = memory;
      this.plan = plan;
      this.sequences = new int[plan.poolCount()];
      this.tokens = new int[plan.poolCount()];
      this.tails = new int[plan.layout().queueCount()];
    }

    void publishAll() {
      for (int pool = 0; pool < plan.poolCount(); pool++) {
        publish(pool);
      }
    }

    private void publish(int pool) {
      BufferKind kind = plan.kindOfPool(pool);
      int instance = plan.instanceOfPool(pool);
      PoolLayout layout = plan.layout().pool();
      int at = plan.geometry().poolOffset(kind, instance);
      int head = memory.loadInt(at + layout.headOffset());
      if (head == memory.loadInt(at + layout.tailOffset())) {
        return;
      }
      long pointer = memory.loadLong(at + layout.slotOffset(head));
      memory.storeInt(at + layout.headOffset(), head + 1);
      fill(pool, (int) (pointer - DEVICE_BASE));
      BufferLayout buffer = plan.layout().buffer(kind);
      memory.storeInt(
          at + PoolLayout.TOTAL_RECORD_COUNT_OFFSET,
          memory.loadInt(at + PoolLayout.TOTAL_RECORD_COUNT_OFFSET) + buffer.records());

      int queue = instance % THREADS;
      int entry = plan.layout().entryOffset(queue, tails[queue]);
      memory.storeInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET, instance);
      memory.storeInt(entry + ReadyEntryLayout.KIND_OFFSET, kind.ordinal());
      memory.storeLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET, pointer);
      memory.storeInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET, sequences[pool]++);
      tails[queue] = (tails[queue] + 1) % plan.layout().queueEntries();
      memory.storeIntRelease(plan.layout().queueTailOffset(queue), tails[queue]);
    }

    private void fill(int pool, int offset) {
      BufferKind kind = plan.kindOfPool(pool);
      BufferLayout buffer = plan.layout().buffer(kind);
      if (kind == BufferKind.AICORE_TASK) {
        for (int slot = 0; slot < buffer.records(); slot++) {
          int record = offset + slot * kind.recordBytes();
          memory.storeLong(record + AicoreTaskRecord.START_TIME_OFFSET, 1);
          memory.storeInt(record + AicoreTaskRecord.REG_TASK_ID_OFFSET, tokens[pool]++);
        }
      }
      memory.storeInt(offset + buffer.countOffset(), buffer.records());
    }
  }
}

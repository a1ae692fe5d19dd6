package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Pointer;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.agent.Agent;
import dev.sluice.agent.ParkMeter;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.CopiedMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Cost of a buffer where every access is a runtime call: logs all copies while the test steps the
 * agents and the clock stands still, so that polls are deterministic.
 */
class CopiedPathCostTest {
  /** Larger copies are payload: a ready queue entry is 32 bytes. */
  private static final int NARROW_BYTES = ReadyEntryLayout.SIZE_BYTES;

  /** Tail, entry, free-queue head for the ledger; free-queue head twice for refill. */
  private static final int MOST_READS_PER_BUFFER = 5;

  /**
   * Ready-queue head, before each buffer is handed over; buffer count; slot and tail of the free
   * queue; in l2-2026.06 the entry's pointer.
   */
  private static final int MOST_WRITES_PER_BUFFER = 6;

  private final List<SharedRegion> regions = new ArrayList<>();
  private ByteBuffer device;
  private long deviceAddress;
  private int buffersOffset;
  private long reads;
  private long looks;
  private long writes;
  private long wideReads;
  private long wideBytes;
  private long wideWrites;

  private int copy(long to, long from, long bytes, boolean isToDevice) {
    int length = (int) bytes;
    boolean isWide = bytes > NARROW_BYTES;
    new Pointer(to).write(0, new Pointer(from).getByteArray(0, length), 0, length);
    if (isToDevice) {
      writes += isWide ? 0 : 1;
      wideWrites += isWide ? 1 : 0;
    } else if (from - deviceAddress < buffersOffset) {
      reads += isWide ? 0 : 1;
      looks += isWide ? 1 : 0; // a poll of many control words
    } else {
      reads += isWide ? 0 : 1;
      wideReads += isWide ? 1 : 0;
      wideBytes += isWide ? bytes : 0;
    }
    return 0;
  }

  private SharedRegion region(int bytes) throws IOException {
    SharedRegion region =
        SharedRegion.create("cost", bytes, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
    regions.add(region);
    return region;
  }

  @AfterEach
  void freeMemory() {
    regions.forEach(SharedRegion::close);
  }

  private void forget() {
    reads = 0;
    looks = 0;
    writes = 0;
    wideReads = 0;
    wideBytes = 0;
    wideWrites = 0;
  }

  private static void step(List<Agent> agents, int times) {
    for (int i = 0; i < times; i++) {
      agents.forEach(Agent::doWork);
    }
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldCopyEachPayloadByteOnceAndABoundedNumberOfWords(Generation generation)
      throws Exception {
    long[] readsOf = new long[3];
    long[] writesOf = new long[3];
    for (int shape = 0; shape < 3; shape++) {
      int cores = 1 << shape;
      int buffers = 2 * cores; // AICPU and AICore
      Layout layout = Layout.of(generation, Platform.A5, new LayoutOverrides(0, 64, 5, 6, 7, 8));
      ArenaPlan plan =
          TestArena.plan(new Geometry(layout, cores, 1, 0, 2), new BufferCounts(5, 4, 4, 6));
      SharedRegion memory = region(plan.totalBytes());
      SharedRegion copy = region(plan.totalBytes());
      device = memory.buffer();
      deviceAddress = memory.address();
      buffersOffset = plan.buffersOffset();
      Run run =
          new Run(
              new RunSetup(
                  plan,
                  new CopiedMemory(this::copy, deviceAddress, copy),
                  TestArena.DEVICE_BASE,
                  0,
                  TestSettings.with(),
                  new ManualClock(),
                  new ParkMeter(),
                  ContentChecks.none(),
                  RunCapture.NONE));
      PlayedDevice played =
          new PlayedDevice(new MappedMemory(device), plan, TestArena.DEVICE_BASE, 1);
      List<Agent> agents = run.agents();
      step(agents, buffers + 2); // the first sweep
      forget();
      step(agents, buffers + 2);
      long idleReads = reads;
      assertEquals(0, writes, "an idle host writes nothing");
      assertEquals(buffers, played.publishAll());
      forget();
      step(agents, buffers + 2);
      assertEquals(buffers, wideReads, "one wide copy per buffer");
      long payload = 0;
      long records = 0;
      for (BufferKind kind : List.of(BufferKind.AICPU_TASK, BufferKind.AICORE_TASK)) {
        payload += (long) cores * layout.buffer(kind).sizeBytes();
        records += (long) cores * layout.buffer(kind).records();
      }
      assertEquals(payload, wideBytes, "each byte once");
      assertEquals(0, wideWrites, "no bulk write to a running device");
      readsOf[shape] = reads - idleReads;
      writesOf[shape] = writes;
      String cost = readsOf[shape] + " reads, " + writes + " writes for " + buffers + " buffers";
      assertTrue(readsOf[shape] <= (long) MOST_READS_PER_BUFFER * buffers, cost);
      assertTrue(writes <= (long) MOST_WRITES_PER_BUFFER * buffers + 1, cost);
      assertEquals(records, run.count().law().collected());
    }
    // The cost per additional buffer is constant.
    assertEquals(2 * (readsOf[1] - readsOf[0]), readsOf[2] - readsOf[1], "reads");
    assertEquals(2 * (writesOf[1] - writesOf[0]), writesOf[2] - writesOf[1], "writes");
  }

  /** Copies of one idle sweep, and of one reading of the books, by number of cores. */
  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldLookAtAllPoolsByAConstantNumberOfCopies(Generation generation) throws Exception {
    long[] sweeps = new long[3];
    long[] counts = new long[3];
    for (int shape = 0; shape < 3; shape++) {
      Layout layout = Layout.of(generation, Platform.A5, new LayoutOverrides(0, 128, 5, 6, 7, 8));
      ArenaPlan plan =
          TestArena.plan(new Geometry(layout, 1 << shape, 1, 1, 4), new BufferCounts(5, 4, 4, 6));
      SharedRegion memory = region(plan.totalBytes());
      SharedRegion copy = region(plan.totalBytes());
      deviceAddress = memory.address();
      buffersOffset = plan.buffersOffset();
      ManualClock clock = new ManualClock();
      Run run =
          new Run(
              new RunSetup(
                  plan,
                  new CopiedMemory(this::copy, deviceAddress, copy),
                  TestArena.DEVICE_BASE,
                  0,
                  TestSettings.with(),
                  clock,
                  new ParkMeter(),
                  ContentChecks.none(),
                  RunCapture.NONE));
      run.engine().refill().doWork();
      clock.advance(10_000_000);
      forget();
      run.engine().refill().doWork();
      sweeps[shape] = reads + looks;
      forget();
      run.count();
      counts[shape] = reads + looks;
      assertEquals(0, writes + wideWrites + wideReads, "a look changes nothing");
    }
    assertTrue(sweeps[0] <= 1, sweeps[0] + " copies for a sweep");
    // One of them polls the rotation table until the device has filled it.
    assertTrue(counts[0] <= 6, counts[0] + " copies for the books");
    assertEquals(sweeps[0], sweeps[2], "whatever the number of pools");
    assertEquals(counts[0], counts[2], "whatever the number of pools");
  }
}

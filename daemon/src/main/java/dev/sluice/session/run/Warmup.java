package dev.sluice.session.run;

import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.output.capture.RehearsedCapture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the hot path on a private arena before the first attach is accepted, so that it is compiled
 * by then. A cold JVM needs about a second for that, and the first use of a code path pauses for 8
 * to 31 ms; on {@code l2-2026.06} either one loses records.
 *
 * <p>Runs a generation that drops and one that waits, since they take different branches. The
 * device is played on the same thread with tiny buffers, so that the agents take most of the time.
 */
public final class Warmup {
  private static final Logger log = LoggerFactory.getLogger(Warmup.class);
  private static final int ROUNDS = 12_000;
  private static final int CORES = 6;
  private static final int THREADS = 2;
  private static final long DEVICE_BASE = 0x1000_0000L;
  private static final long MAX_BYTES = 16 << 20;
  private static final LayoutOverrides TINY = new LayoutOverrides(0, 256, 8, 8, 8, 8);

  private final Settings settings;

  public Warmup(Settings settings) {
    this.settings = settings;
  }

  /** Returns the number of buffers processed, always above 0. */
  public long run() {
    touchNativeMemory();
    long buffers = 0;
    for (Generation generation : List.of(Generation.L2_2026_06, Generation.CHIP_2026_09)) {
      buffers += run(Layout.of(generation, Platform.A2A3, TINY));
    }
    return buffers;
  }

  /** The first libc call loads JNA, which takes longer than the rest of an attach. */
  private void touchNativeMemory() {
    try (SharedRegion region =
        SharedRegion.create(
            "sluice-warm-up", 4096, SharedRegion.Extra.OFF, SharedRegion.Extra.TRY)) {
      log.debug("shared memory works: {} bytes", region.bytes());
    } catch (IOException e) {
      // Every client that attaches gets this error; the daemon can still serve metrics.
      log.warn("cannot create shared memory: {}", e.getMessage());
    }
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
    RehearsedCapture capture =
        settings.captureOfAny().enabled() ? new RehearsedCapture(geometry) : null;
    Run session =
        new Run(
            new RunSetup(
                plan,
                memory,
                DEVICE_BASE,
                0,
                settings,
                NanoClock.SYSTEM,
                new ParkMeter(),
                ContentChecks.ofSome(content, plan.poolCount()),
                capture == null ? RunCapture.NONE : RunCapture.of(capture)));
    PlayedDevice device = new PlayedDevice(memory, plan, DEVICE_BASE, THREADS);
    List<Agent> agents = session.agents();
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 4 == 0) {
        device.publishAll();
      }
      for (Agent agent : agents) {
        agent.doWork();
      }
      if (capture != null) {
        capture.empty();
      }
    }
    return session.count().law().collected();
  }
}

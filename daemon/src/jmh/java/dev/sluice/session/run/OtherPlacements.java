package dev.sluice.session.run;

import com.sun.jna.Pointer;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.CopiedMemory;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.device.UncachedMemory;
import dev.sluice.ingest.ContentChecks;
import java.util.List;
import java.util.Optional;

/**
 * Alternates sessions on all three implementations of DeviceMemory, so that every call site has
 * three receivers in its profile, as in a daemon with all placements.
 */
final class OtherPlacements {
  private static final int ROUNDS = 8_000;
  private static final long DEVICE_BASE = 0x1000_0000L;

  private OtherPlacements() {}

  static void run() throws Exception {
    Layout layout =
        Layout.of(Generation.CHIP_2026_08, Platform.A2A3, new LayoutOverrides(0, 256, 8, 8, 8, 8));
    ArenaPlan plan =
        ArenaPlan.of(
            new Geometry(layout, 6, 2, 1, Geometry.HIGHEST_LEVEL),
            new BufferCounts(6, 6, 6, 6),
            16 << 20);
    int bytes = plan.totalBytes();
    try (SharedRegion mapped = region(bytes);
        SharedRegion first = region(bytes);
        SharedRegion second = region(bytes);
        SharedRegion firstShadow = region(bytes);
        SharedRegion secondShadow = region(bytes)) {
      List<Engine> engines =
          List.of(
              new Engine(plan, new MappedMemory(mapped.buffer()), mapped),
              new Engine(
                  plan,
                  new CopiedMemory(OtherPlacements::copy, first.address(), firstShadow),
                  first),
              new Engine(
                  plan,
                  new UncachedMemory(
                      second.buffer(),
                      secondShadow,
                      OtherPlacements::copy,
                      second.address(),
                      false),
                  second));
      for (int round = 0; round < ROUNDS; round++) {
        for (Engine engine : engines) {
          engine.round();
        }
      }
    }
  }

  private static SharedRegion region(int bytes) throws Exception {
    return SharedRegion.create("jmh", bytes, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
  }

  /** Copies between any two addresses of this process, in the runtime's place. */
  private static int copy(long to, long from, long bytes, boolean isToDevice) {
    int length = (int) bytes;
    new Pointer(to).write(0, new Pointer(from).getByteArray(0, length), 0, length);
    return 0;
  }

  private static final class Engine {
    private final List<Agent> agents;
    private final PlayedDevice device;

    Engine(ArenaPlan plan, DeviceMemory memory, SharedRegion region) {
      Run run =
          new Run(
              new RunSetup(
                  plan,
                  memory,
                  DEVICE_BASE,
                  0,
                  Configuration.load(ConfigSources.of(Optional.empty(), List.of())).settings(),
                  NanoClock.SYSTEM,
                  new ParkMeter(),
                  ContentChecks.none(),
                  RunCapture.NONE));
      agents = run.agents();
      device = new PlayedDevice(new MappedMemory(region.buffer()), plan, DEVICE_BASE, 2);
    }

    void round() {
      device.publishAll();
      for (int i = 0; i < 3; i++) {
        for (Agent agent : agents) {
          agent.doWork();
        }
      }
    }
  }
}

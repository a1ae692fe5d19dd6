package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.bridge.ThreadPlacement;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.ConfigKeys;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunCapture;
import dev.sluice.session.run.RunSetup;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.diagnose.HostProbes;
import dev.sluice.tool.diagnose.Shape;
import dev.sluice.tool.diagnose.ShapeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The experiments of {@code sluice diagnose} that need daemon internals. */
final class DiagnoseProbes implements HostProbes {
  private static final Logger log = LoggerFactory.getLogger(DiagnoseProbes.class);
  private static final long DEVICE_BASE = 0x1000_0000L;

  private static final int WARM_ROUNDS = 3_000;

  // Tiny buffers: the test measures the path of a buffer, not its content.
  private static final LayoutOverrides TINY = new LayoutOverrides(0, 0, 8, 8, 8, 8);

  private static Settings settings(Map<String, String> overrides) {
    List<String> sets =
        overrides.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    return Configuration.load(ConfigSources.of(Optional.empty(), sets)).settings();
  }

  @Override
  public Shape plan(ShapeRequest request, Map<String, String> overrides) throws ToolException {
    Settings settings = settings(overrides);
    ArenaPlan plan =
        plan(
            request,
            new LayoutOverrides(request.slots(), 0, 0, 0, 0, 0),
            counts(request, settings.arena().buffers()),
            settings.arena().bytes());
    double recordBytes = 0;
    for (BufferKind kind : BufferKind.ALL) {
      recordBytes += (double) plan.instances(kind) * kind.recordBytes();
    }
    List<Shape.PoolKind> pools = new ArrayList<>();
    for (BufferKind kind : BufferKind.ALL) {
      if (plan.instances(kind) > 0) {
        BufferLayout buffer = plan.layout().buffer(kind);
        pools.add(
            new Shape.PoolKind(
                kind.label(),
                plan.instances(kind),
                (long) buffer.records() * kind.recordBytes(),
                plan.usableSlots()[plan.pool(kind, 0)],
                plan.quota(kind),
                plan.instances(kind) * kind.recordBytes() / recordBytes));
      }
    }
    return new Shape(plan.totalBytes(), pools);
  }

  private static BufferCounts counts(ShapeRequest request, BufferCounts configured) {
    int asked = request.buffers();
    return asked == 0 ? configured : new BufferCounts(asked, 0, 0, asked);
  }

  private static ArenaPlan plan(
      ShapeRequest request, LayoutOverrides overrides, BufferCounts counts, long maxBytes)
      throws ToolException {
    try {
      Layout plain = Layout.parse(request.layout());
      Layout layout = Layout.of(plain.generation(), plain.platform(), overrides);
      return ArenaPlan.of(
          new Geometry(layout, request.cores(), request.aicpuThreads(), 0, ShapeRequest.LEVEL),
          counts,
          maxBytes);
    } catch (ArenaRefusedException | IllegalArgumentException e) {
      throw new ToolException("no arena for " + request + ": " + e.getMessage(), e);
    }
  }

  @Override
  public double controlPath(ShapeRequest request, long durationNs) throws ToolException {
    ArenaPlan plan = plan(request, TINY, new BufferCounts(0, 0, 0, 0), ConfigKeys.MAX_ARENA_BYTES);
    DeviceMemory memory = new MappedMemory(ByteBuffer.allocateDirect(plan.totalBytes()));
    Run run =
        new Run(
            new RunSetup(
                plan,
                memory,
                DEVICE_BASE,
                0,
                settings(Map.of("sluice.capture.enabled", "false")),
                NanoClock.SYSTEM,
                new ParkMeter(),
                ContentChecks.none(),
                RunCapture.NONE));
    PlayedDevice device =
        new PlayedDevice(memory, plan, DEVICE_BASE, plan.geometry().schedThreads());
    List<Agent> agents = run.agents();
    long buffers = 0;
    long spentNs = 0;
    long beginNs = System.nanoTime();
    for (int round = 0; round < WARM_ROUNDS || System.nanoTime() - beginNs < durationNs; round++) {
      int published = device.publishAll();
      long startNs = System.nanoTime();
      int work;
      do {
        work = 0;
        for (Agent agent : agents) {
          work += agent.doWork();
        }
      } while (work > 0);
      if (round >= WARM_ROUNDS) {
        spentNs += System.nanoTime() - startNs;
        buffers += published;
      } else {
        beginNs = System.nanoTime();
      }
    }
    return buffers * 1e9 / spentNs;
  }

  @Override
  public Pauses pauses(Map<String, String> overrides, long durationNs, long thresholdNs)
      throws ToolException {
    Settings settings = settings(overrides);
    List<Gap> gaps = new ArrayList<>();
    Thread looker =
        new Thread(() -> look(settings, durationNs, thresholdNs, gaps), "sluice-diagnose-pauses");
    looker.setDaemon(true);
    looker.start();
    try {
      looker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while measuring pauses", e);
    }
    return new Pauses(durationNs, gaps);
  }

  private static void look(Settings settings, long durationNs, long thresholdNs, List<Gap> gaps) {
    try {
      if (!settings.drain().cpus().isEmpty()) {
        ThreadPlacement.pinTo(settings.drain().cpus());
      }
      if (settings.drain().nice() != 0) {
        ThreadPlacement.nice(settings.drain().nice());
      }
    } catch (IOException e) {
      log.warn("pauses measured on an unpinned thread: {}", e.getMessage());
    }
    long beginNs = System.nanoTime();
    long lastNs = beginNs;
    while (lastNs - beginNs < durationNs) {
      long nowNs = System.nanoTime();
      if (nowNs - lastNs >= thresholdNs) {
        gaps.add(new Gap(lastNs - beginNs, nowNs - lastNs));
      }
      lastNs = nowNs;
    }
  }
}

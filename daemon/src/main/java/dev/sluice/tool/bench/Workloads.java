package dev.sluice.tool.bench;

import dev.sluice.output.export.ExportFormat;
import dev.sluice.tool.bench.BaselineWorkloads.Host;
import dev.sluice.tool.measure.Load;
import java.util.ArrayList;
import java.util.List;

/** All workloads, in the order of execution. */
final class Workloads {
  private static final long MB = 1_000_000L;
  private static final double GB = 1e9;
  private static final int TASKS_ONLY = 2;
  private static final int EVERY_KIND = 4;

  private Workloads() {}

  static List<Workload> all() {
    List<Workload> all = new ArrayList<>();
    all.add(
        DaemonWorkloads.startup(
            "startup", Load.of(Load.NEWEST, 24, 1, TASKS_ONLY).withRate(300 * MB)));
    all.add(
        DaemonWorkloads.attach(
            "attach", Load.of(Load.NEWEST, 24, 1, TASKS_ONLY).withRate(1000 * MB)));

    all.add(cleanRate("clean-rate/l2-2026.06-1x1", Load.L2_2026_06, 1, 1, 0.2 * GB));
    all.add(cleanRate("clean-rate/l2-2026.07-1x1", Load.L2_2026_07, 1, 1, 0.2 * GB));
    all.add(cleanRate("clean-rate/chip-2026.09-1x1", Load.NEWEST, 1, 1, 6 * GB));
    all.add(cleanRate("clean-rate/l2-2026.06-72x3", Load.L2_2026_06, 72, 3, 4 * GB));
    all.add(cleanRate("clean-rate/l2-2026.07-72x3", Load.L2_2026_07, 72, 3, 4 * GB));
    all.add(cleanRate("clean-rate/chip-2026.09-72x3", Load.NEWEST, 72, 3, 4 * GB));

    // Workloads to compare run next to each other, because a shared machine drifts.
    sideBySide(all, "l2-2026.06-24x1", Load.L2_2026_06, 2 * GB, 2 * GB);
    sideBySide(all, "l2-2026.07-24x1", Load.L2_2026_07, 5 * GB, Double.NaN);
    sideBySide(all, "chip-2026.09-24x1", Load.NEWEST, 6 * GB, 3 * GB);
    all.add(
        CaptureWorkloads.capturing(
            LoadWorkloads.refillLatency(
                "capture/refill-latency/800MB",
                Load.of(Load.NEWEST, 24, 1, TASKS_ONLY).withRate(800 * MB))));

    Load everyKind = Load.of(Load.NEWEST, 24, 3, EVERY_KIND).withRate(500 * MB);
    all.add(CaptureWorkloads.verify("capture/verify", everyKind, 2 * GB));
    all.add(CaptureWorkloads.size("capture/size", everyKind, 0.25));
    all.add(
        CaptureWorkloads.export("export/records-json", everyKind, ExportFormat.RECORDS_JSON, 5e6));
    all.add(CaptureWorkloads.export("export/perfetto", everyKind, ExportFormat.PERFETTO, 10e6));

    all.add(
        LoadWorkloads.unthrottled(
            "unthrottled/chip-2026.09-24x1", Load.of(Load.NEWEST, 24, 1, TASKS_ONLY), Double.NaN));
    all.add(
        LoadWorkloads.unthrottled(
            "unthrottled/chip-2026.09-24x3-level4",
            Load.of(Load.NEWEST, 24, 3, EVERY_KIND),
            2 * GB));

    for (long rate : new long[] {300, 800, 1600}) {
      all.add(
          LoadWorkloads.refillLatency(
              "refill-latency/" + rate + "MB",
              Load.of(Load.NEWEST, 24, 1, TASKS_ONLY).withRate(rate * MB)));
    }
    all.add(
        LoadWorkloads.garbage(
            "garbage/l2-2026.06",
            Load.of(Load.L2_2026_06, 24, 1, TASKS_ONLY).withRate(300 * MB),
            200 * MB));
    all.add(
        DaemonWorkloads.idle(
            "idle/l2-2026.07", Load.of(Load.L2_2026_07, 24, 1, TASKS_ONLY).withRate(250 * MB)));
    return List.copyOf(all);
  }

  /** Adds the daemon, the floor in plain C and the old design on one geometry. */
  private static void sideBySide(
      List<Workload> all, String geometry, String layout, double target, double captureTarget) {
    Load load = Load.of(layout, 24, 1, TASKS_ONLY);
    all.add(LoadWorkloads.cleanRate("clean-rate/" + geometry, load, target));
    all.addAll(BaselineWorkloads.of(geometry, load, Host.FLOOR_COUNT));
    all.add(
        CaptureWorkloads.capturing(
            LoadWorkloads.cleanRate("capture/clean-rate/" + geometry, load, captureTarget)));
    all.add(
        CaptureWorkloads.capturingToDisk(
            LoadWorkloads.cleanRate("capture-disk/clean-rate/" + geometry, load, captureTarget)));
    all.addAll(
        BaselineWorkloads.of(geometry, load, Host.FLOOR_FILE, Host.OLD_HOST, Host.OLD_HOST_RING));
    if (layout.equals(Load.L2_2026_06)) {
      all.addAll(BaselineWorkloads.of(geometry, load, Host.OLD_HOST_SWEEP));
    }
    all.addAll(BaselineWorkloads.of(geometry, load, Host.FLOOR_COPY));
  }

  private static Workload cleanRate(
      String name, String layout, int cores, int aicpuThreads, double target) {
    return LoadWorkloads.cleanRate(name, Load.of(layout, cores, aicpuThreads, TASKS_ONLY), target);
  }
}

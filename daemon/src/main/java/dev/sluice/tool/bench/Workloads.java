package dev.sluice.tool.bench;

import dev.sluice.output.export.ExportFormat;
import java.util.ArrayList;
import java.util.List;

/** Every workload there is, in the order in which they run. */
final class Workloads {
  private static final long MB = 1_000_000L;
  private static final double GB = 1e9;
  private static final int TASKS_ONLY = 2;
  private static final int EVERY_KIND = 4;

  private Workloads() {}

  static List<Workload> all() {
    List<Workload> all = new ArrayList<>();
    all.add(new StartupWorkload("startup", Load.of(Load.G1, 24, 1, TASKS_ONLY).withRate(300 * MB)));
    all.add(new AttachWorkload("attach", Load.of(Load.G3, 24, 1, TASKS_ONLY).withRate(1000 * MB)));

    all.add(cleanRate("clean-rate/g1-1x1", Load.G1, 1, 1, 0.2 * GB));
    all.add(cleanRate("clean-rate/g2-1x1", Load.G2, 1, 1, 0.2 * GB));
    all.add(cleanRate("clean-rate/g3-1x1", Load.G3, 1, 1, 6 * GB));
    all.add(cleanRate("clean-rate/g1-72x3", Load.G1, 72, 3, 4 * GB));
    all.add(cleanRate("clean-rate/g2-72x3", Load.G2, 72, 3, 4 * GB));
    all.add(cleanRate("clean-rate/g3-72x3", Load.G3, 72, 3, 4 * GB));

    // Side by side, each with what it is compared with next to it: a shared machine drifts.
    sideBySide(all, "g1-24x1", Load.G1, 2 * GB, 2 * GB);
    sideBySide(all, "g2-24x1", Load.G2, 5 * GB, Double.NaN);
    sideBySide(all, "g3-24x1", Load.G3, 6 * GB, 3 * GB);
    all.add(
        capturing(
            new RefillLatencyWorkload(
                "capture/refill-latency/800MB",
                Load.of(Load.G2, 24, 1, TASKS_ONLY).withRate(800 * MB))));

    Load everyKind = Load.of(Load.G3, 24, 3, EVERY_KIND).withRate(500 * MB);
    all.add(new VerifyWorkload("capture/verify", everyKind, 2 * GB));
    all.add(new SizeWorkload("capture/size", everyKind, 0.25));
    all.add(new ExportWorkload("export/records-json", everyKind, ExportFormat.RECORDS_JSON, 5e6));
    all.add(new ExportWorkload("export/perfetto", everyKind, ExportFormat.PERFETTO, 10e6));

    all.add(
        new UnthrottledWorkload(
            "unthrottled/g3-24x1", Load.of(Load.G3, 24, 1, TASKS_ONLY), Double.NaN));
    all.add(
        new UnthrottledWorkload(
            "unthrottled/g3-24x3-level4", Load.of(Load.G3, 24, 3, EVERY_KIND), 2 * GB));

    for (long rate : new long[] {300, 800, 1600}) {
      all.add(
          new RefillLatencyWorkload(
              "refill-latency/" + rate + "MB",
              Load.of(Load.G2, 24, 1, TASKS_ONLY).withRate(rate * MB)));
    }
    all.add(
        new GarbageWorkload(
            "garbage/g1", Load.of(Load.G1, 24, 1, TASKS_ONLY).withRate(300 * MB), 200 * MB));
    all.add(new IdleWorkload("idle/g2", Load.of(Load.G2, 24, 1, TASKS_ONLY).withRate(250 * MB)));
    return List.copyOf(all);
  }

  /** The daemon, the floor in plain C and the old design on one geometry. */
  private static void sideBySide(
      List<Workload> all, String geometry, String layout, double target, double captureTarget) {
    all.add(cleanRate("clean-rate/" + geometry, layout, 24, 1, target));
    all.add(baseline(Baseline.FLOOR_COUNT, geometry, layout));
    all.add(capturing(cleanRate("capture/clean-rate/" + geometry, layout, 24, 1, captureTarget)));
    all.add(baseline(Baseline.FLOOR_FILE, geometry, layout));
    all.add(baseline(Baseline.OLD_HOST, geometry, layout));
    all.add(baseline(Baseline.OLD_HOST_RING, geometry, layout));
    if (layout.equals(Load.G1)) {
      all.add(baseline(Baseline.OLD_HOST_SWEEP, geometry, layout));
    }
    all.add(baseline(Baseline.FLOOR_COPY, geometry, layout));
  }

  private static Workload baseline(Baseline baseline, String geometry, String layout) {
    return new BaselineWorkload(
        baseline.workload(geometry), baseline, Load.of(layout, 24, 1, TASKS_ONLY));
  }

  private static Workload capturing(Workload workload) {
    return new CapturingWorkload(workload.name(), workload);
  }

  private static Workload cleanRate(
      String name, String layout, int cores, int aicpuThreads, double target) {
    return new CleanRateWorkload(name, Load.of(layout, cores, aicpuThreads, TASKS_ONLY), target);
  }
}

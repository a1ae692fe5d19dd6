package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;

/**
 * A daemon that has just started, each run a new one: time to readiness, resident memory without
 * arenas, and whether the first second after an attach is as good as any.
 */
record StartupWorkload(String name, Load load) implements Workload {
  private static final double READY_TARGET_SECONDS = 1.5;
  private static final double RESIDENT_TARGET_BYTES = 200e6;
  private static final long SETTLE_MS = 500;

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "a daemon just started; first second after attach: "
        + load.layout()
        + " at "
        + Unit.BYTES_PER_SECOND.format(load.bytesPerSecond());
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    int count = bench.runs();
    double[] ready = new double[count];
    double[] resident = new double[count];
    double[] shared = new double[count];
    double[] lost = new double[count];
    for (int run = 0; run < count; run++) {
      try (DaemonProcess daemon = DaemonProcess.start(bench.settings())) {
        ready[run] = daemon.readySeconds();
        bench.pause(SETTLE_MS);
        resident[run] = daemon.figures().resident().privateBytes();
        shared[run] = daemon.figures().resident().sharedBytes();
        RunReport report =
            bench.run(
                load, daemon.client(), daemon.attachSocket(), () -> daemon.figures().cpuSeconds());
        runs.add(report);
        lost[run] = UnthrottledWorkload.lost(report);
      }
    }
    return new Measurement(
        List.of(
            Figure.atMost(READY_TARGET_SECONDS, "ready", ready, Unit.SECONDS),
            Figure.atMost(RESIDENT_TARGET_BYTES, "resident memory", resident, Unit.BYTES),
            Figure.told("shared memory, heap of ZGC on 17", shared, Unit.BYTES),
            Figure.atMost(0, "lost in the first second", lost, Unit.RECORDS)),
        runs);
  }
}

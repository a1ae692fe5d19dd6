package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * From the start of the producer's process to the first collected buffer that the daemon reports:
 * connection, arena, mapping and launch included.
 */
record AttachWorkload(String name, Load load) implements Workload {
  private static final double TARGET_SECONDS = 0.050;
  private static final long POLL_MS = 1;
  private static final int WARM_UP_REQUESTS = 50;

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "attach to first collected buffer, " + load.layout();
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    double[] seconds = new double[bench.runs()];
    try (DaemonProcess daemon = DaemonProcess.start(bench.settings())) {
      // The question is how fast the attach is, not how fast the first HTTP answers of a JVM are.
      for (int request = 0; request < WARM_UP_REQUESTS; request++) {
        daemon.client().sessions();
      }
      for (int run = 0; run < seconds.length; run++) {
        AtomicLong firstNs = new AtomicLong();
        long startNs = System.nanoTime();
        runs.add(
            bench.run(
                load,
                daemon.client(),
                daemon.attachSocket(),
                () -> daemon.figures().cpuSeconds(),
                POLL_MS,
                session -> {
                  if (session.total().collectedRecords() > 0) {
                    firstNs.compareAndSet(0, System.nanoTime());
                  }
                }));
        if (firstNs.get() == 0) {
          throw new ToolException("nothing was collected while the producer was running");
        }
        seconds[run] = (firstNs.get() - startNs) / 1e9;
      }
    }
    return new Measurement(
        List.of(Figure.atMost(TARGET_SECONDS, "to first buffer", seconds, Unit.SECONDS)), runs);
  }
}

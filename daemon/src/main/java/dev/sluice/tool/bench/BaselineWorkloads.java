package dev.sluice.tool.bench;

import dev.sluice.bridge.NativeTools;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProducerProcess;
import dev.sluice.tool.ReportingProcess;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.ScratchFolder;
import dev.sluice.tool.measure.Unit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Hosts in plain C ({@code sluice-baseline}) instead of the daemon, for one session each. The
 * program is built with the C tests and not packaged; without it these workloads are absent.
 */
final class BaselineWorkloads {
  private static final String PROGRAM = "sluice-baseline";

  private BaselineWorkloads() {}

  /** A host to compare the daemon with. */
  enum Host {
    FLOOR_COUNT("floor/count", "C floor, one loop that drains, refills at once and counts"),
    FLOOR_FILE(
        "floor/file",
        "C floor, one loop that drains, refills at once and writes to a file (1GiB, over and over,"
            + " tmpfs if available)"),
    OLD_HOST(
        "old-host/clean",
        "old design: refill on entries, locked queue, 10 us sleeps, records kept in vectors"),
    OLD_HOST_RING("old-host/ring", "old design that copies the records into a ring instead"),
    OLD_HOST_SWEEP("old-host/sweep", "old design that scans every pool on every pass"),
    FLOOR_COPY(
        "floor/copy", "C floor, one loop that drains, refills at once and copies into memory");

    private final String prefix;
    private final String description;

    Host(String prefix, String description) {
      this.prefix = prefix;
      this.description = description;
    }

    /** Returns mode and options of the program. */
    List<String> arguments(Path file) {
      return switch (this) {
        case FLOOR_COUNT -> List.of("floor", "--memory", "0");
        case FLOOR_COPY -> List.of("floor");
        case FLOOR_FILE -> List.of("floor", "--file", file.toString());
        case OLD_HOST -> List.of("old-host");
        case OLD_HOST_RING -> List.of("old-host", "--ring");
        case OLD_HOST_SWEEP -> List.of("old-host", "--sweep");
      };
    }

    /** Returns the name of the workload for a geometry such as {@code l2-2026.06-24x1}. */
    String workload(String geometry) {
      return prefix + "-" + geometry;
    }
  }

  /** Returns one workload for each host, at the rates that the search chooses. */
  static List<Workload> of(String geometry, Load load, Host... hosts) {
    try {
      Path program = NativeTools.find(PROGRAM);
      return Arrays.stream(hosts).map(host -> workload(host, geometry, load, program)).toList();
    } catch (IOException e) {
      return List.of(); // not built
    }
  }

  /** Finds the highest clean rate with the same search and the same producer as for the daemon. */
  private static Workload workload(Host host, String geometry, Load load, Path program) {
    return new Workload(
        host.workload(geometry),
        3,
        "highest clean rate of the " + host.description + "; " + load.geometry(),
        bench -> {
          // Even an idle daemon would use part of the machine.
          bench.runs().close();
          List<Run> all = new ArrayList<>();
          try (ScratchFolder folder = ScratchFolder.inMemory()) {
            Path file = folder.path().resolve("records");
            CleanRateSearch.Found found =
                new CleanRateSearch(
                        rate -> {
                          all.add(run(bench, load.withRate(rate), program, host.arguments(file)));
                          return all.get(all.size() - 1).outcome();
                        },
                        bench.medianOf())
                    .search();
            // Show the last run of those behind the figure.
            Run last = all.get(all.size() - 1);
            return new Measurement(
                List.of(
                    Figure.told("clean rate", Unit.BYTES_PER_SECOND, found.cleanBytesPerSecond())
                        .withResolution(found.resolution())),
                List.of(),
                Map.of("baseline", last.baseline(), "producer", last.producer()));
          }
        });
  }

  /**
   * One finished run of a producer against such a host.
   *
   * @param baseline the host's report, as printed
   * @param producer the producer's report, as printed
   * @param deviceThreads threads of the device that can wait for the host
   */
  record Run(Map<String, Object> baseline, Map<String, Object> producer, int deviceThreads) {
    /** Applies the same rule for a clean run as for the daemon. */
    CleanRateSearch.Outcome outcome() throws ToolException {
      double seconds = Json.real(producer, "duration_seconds");
      double collected = Json.real(baseline, "collected_bytes");
      double stalled = Json.real(producer, "stall_seconds");
      double stalledRatio = seconds > 0 ? stalled / (seconds * deviceThreads) : 0;
      boolean isLossless =
          Json.whole(producer, "dropped_records") == 0
              && Json.whole(producer, "aicore_lost") == 0
              && Json.whole(producer, "produced_records")
                  == Json.whole(baseline, "collected_records");
      return new CleanRateSearch.Outcome(
          isLossless && stalledRatio < LoadWorkloads.STALLED_RATIO_LIMIT,
          Json.real(producer, "bytes_per_second"),
          seconds > 0 ? collected / seconds : 0);
    }
  }

  static Run run(Bench bench, Load load, Path program, List<String> arguments)
      throws ToolException {
    bench.show(load);
    String name = bench.runs().nextSession();
    try (ScratchFolder folder = ScratchFolder.inMemory()) {
      String socket = folder.path().resolve("host.sock").toString();
      try (HostProcess host = HostProcess.start(program, arguments, socket);
          ProducerProcess producer =
              ProducerProcess.start(load.arguments(socket, name), bench.progress()::println)) {
        bench.runs().stopSignal().onRequest(producer::stop);
        Map<String, Object> produced = producer.report();
        return new Run(host.report(), produced, load.deviceThreads());
      } finally {
        bench.runs().stopSignal().onRequest(() -> {});
      }
    }
  }

  /** The host's process, which ends with its producer. */
  private static final class HostProcess extends ReportingProcess {
    private static final long CHECK_MS = 20;

    private HostProcess(Process process, Consumer<String> errorLines) {
      super("the baseline", process, errorLines);
    }

    /** Starts the host and returns when a producer can attach. */
    static HostProcess start(Path program, List<String> arguments, String socket)
        throws ToolException {
      List<String> all = new ArrayList<>(arguments);
      all.addAll(List.of("--socket", socket));
      CountDownLatch listening = new CountDownLatch(1);
      HostProcess process =
          new HostProcess(
              launch(program, all),
              line -> {
                if (line.startsWith("listening on ")) {
                  listening.countDown();
                }
              });
      boolean isListening = false;
      try {
        while (!listening.await(CHECK_MS, TimeUnit.MILLISECONDS)) {
          if (process.awaitEnd(0)) {
            process.report(); // throws the last error line
            throw new ToolException("the baseline ended before a producer could attach");
          }
        }
        isListening = true;
        return process;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ToolException("interrupted while the baseline was starting", e);
      } finally {
        if (!isListening) {
          process.close();
        }
      }
    }
  }
}

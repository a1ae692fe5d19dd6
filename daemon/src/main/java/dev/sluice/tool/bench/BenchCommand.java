package dev.sluice.tool.bench;

import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the fixed workloads and prints each figure beside what the machine did meanwhile. */
@Command(
    name = "bench",
    description = "Measure this version on this machine with fixed workloads.",
    footer = {
      "",
      "Example: sluice bench --quick --filter refill-latency",
      "",
      "A missed target is a result: the exit code is 0 when every workload ran."
    })
public final class BenchCommand implements Callable<Integer> {
  private static final int QUICK_RUNS = 1;
  private static final int DEFAULT_RUNS = 5;

  private final DaemonHost host;
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean isJson;

  @Option(names = "--quick", description = "One run each and short waits: rough figures.")
  private boolean isQuick;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Runs that make a median. Default: 5, with --quick 1.")
  private Integer runs;

  @Option(
      names = "--filter",
      paramLabel = "NAME",
      description = "Only workloads whose name contains this.")
  private String filter = "";

  @Option(names = "--list", description = "Name the workloads and exit.")
  private boolean isList;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key of the daemon; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  public BenchCommand(DaemonHost host, StopSignal stopSignal) {
    this.host = host;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    List<Workload> workloads =
        Workloads.all().stream().filter(workload -> workload.name().contains(filter)).toList();
    if (workloads.isEmpty()) {
      throw usage("--filter: no workload's name contains '" + filter + "'; see --list");
    }
    if (isList) {
      workloads.forEach(each -> out().println(each.name() + ": " + each.description()));
      out().flush();
      return ExitCode.FINE;
    }
    int medianOf = runs != null ? runs : isQuick ? QUICK_RUNS : DEFAULT_RUNS;
    if (medianOf < 1) {
      throw usage("--runs: " + medianOf + " is too small; the least is 1");
    }
    return run(workloads, medianOf);
  }

  private int run(List<Workload> workloads, int medianOf) throws ToolException {
    BenchReport report = new BenchReport(medianOf, isQuick);
    try (ProgressLine progress = ProgressLine.onStandardError();
        Bench bench = new Bench(host, settings, stopSignal, progress, medianOf, isQuick)) {
      show(progress, report.head());
      for (Workload workload : workloads) {
        bench.begin(workload);
        MachineNoise.Watch watch = MachineNoise.watch();
        try {
          report.add(workload, workload.measure(bench), watch.end());
        } catch (ToolException e) {
          if (stopSignal.isRequested()) {
            throw e;
          }
          report.addFailure(workload, e.getMessage());
        }
        show(progress, report.lastRow() + "\n");
      }
    }
    if (isJson) {
      out().println(Json.print(report.toJson()));
      out().flush();
    }
    return report.isComplete() ? ExitCode.FINE : ExitCode.FAILED;
  }

  private void show(ProgressLine progress, String text) {
    if (!isJson) {
      progress.close();
      out().print(text);
      out().flush();
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Standard output, where only the result goes. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

package dev.sluice.tool.bench;

import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Invocation;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.MachineNoise;
import dev.sluice.tool.measure.Runs;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the fixed workloads and prints each figure with the machine's noise. */
@Command(
    name = "bench",
    description = "Measure this version on this machine with fixed workloads.",
    footer = {
      "",
      "Examples:",
      "  " + Invocation.PROGRAM + " bench --list",
      "  " + Invocation.PROGRAM + " bench --quick --filter refill-latency",
      "  "
          + Invocation.PROGRAM
          + " bench --filter chip-2026.09-24x1 the daemon against a plain C loop and the old"
          + " design",
      "  " + Invocation.PROGRAM + " bench --json > before.json       keep results ...",
      "  "
          + Invocation.PROGRAM
          + " bench --compare before.json      ... and compare new ones with them",
      "  " + Invocation.PROGRAM + " bench --compare before.json --with after.json",
      "",
      "The exit code is 0 if every workload ran, even with missed targets or worse results."
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
      description = "Runs per median. Default: 5, with --quick 1.")
  private Integer runs;

  @Option(
      names = "--filter",
      paramLabel = "NAME",
      description = "Only workloads whose name contains this.")
  private String filter = "";

  @Option(names = "--list", description = "Name the workloads and exit.")
  private boolean isList;

  @Option(
      names = "--compare",
      paramLabel = "OLD.json",
      description = "Afterwards, compare the results with these.")
  private Path oldFile;

  @Option(
      names = "--with",
      paramLabel = "NEW.json",
      description = "With --compare: run nothing, take these as the new results.")
  private Path newFile;

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
    if (newFile != null && oldFile == null) {
      throw usage("--with: needs --compare OLD.json");
    }
    // Before any run: report a missing file now, not minutes later.
    Optional<BenchResults> old;
    Optional<BenchResults> now;
    try {
      old = results(oldFile);
      now = results(newFile);
    } catch (ToolException e) {
      spec.commandLine().getErr().println("sluice: " + e.getMessage());
      return ExitCode.USAGE;
    }
    if (old.isPresent() && now.isPresent()) {
      return compare(old.get(), now.get());
    }
    List<Workload> workloads =
        Workloads.all().stream().filter(workload -> workload.name().contains(filter)).toList();
    if (workloads.isEmpty()) {
      throw usage("--filter: no workload's name contains '" + filter + "'; see --list");
    }
    if (isList) {
      workloads.forEach(each -> out().println(listed(each)));
      out().flush();
      return ExitCode.FINE;
    }
    int medianOf = runs != null ? runs : isQuick ? QUICK_RUNS : DEFAULT_RUNS;
    if (medianOf < 1) {
      throw usage("--runs: " + medianOf + " is too small; the minimum is 1");
    }
    return run(workloads, medianOf, old);
  }

  private static String listed(Workload workload) {
    return workload.name()
        + ": "
        + workload.description()
        + " (version "
        + workload.version()
        + ")";
  }

  private Optional<BenchResults> results(Path file) throws ToolException {
    return file == null ? Optional.empty() : Optional.of(BenchResults.read(file).only(filter));
  }

  private int compare(BenchResults old, BenchResults now) {
    BenchComparison comparison = new BenchComparison(old, now);
    out().print(isJson ? Json.print(comparison.toJson()) + "\n" : comparison.text());
    out().flush();
    return ExitCode.FINE;
  }

  private int run(List<Workload> workloads, int medianOf, Optional<BenchResults> old)
      throws ToolException {
    String version = String.join(" ", spec.version());
    BenchReport report = new BenchReport(version, medianOf, isQuick);
    try (ProgressLine progress = ProgressLine.onStandardError();
        Runs runs = new Runs(host, settings, stopSignal, "bench", progress::println)) {
      show(progress, report.head());
      for (Workload workload : workloads) {
        MachineNoise.Watch watch = MachineNoise.watch();
        try {
          report.add(
              workload, workload.measure(bench(runs, progress, medianOf, workload)), watch.end());
        } catch (ToolException e) {
          if (stopSignal.isRequested()) {
            throw e;
          }
          report.addFailure(workload, e.getMessage());
        }
        show(progress, report.lastRow() + "\n");
      }
    }
    Map<String, Object> json = report.toJson();
    Optional<BenchComparison> comparison = Optional.empty();
    if (old.isPresent()) {
      comparison = Optional.of(new BenchComparison(old.get(), BenchResults.of(json)));
    }
    if (isJson) {
      comparison.ifPresent(each -> json.put("comparison", each.toJson()));
      out().println(Json.print(json));
    } else {
      out().print(report.ratioTable());
      comparison.ifPresent(each -> out().print("\n" + each.text()));
    }
    out().flush();
    return report.isComplete() ? ExitCode.FINE : ExitCode.FAILED;
  }

  private Bench bench(Runs runs, ProgressLine progress, int medianOf, Workload workload) {
    return new Bench(runs, Map.of(), progress, medianOf, isQuick, workload.name());
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

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

package dev.sluice.tool.diagnose;

import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProducerOptions;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.RateConverter;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StatusCommand;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

/** Which ceiling binds on this machine, by how much, and what to change. */
@Command(
    name = "diagnose",
    description = {
      "Measure the three ceilings on this machine (control path, buffer life cycle, bandwidth),",
      "predict the highest drop-free rate, find the real one, and say what to change."
    },
    footer = {
      "",
      "Example: sluice diagnose --quick --rate 2GB/s --html diagnose.html",
      "",
      "Everything runs on a private daemon and arena; records are dropped on purpose, none of",
      "them anybody's. Exit code: 0 finished, 1 failed or interrupted (what is printed then says",
      "so), 2 usage. docs/tuning.md explains the figures."
    })
public final class DiagnoseCommand implements Callable<Integer> {
  private static final String ALL = "all";
  private static final String NONE = "none";

  private final DaemonHost host;
  private final HostProbes probes;
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Option(names = "--quick", description = "Less than half a minute, rougher figures.")
  private boolean isQuick;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      converter = RateConverter.class,
      description = "The production rate to judge, such as 2GB/s.")
  private Long targetBytesPerSecond;

  @Option(
      names = "--layout",
      paramLabel = "LAYOUT",
      defaultValue = "l2-2026.07/a2a3",
      description = {
        "Wire generation and platform, as for demo. Where chip-2026.08 waits instead of",
        "dropping, its edge is that of waiting. Default: ${DEFAULT-VALUE}."
      })
  private String layout;

  @Option(
      names = "--cores",
      paramLabel = "N",
      defaultValue = "24",
      description = "AICore cores. Default: ${DEFAULT-VALUE}.")
  private int cores;

  @Option(
      names = "--aicpu-threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "AICPU scheduler threads, one ready queue each. Default: ${DEFAULT-VALUE}.")
  private int aicpuThreads;

  @Option(
      names = "--slots",
      paramLabel = "N",
      defaultValue = "0",
      description = "Free-queue slots, a power of two; 0 means the layout's own.")
  private int slots;

  @Option(
      names = "--buffers",
      paramLabel = "N",
      defaultValue = "0",
      description = "Buffers per core and kind; 0 means that the daemon decides.")
  private int buffers;

  @Option(
      names = "--regime",
      paramLabel = "NAME",
      defaultValue = NONE,
      description = {
        "Hold the model against a daemon that is slowed down on purpose: slow-drain, small-pool,",
        "slow-memory, slow-storage, or all of them after this machine as it is."
      })
  private String regime;

  @Option(names = "--json", description = "Print one JSON object instead of the summary.")
  private boolean isJson;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the report as one HTML file, with plots.")
  private Path html;

  @Option(
      names = "--capture-directory",
      paramLabel = "DIR",
      description = {
        "Where the storage is measured; what is written there is removed again.",
        "Default: the folder for temporary files."
      })
  private Path captureDirectory;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key of the private daemon; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--socket",
      paramLabel = "FILE",
      description = {
        "Attach socket of a running daemon to diagnose instead of a private one. Only terms that",
        "need no other configuration are measured then."
      })
  private Path socket;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "HTTP address of that daemon. Default: the listener of the configuration.")
  private URI url;

  @Option(
      names = "--device",
      paramLabel = "N",
      defaultValue = "0",
      description = "Device number to attach to it as. Default: ${DEFAULT-VALUE}.")
  private int device;

  @Option(
      names = "--force",
      description = "With --socket: go ahead although the daemon serves somebody.")
  private boolean isForced;

  public DiagnoseCommand(DaemonHost host, HostProbes probes, StopSignal stopSignal) {
    this.host = host;
    this.probes = probes;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    validate();
    Optional<Runs.Target> target = target();
    Effort effort = isQuick ? Effort.quick() : Effort.full();
    ShapeRequest request = new ShapeRequest(layout, cores, aicpuThreads, slots, buffers);
    double wanted = targetBytesPerSecond == null ? 0 : targetBytesPerSecond;
    DiagnoseResult result = new DiagnoseResult(effort, wanted, target.isEmpty());
    List<Regime> regimes = regimes();
    List<ShapeRequest> others = isQuick ? List.of() : others(request);
    Path folder = captureFolder();
    boolean isStopped = false;
    try (Runs runs = new Runs(host, settings, target, stopSignal);
        ProgressLine line = ProgressLine.onStandardError()) {
      DiagnoseProgress progress =
          new DiagnoseProgress(line, Diagnosis.stages(regimes, others, runs.isPrivate()));
      new Diagnosis(runs, probes, stopSignal, progress, folder.resolve("captures"))
          .run(result, request, regimes, others);
    } catch (ToolException e) {
      if (!stopSignal.isRequested()) {
        throw e;
      }
      isStopped = true;
    } finally {
      Runs.remove(folder);
    }
    report(result);
    return isStopped ? ExitCode.FAILED : ExitCode.FINE;
  }

  private void validate() {
    if (!ProducerOptions.LAYOUTS.contains(layout)) {
      throw usage(
          "--layout: there is no '"
              + layout
              + "'; write one of "
              + String.join(", ", ProducerOptions.LAYOUTS));
    }
    atLeast("--cores", cores, 1);
    atLeast("--aicpu-threads", aicpuThreads, 1);
    atLeast("--slots", slots, 0);
    atLeast("--buffers", buffers, 0);
    atLeast("--device", device, 0);
    if (Integer.bitCount(slots) > 1) {
      throw usage("--slots: " + slots + " is not a power of two");
    }
    if (aicpuThreads > cores) {
      throw usage("--aicpu-threads: more scheduler threads than cores");
    }
    if (targetBytesPerSecond != null && targetBytesPerSecond == 0) {
      throw usage("--rate: write the rate that is wanted, such as 2GB/s");
    }
    if (socket == null && (url != null || isForced)) {
      throw usage("--url and --force are for a running daemon; name its --socket, too");
    }
    if (socket != null && (!regime.equals(NONE) || !settings.isEmpty())) {
      throw usage("--regime and --set change the daemon; a running one stays as it is");
    }
    if (html != null && Files.isDirectory(html)) {
      throw usage("--html: " + html + " is a directory");
    }
  }

  private void atLeast(String option, long value, long floor) {
    if (value < floor) {
      throw usage(option + ": " + value + " is too small; the least is " + floor);
    }
  }

  private List<Regime> regimes() {
    if (regime.equals(NONE)) {
      return List.of(Regime.NATURAL);
    }
    if (regime.equals(ALL)) {
      return List.of(Regime.values());
    }
    for (Regime each : Regime.built()) {
      if (each.label().equals(regime)) {
        return List.of(each);
      }
    }
    throw usage(
        "--regime: there is no '"
            + regime
            + "'; write one of "
            + String.join(", ", Regime.built().stream().map(Regime::label).toList())
            + " or "
            + ALL);
  }

  /** Fewer and more cores per queue, and more queues: where the model has to hold, too. */
  private static List<ShapeRequest> others(ShapeRequest request) {
    List<ShapeRequest> others = new ArrayList<>();
    others.add(request.withCores(1, 1));
    others.add(request.withCores(8, 1));
    others.add(request.withCores(72, 1));
    others.add(request.withCores(24, 3));
    others.removeIf(
        other ->
            other.cores() == request.cores() && other.aicpuThreads() == request.aicpuThreads());
    return others;
  }

  private Optional<Runs.Target> target() throws ToolException {
    if (socket == null) {
      return Optional.empty();
    }
    DaemonClient client =
        url == null ? StatusCommand.configuredDaemon(Optional.empty()) : new DaemonClient(url);
    List<SessionReport> open =
        client.sessions().stream().filter(session -> !session.isEnded()).toList();
    if (!open.isEmpty() && !isForced) {
      throw new ToolException(
          "the daemon at "
              + client.base()
              + " serves "
              + open.size()
              + " session(s), which a diagnosis would disturb; use --force, or leave --socket out"
              + " for a private daemon");
    }
    return Optional.of(new Runs.Target(client, socket, device));
  }

  private Path captureFolder() throws ToolException {
    try {
      return captureDirectory == null
          ? Files.createTempDirectory("sluice-diagnose-")
          : Files.createTempDirectory(captureDirectory.toAbsolutePath(), "sluice-diagnose-");
    } catch (IOException e) {
      throw new ToolException(
          "no folder to measure the storage in: "
              + e.getMessage()
              + "; name one with --capture-directory, or set TMPDIR",
          e);
    }
  }

  private void report(DiagnoseResult result) throws ToolException {
    Advice advice =
        result
            .main()
            .map(
                main ->
                    Advice.of(
                        main.model(),
                        main.typical().session().refillLatency(),
                        result.storage().map(Term::median).orElse(Double.NaN),
                        result.targetBytesPerSecond()))
            .orElse(null);
    Map<String, Object> json = DiagnoseJson.of(result, advice);
    if (html != null) {
      HtmlReport.write(html, json);
    }
    out().print(isJson ? Json.print(json) + "\n" : DiagnoseText.of(result, advice));
    if (html != null && !isJson) {
      out().println("\nReport: " + html.toAbsolutePath());
    }
    out().flush();
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Standard output, where only the result goes. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

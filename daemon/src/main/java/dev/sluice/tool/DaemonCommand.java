package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the service in the foreground. */
@Command(
    name = "daemon",
    description =
        "Run the service in the foreground until SIGTERM or Ctrl-C; SIGHUP reloads, SIGUSR1"
            + " leaves the sessions to the next daemon.",
    footer = {
      "",
      "Example: "
          + Invocation.PROGRAM
          + " daemon --config /etc/sluice/sluice.conf --set sluice.threading=shared"
    })
public final class DaemonCommand implements Callable<Integer> {
  private final DaemonHost host;
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "HOCON file. Default: /etc/sluice/sluice.conf if it exists.")
  private Path config;

  @Option(names = "--check-config", description = "Check the configuration and exit.")
  private boolean isCheckOnly;

  @Option(
      names = "--print-config",
      description = "Print the values in force and where each came from, and exit.")
  private boolean isPrintOnly;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key; overrides the file; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  public DaemonCommand(DaemonHost host, StopSignal stopSignal) {
    this.host = host;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    if (isCheckOnly || isPrintOnly) {
      Configuration configuration = load();
      if (isCheckOnly) {
        host.check(configuration);
      }
      out().print(isPrintOnly ? configuration.render() : fine());
      out().flush();
      return ExitCode.FINE;
    }
    // Installed first, because an unhandled SIGHUP ends the JVM; an early one takes effect once the
    // daemon runs.
    CompletableFuture<DaemonHost.Running> running = new CompletableFuture<>();
    HangupSignal.onHangup(
        () -> {
          var unused = running.thenAccept(DaemonHost.Running::reload);
        });
    AtomicBoolean isRestart = new AtomicBoolean();
    HangupSignal.onRestart(
        () -> {
          isRestart.set(true);
          stopSignal.request();
        });
    try (DaemonHost.Running daemon = host.start(Optional.ofNullable(config), settings)) {
      running.complete(daemon);
      stopSignal.await();
      if (isRestart.get()) {
        daemon.leave();
      }
    }
    return ExitCode.FINE;
  }

  private String fine() {
    return ConfigSources.of(Optional.ofNullable(config), List.of())
        .file()
        .map(file -> "The configuration is valid: " + file + "\n")
        .orElse("The configuration is valid: no file, the built-in values apply.\n");
  }

  private Configuration load() {
    List<String> overrides =
        settings.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    return Configuration.load(ConfigSources.of(Optional.ofNullable(config), overrides));
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

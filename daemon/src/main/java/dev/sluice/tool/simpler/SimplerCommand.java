package dev.sluice.tool.simpler;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.IoReason;
import dev.sluice.config.Settings;
import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.EmbeddedDaemon;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Invocation;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.TemporaryDirectory;
import dev.sluice.tool.ToolException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command of the simpler runtime, unchanged, on Sluice. */
@Command(
    name = "simpler",
    description = {
      "Run a command of the simpler runtime on Sluice, without changing the runtime.",
      "",
      "Builds the preload library for the checkout if it is stale, uses the running daemon or"
          + " starts a private one, runs the command, and writes chip_swimlane_records.json into"
          + " each run's output directory, so that the runtime's tests and tools find it. Without"
          + " --enable-chip-swimlane the runtime records nothing."
    },
    footer = {
      "",
      "Examples:",
      "  "
          + Invocation.PROGRAM
          + " simpler ~/simpler -- python test_x.py -p a2a3sim"
          + " --enable-chip-swimlane 4",
      "  " + Invocation.PROGRAM + " simpler ~/simpler --arch a5 -- ./my_benchmark",
      "  "
          + Invocation.PROGRAM
          + " simpler ~/simpler -- pytest tests/st/x --platform a5sim"
          + " --enable-chip-swimlane 4",
      "",
      "Exit code: that of the command; 1 if it could not be run, 2 usage."
    })
public final class SimplerCommand implements Callable<Integer> {
  private static final Pattern PLATFORM = Pattern.compile("(?:--platform=)?(a2a3|a5)(?:sim)?");
  private static final String LIBRARY = "libsluice_simpler_%s.so";
  private static final long ENDING_MS = 15_000;
  private static final int SIGNALLED = 128;

  private final DaemonHost host;
  private final StopSignal stopSignal;

  @Parameters(
      index = "0",
      paramLabel = "CHECKOUT",
      description = "A built checkout of the runtime.")
  private Path checkout;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The command to run, after --.")
  private List<String> command = new ArrayList<>();

  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      description = "a2a3 or a5. Default: what the command names as its platform, else a2a3.")
  private String arch;

  @Option(names = "--private", description = "Start a private daemon even if one is running.")
  private boolean isPrivate;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of the running daemon, to find it.")
  private Path config;

  @Option(
      names = "--capture-directory",
      paramLabel = "DIR",
      description =
          "Where a private daemon captures. Default: a new directory among the temporary files.")
  private Path captureDirectory;

  @Option(
      names = "--guard",
      paramLabel = "MS",
      description =
          "How long the daemon may be gone before the library gives up records instead of stopping"
              + " the runtime, which fails after 500 ms; 0: never, at most 400. Default: 200.")
  private Integer guardMs;

  public SimplerCommand(DaemonHost host, StopSignal stopSignal) {
    this.host = host;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    Path library = build();
    Optional<Integer> code = isPrivate ? Optional.empty() : onRunningDaemon(library);
    return code.isPresent() ? code.get() : onPrivateDaemon(library);
  }

  private Path build() throws ToolException {
    Path script =
        Path.of(System.getProperty("sluice.home", "."), "integrations", "simpler", "build.sh");
    if (!Files.isExecutable(script)) {
      throw new ToolException("the adapter is not installed: no " + script);
    }
    ProcessBuilder builder =
        new ProcessBuilder(script.toString(), "--if-stale", checkout.toString());
    String natives = System.getProperty("sluice.native.path");
    if (natives != null) {
      builder.environment().putIfAbsent("SLUICE_ATTACH", natives);
    }
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectErrorStream(false).redirectError(ProcessBuilder.Redirect.INHERIT);
    if (wait(start(builder)) != 0) {
      throw new ToolException("the library for " + checkout + " was not built");
    }
    Path library = checkout.resolve("build/sluice").resolve(LIBRARY.formatted(architecture()));
    if (!Files.exists(library)) {
      throw new ToolException("the checkout does not support " + architecture());
    }
    return library.toAbsolutePath().normalize();
  }

  /** Returns the architecture to build the library for, from the command's own arguments. */
  private String architecture() {
    if (arch != null) {
      return arch;
    }
    for (String word : command) {
      Matcher platform = PLATFORM.matcher(word);
      if (platform.matches()) {
        return platform.group(1);
      }
    }
    return "a2a3";
  }

  private Optional<Integer> onRunningDaemon(Path library) throws ToolException {
    Optional<Path> file = Optional.ofNullable(config);
    DaemonClient daemon = DaemonClient.configured(file);
    Settings settings = Configuration.load(ConfigSources.of(file, List.of())).settings();
    Path socket = settings.attach().socket();
    if (!daemon.isReady() || !Files.isWritable(socket)) {
      return Optional.empty();
    }
    say("daemon at " + daemon.base());
    return Optional.of(run(library, socket, daemon));
  }

  private int onPrivateDaemon(Path library) throws ToolException {
    Path captures =
        captureDirectory != null
            ? captureDirectory.toAbsolutePath().normalize()
            : TemporaryDirectory.make(
                TemporaryDirectory.base(),
                "sluice-simpler-",
                "the captures",
                "name one with --capture-directory");
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("sluice.capture.enabled", "true");
    settings.put("sluice.capture.directory", captures.toString());
    try (EmbeddedDaemon daemon = EmbeddedDaemon.start(host, settings)) {
      say("private daemon at " + daemon.client().base());
      return run(library, daemon.attachSocket(), daemon.client());
    }
  }

  private int run(Path library, Path socket, DaemonClient daemon) throws ToolException {
    Path folder =
        TemporaryDirectory.make(
            Path.of("/tmp"), "sluice-export-", "a socket", "make /tmp writable");
    try (RunFiles files = RunFiles.open(daemon, folder)) {
      ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
      Map<String, String> environment = builder.environment();
      environment.merge("LD_PRELOAD", library.toString(), (old, ours) -> ours + " " + old);
      environment.put("SIMPLER_SLUICE_SOCKET", socket.toString());
      environment.put("SIMPLER_SLUICE_EXPORT", files.socket().toString());
      if (guardMs != null) {
        environment.put("SIMPLER_SLUICE_GUARD_MS", guardMs.toString());
      }
      Process process = start(builder);
      stopSignal.onRequest(process::destroy);
      int code = wait(process);
      for (long session : files.sessions()) {
        report(files, session, daemon);
      }
      if (files.sessions().isEmpty()) {
        say("no run attached: did the command ask for --enable-chip-swimlane?");
      }
      return code > SIGNALLED && stopSignal.isRequested() ? ExitCode.FAILED : code;
    } finally {
      File directory = folder.toFile();
      directory.delete();
    }
  }

  /** Reports a session whose process has exited; the daemon settles it within seconds. */
  private static void report(RunFiles files, long session, DaemonClient daemon)
      throws ToolException {
    SessionReport report = find(session, daemon);
    long sinceNs = System.nanoTime();
    while (!report.isEnded() && System.nanoTime() - sinceNs < ENDING_MS * 1_000_000) {
      pause();
      report = find(session, daemon);
    }
    if (report.capture().isPresent()) {
      try {
        files.writeRest(session);
      } catch (ToolException e) {
        say("session " + session + ": " + e.getMessage());
      }
    }
    say(
        String.format(
            Locale.ROOT,
            "session %d, device %d: produced %d, collected %d, dropped %d, salvaged %d, never"
                + " started %d, unaccounted %d; %s",
            session,
            report.device(),
            report.total().deviceRecords(),
            report.total().collectedRecords(),
            report.total().droppedRecords(),
            report.total().salvagedRecords(),
            report.total().neverStartedRecords(),
            report.total().unaccountedRecords(),
            report
                .capture()
                .map(capture -> "capture " + capture.directory())
                .orElse("no capture")));
  }

  private static SessionReport find(long session, DaemonClient daemon) throws ToolException {
    return daemon.sessions().stream()
        .filter(each -> each.id() == session)
        .findFirst()
        .orElseThrow(() -> new ToolException("the daemon no longer knows session " + session));
  }

  private static void pause() throws ToolException {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    }
  }

  private static Process start(ProcessBuilder builder) throws ToolException {
    try {
      return builder.start();
    } catch (IOException e) {
      throw new ToolException("cannot run " + builder.command().get(0) + ": " + IoReason.of(e), e);
    }
  }

  private static int wait(Process process) throws ToolException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroy();
      throw new ToolException("interrupted", e);
    }
  }

  /** Prints to standard error: standard output belongs to the command. */
  private static void say(String line) {
    System.err.println("sluice: " + line);
  }
}

package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.IoReason;
import dev.sluice.config.Quantities;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the synthetic producer against a running daemon. */
@Command(
    name = "produce",
    description = "Attach a synthetic AICPU producer to the running daemon.",
    footer = {
      "",
      "Example: "
          + Invocation.PROGRAM
          + " produce --rate 500MB/s --duration 30s --pattern burst:10ms,90ms",
      "",
      "Prints what the device itself counted.",
      "Exit code: 0 finished, 1 failed or interrupted, 2 usage."
    })
public final class ProduceCommand implements Callable<Integer> {
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private ProducerOptions producer = new ProducerOptions();

  @Option(
      names = "--socket",
      paramLabel = "FILE",
      description = "Attach socket of the daemon. Default: from the configuration.")
  private Path socket;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of the daemon, to find the attach socket.")
  private Path config;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  public ProduceCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    producer.validate();
    Path attachSocket = socket();
    List<String> command = new ArrayList<>();
    try {
      command.add(NativeTools.find(NativeTools.PRODUCER).toString());
    } catch (IOException e) {
      throw new ToolException(e.getMessage(), e);
    }
    String name = producer.nameOr("produce-" + ProcessHandle.current().pid());
    command.addAll(producer.arguments(attachSocket, name));
    command.add(isJson ? "--json" : "--progress");
    int exitCode = run(command);
    if (exitCode == ExitCode.FAILED && !Files.exists(attachSocket)) {
      spec.commandLine()
          .getErr()
          .println(
              "sluice: start a daemon with '"
                  + Invocation.of("daemon")
                  + "', or name its attach socket with --socket");
    }
    return exitCode;
  }

  private Path socket() {
    if (socket != null) {
      return socket;
    }
    return Configuration.load(ConfigSources.of(Optional.ofNullable(config), List.of()))
        .settings()
        .attach()
        .socket();
  }

  private int run(List<String> command) throws ToolException {
    try (ProgressLine progress = ProgressLine.onStandardError()) {
      Process process =
          new ProcessBuilder(command)
              .inheritIO()
              .redirectError(ProcessBuilder.Redirect.PIPE)
              .start();
      AtomicBoolean isAskedToStop = new AtomicBoolean();
      stopSignal.onRequest(
          () -> {
            // A second signal would kill the producer before it has flushed and reported.
            if (!isAskedToStop.getAndSet(true)) {
              process.toHandle().destroy();
            }
          });
      try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
          show(line, progress);
        }
      }
      return process.waitFor();
    } catch (IOException e) {
      throw new ToolException("cannot run " + command.get(0) + ": " + IoReason.of(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while the producer was running", e);
    }
  }

  /** Turns {@code progress RECORDS BYTES DROPPED} into the progress line; passes on other lines. */
  private static void show(String line, ProgressLine progress) {
    String[] words = line.split(" ", -1);
    if (words.length == 4 && words[0].equals("progress")) {
      progress.update(
          String.format(
              "produced %,d records, %s, dropped %,d",
              Long.parseLong(words[1]),
              Quantities.formatBytes(Long.parseLong(words[2])),
              Long.parseLong(words[3])));
    } else {
      progress.println(line);
    }
  }
}

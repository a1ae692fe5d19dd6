package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The synthetic producer against a daemon that is already running. */
@Command(
    name = "produce",
    description = "Attach a synthetic AICPU producer to the running daemon.",
    footer = {
      "",
      "Example: sluice produce --rate 500MB/s --duration 30s --pattern burst:10ms,90ms",
      "",
      "Prints the device's own truth, measured on its side of the memory."
    })
public final class ProduceCommand implements Callable<Integer> {
  private final StopSignal stopSignal;

  @Mixin private ProducerOptions producer = new ProducerOptions();

  @Option(
      names = "--socket",
      paramLabel = "FILE",
      description = "Attach socket of the daemon. Default: the one of the configuration.")
  private Path socket;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file to read it in.")
  private Path config;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  public ProduceCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    producer.validate();
    List<String> command = new ArrayList<>();
    try {
      command.add(NativeTools.find(NativeTools.PRODUCER).toString());
    } catch (IOException e) {
      throw new ToolException(e.getMessage(), e);
    }
    String name = producer.nameOr("produce-" + ProcessHandle.current().pid());
    command.addAll(producer.arguments(socket(), name));
    command.add(isJson ? "--json" : "--progress");
    return run(command);
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
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      stopSignal.onRequest(process::destroy);
      return process.waitFor();
    } catch (IOException e) {
      throw new ToolException("cannot start " + command.get(0) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while the producer was running", e);
    }
  }
}

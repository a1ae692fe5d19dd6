package dev.sluice;

import dev.sluice.bridge.NativeTools;
import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/** The C producer as a process of its own; what it prints goes to files, so that it never waits. */
final class TestProducer implements AutoCloseable {
  // On a busy machine the last records of a run at full rate take long to drain.
  private static final long PATIENCE_SECONDS = 60;

  private final String name;
  private final Process process;
  private final Path output;
  private final Path errors;

  private TestProducer(String name, Process process, Path output, Path errors) {
    this.name = name;
    this.process = process;
    this.output = output;
    this.errors = errors;
  }

  static TestProducer start(Path socket, String name, List<String> arguments) throws IOException {
    return start(socket, Map.of(), name, arguments);
  }

  /**
   * @param environment beside what it has anyway
   */
  static TestProducer start(
      Path socket, Map<String, String> environment, String name, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(NativeTools.find(NativeTools.PRODUCER).toString());
    command.addAll(List.of("--socket", socket.toString(), "--name", name, "--json"));
    command.addAll(arguments);
    Path output = Files.createTempFile("sluice-producer-", ".out");
    Path errors = Files.createTempFile("sluice-producer-", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    // For those that are told to offer placements on a device.
    builder.environment().put("SLUICE_CANN_DIRECTORY", CannStandin.FOLDER.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    return new TestProducer(name, process, output, errors);
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Asks it to end its run in order: it flushes, detaches and reports. */
  void stop() {
    process.toHandle().destroy();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end; one that hangs fails the test. */
  Report await() throws Exception {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      Assertions.fail(name + " still runs after " + PATIENCE_SECONDS + " s");
    }
    return new Report(
        process.exitValue(),
        Files.readString(output, StandardCharsets.UTF_8),
        Files.readString(errors, StandardCharsets.UTF_8).strip());
  }

  /** A producer that still runs is killed: nothing may outlive its test. */
  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
    FailureDump.keep(name + ": " + Files.readString(output) + Files.readString(errors));
    Files.delete(output);
    Files.delete(errors);
  }

  /**
   * How a producer ended.
   *
   * @param exitCode 137 after SIGKILL
   * @param output its JSON, empty if it was killed
   * @param errors what it said on standard error
   */
  record Report(int exitCode, String output, String errors) {
    Map<String, Object> json() throws ToolException {
      return Json.parse(output, "the producer");
    }

    long whole(String key) throws ToolException {
      return Json.whole(json(), key);
    }

    /** What the device counted of one kind: {@code produced}, {@code dropped} or {@code lost}. */
    long kind(String kind, String key) throws ToolException {
      return Json.whole(Json.object(Json.object(json(), "kinds"), kind), key);
    }

    /** Records that its guard recycled unread. */
    long guardLost() throws ToolException {
      return SessionView.sum(Json.counts(Json.object(json(), "guard"), "lost_records"));
    }

    /** Of one kind. */
    long guardLost(String kind) throws ToolException {
      return Json.whole(Json.object(Json.object(json(), "guard"), "lost_records"), kind);
    }

    /** Records that the daemon's books leave over. */
    long unaccounted() throws ToolException {
      return SessionView.sum(Json.counts(Json.object(json(), "books"), "unaccounted"));
    }

    /** How often a fault was injected. */
    long injected(String fault) throws ToolException {
      return Json.whole(Json.object(json(), "misbehaved"), fault);
    }
  }
}

package dev.sluice.tool.bench;

import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.Loopback;
import dev.sluice.tool.ProcessFigures;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Runs;
import dev.sluice.tool.measure.ScratchFolder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A daemon in a separate process, started like this one. It shows what an embedded daemon cannot:
 * time to readiness, memory, and cold behaviour.
 */
final class DaemonProcess implements AutoCloseable {
  private static final long READY_TIMEOUT_NS = 30_000_000_000L;
  private static final long READY_POLL_NS = 2_000_000L;
  private static final long STOP_TIMEOUT_SECONDS = 10;

  private final Process process;
  private final Path folder;
  private final DaemonClient client;
  private final double readySeconds;

  private DaemonProcess(Process process, Path folder, int port) throws ToolException {
    this.process = process;
    this.folder = folder;
    this.client = DaemonClient.onPort(port);
    this.readySeconds = awaitReady();
  }

  static DaemonProcess start(Map<String, String> settings) throws ToolException {
    try {
      Path folder = Files.createTempDirectory("sluice-");
      int port = freePort();
      Map<String, String> all = new LinkedHashMap<>();
      all.put("sluice.http.listen", Loopback.address() + ":" + port);
      all.put("sluice.attach.socket", folder.resolve("attach.sock").toString());
      all.put("sluice.control.socket", folder.resolve("control.sock").toString());
      all.putAll(settings);
      Process process =
          new ProcessBuilder(command(all))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(folder.resolve("log").toFile())
              .start();
      return new DaemonProcess(process, folder, port);
    } catch (IOException e) {
      throw new ToolException("cannot start a daemon: " + e.getMessage(), e);
    }
  }

  private static List<String> command(Map<String, String> settings) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.sluice.Sluice"));
    command.add("daemon");
    settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    return command;
  }

  /** Returns a port that was free a moment ago: a daemon reports its port only over that port. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private double awaitReady() throws ToolException {
    long startNs = System.nanoTime();
    while (!client.isReady()) {
      boolean isDead = !process.isAlive();
      if (isDead || System.nanoTime() - startNs > READY_TIMEOUT_NS) {
        String log = lastLogLine();
        close();
        throw new ToolException(
            "the daemon " + (isDead ? "ended at once: " : "is not ready after 30 s: ") + log);
      }
      LockSupport.parkNanos(READY_POLL_NS);
    }
    return (System.nanoTime() - startNs) / 1e9;
  }

  private String lastLogLine() {
    try {
      List<String> lines = Files.readAllLines(folder.resolve("log"));
      return lines.isEmpty() ? "no output" : lines.get(lines.size() - 1);
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** Returns the time from the start of the JVM to the first response that reports readiness. */
  double readySeconds() {
    return readySeconds;
  }

  Runs.Target target() {
    return new Runs.Target(client, folder.resolve("attach.sock"), () -> figures().cpuSeconds());
  }

  ProcessFigures figures() {
    return ProcessFigures.of(process.pid());
  }

  /** Sends SIGTERM, then SIGKILL after a timeout. */
  @Override
  public void close() throws ToolException {
    process.destroy();
    try {
      if (!process.waitFor(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    } finally {
      ScratchFolder.delete(folder);
    }
  }
}

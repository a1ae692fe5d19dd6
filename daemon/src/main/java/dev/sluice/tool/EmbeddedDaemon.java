package dev.sluice.tool;

import java.io.File;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A private daemon in this process. Its sockets are in a private folder and its port is any free
 * one, so it does not conflict with an installed daemon.
 */
public final class EmbeddedDaemon implements AutoCloseable {
  private static final String LISTEN = "sluice.http.listen";

  /** sockaddr_un holds 107 characters; the file names in the folder need the rest. */
  private static final int LONGEST_FOLDER = 80;

  private final DaemonHost.Running daemon;
  private final Path folder;
  private final String listen;
  private final double readySeconds;

  private EmbeddedDaemon(
      DaemonHost.Running daemon, Path folder, String listen, double readySeconds) {
    this.daemon = daemon;
    this.folder = folder;
    this.listen = listen;
    this.readySeconds = readySeconds;
  }

  /**
   * Starts a daemon with the configuration of this machine, except for its addresses; it captures
   * nothing unless {@code settings} enable that.
   */
  public static EmbeddedDaemon start(DaemonHost host, Map<String, String> settings)
      throws ToolException {
    Path folder = privateFolder();
    Map<String, String> overrides = new LinkedHashMap<>();
    overrides.put(LISTEN, Loopback.address() + ":0");
    overrides.put("sluice.http.web-config", "none");
    overrides.put("sluice.attach.socket", folder.resolve("attach.sock").toString());
    overrides.put("sluice.control.socket", folder.resolve("control.sock").toString());
    overrides.put("sluice.capture.enabled", "false");
    overrides.putAll(settings);
    long startNs = System.nanoTime();
    try {
      DaemonHost.Running daemon = host.start(Optional.empty(), overrides);
      return new EmbeddedDaemon(
          daemon, folder, overrides.get(LISTEN), (System.nanoTime() - startNs) / 1e9);
    } catch (ToolException | RuntimeException e) {
      delete(folder);
      throw e;
    }
  }

  public DaemonClient client() {
    String host = listen.substring(0, listen.lastIndexOf(':'));
    return DaemonClient.at(Loopback.reaching(host), daemon.httpPort());
  }

  public Path attachSocket() {
    return daemon.attachSocket();
  }

  /** Time from the call of start to readiness, without the start of the JVM. */
  public double readySeconds() {
    return readySeconds;
  }

  /** CPU time of this process: the daemon, plus the little that the command uses. */
  public double cpuSeconds() {
    return ProcessFigures.ofThisProcess().cpuSeconds();
  }

  @Override
  public void close() {
    daemon.close();
    delete(folder);
  }

  private static Path privateFolder() throws ToolException {
    Path base = TemporaryDirectory.base();
    if (base.toString().length() > LONGEST_FOLDER) {
      base = Path.of("/tmp");
    }
    return TemporaryDirectory.make(
        base,
        "sluice-",
        "the sockets",
        "set TMPDIR to a directory whose path has at most " + LONGEST_FOLDER + " characters");
  }

  private static void delete(Path folder) {
    File[] files = folder.toFile().listFiles();
    if (files != null) {
      for (File file : files) {
        file.delete();
      }
    }
    folder.toFile().delete();
  }
}

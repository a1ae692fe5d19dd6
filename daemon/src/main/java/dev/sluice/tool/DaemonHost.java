package dev.sluice.tool;

import dev.sluice.config.Configuration;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Starts the daemon in this process. The composition root implements it, so that commands need not
 * know what a daemon is made of.
 */
public interface DaemonHost {
  /**
   * Returns when the daemon is ready: sockets open, hot paths warm. Installs no signal handler and
   * no shutdown hook; the caller closes it.
   *
   * @param config a HOCON file; empty means the installed one where there is one
   * @param overrides configuration key to value, stronger than the file and the environment
   * @throws ToolException with one line, when the configuration is wrong or the host lacks
   *     something
   */
  Running start(Optional<Path> config, Map<String, String> overrides) throws ToolException;

  /**
   * Checks what the configuration alone does not show: the files that it names. Throws like the
   * loading of a wrong configuration, with one line.
   */
  void check(Configuration configuration);

  /** A daemon that is up. Its methods may be called from any thread. */
  interface Running extends AutoCloseable {
    /** The port that was bound, also when port 0 was asked for. */
    int httpPort();

    Path attachSocket();

    Path controlSocket();

    /** Reads the configuration again, in the background; the log says what came of it. */
    void reload();

    /**
     * As {@link #close}, but leaves the sessions to the next daemon where a service manager keeps
     * them.
     */
    default void leave() {
      close();
    }

    /**
     * Orderly stop: drains what was published, settles the books, closes the sockets. Idempotent.
     */
    @Override
    void close();
  }
}

package dev.sluice.tool;

import dev.sluice.config.Configuration;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Starts the daemon in this process. The composition root implements it, so that commands need not
 * know the parts of a daemon.
 */
public interface DaemonHost {
  /**
   * Starts a daemon and returns when it is ready: sockets open, hot path warm. Installs no signal
   * handler and no shutdown hook; the caller closes the daemon.
   *
   * @param config a HOCON file; empty for the installed one, if any
   * @param overrides configuration key to value, stronger than the file and the environment
   * @throws ToolException with one line, if the configuration is wrong or the host lacks something
   */
  Running start(Optional<Path> config, Map<String, String> overrides) throws ToolException;

  /**
   * Checks the files that the configuration names. Fails like the loading of a wrong configuration,
   * with one line.
   */
  void check(Configuration configuration);

  /** A running daemon. Any thread may call its methods. */
  interface Running extends AutoCloseable {
    /** Returns the bound port, even if the configured port is 0. */
    int httpPort();

    Path attachSocket();

    Path controlSocket();

    /** Reads the configuration again in the background; the log reports the outcome. */
    void reload();

    /**
     * Closes like {@link #close}, but leaves the sessions to the next daemon if a service manager
     * keeps them.
     */
    default void leave() {
      close();
    }

    /**
     * Stops in order: drains published buffers, settles the books, closes the sockets. Idempotent.
     */
    @Override
    void close();
  }
}

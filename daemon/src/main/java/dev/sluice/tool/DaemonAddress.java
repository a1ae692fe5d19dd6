package dev.sluice.tool;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The daemon that a read-only command queries. */
final class DaemonAddress {
  @Option(
      names = "--url",
      paramLabel = "URL",
      converter = UrlConverter.class,
      description =
          "Address of the daemon, HOST:PORT or http://HOST:PORT. Default: the listener of the"
              + " configuration, or the control socket if there is a web-config.")
  private URI url;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of the daemon, to find the listener and the sockets.")
  private Path config;

  DaemonClient client() {
    return url == null
        ? DaemonClient.configured(Optional.ofNullable(config))
        : new DaemonClient(url);
  }
}

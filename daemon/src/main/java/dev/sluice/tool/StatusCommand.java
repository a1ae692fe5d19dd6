package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.Quantities;
import dev.sluice.config.Settings;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the running daemon is doing, for an operator at a terminal. */
@Command(
    name = "status",
    description = "Show the sessions of the running daemon and whether anything was lost.",
    footer = {"", "Example: " + Invocation.PROGRAM + " status --watch"})
public final class StatusCommand implements Callable<Integer> {
  private static final long WATCH_INTERVAL_MS = 1_000;
  private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";
  private static final String ROW = "%-6s %-4s %-20s %-18s %-30s %-22s %10s %16s %12s %12s%n";

  private static final int SHOWN_DROPS = 5;

  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = {
        "Address of the daemon. Default: the listener of the configuration,",
        "or the control socket where there is a web-config."
      })
  private URI url;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file to read it in.")
  private Path config;

  @Option(names = "--watch", description = "Show it again every second until Ctrl-C.")
  private boolean isWatching;

  @Option(names = "--json", description = "Print the daemon's answer as one JSON object.")
  private boolean isJson;

  public StatusCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    DaemonClient client =
        url == null ? configuredDaemon(Optional.ofNullable(config)) : new DaemonClient(url);
    boolean isTerminal = ProgressLine.isTerminal(1);
    do {
      if (isWatching && isTerminal) {
        out().print(CLEAR_SCREEN);
      }
      out().print(isJson ? Json.print(client.status()) + "\n" : table(client));
    } while (!out().checkError() && isWatching && !stopSignal.await(WATCH_INTERVAL_MS));
    return ExitCode.FINE;
  }

  /** The daemon of this configuration; empty means the installed one. */
  public static DaemonClient configuredDaemon(Optional<Path> config) {
    Settings settings = Configuration.load(ConfigSources.of(config, List.of())).settings();
    if (settings.http().webConfig().isPresent()) {
      return DaemonClient.onSocket(settings.control().socket());
    }
    ListenAddress listen = settings.http().listen();
    // A daemon that listens on every address answers on the loopback, too.
    String host = listen.host().equals("0.0.0.0") ? "127.0.0.1" : listen.host();
    host = host.equals("::") ? "::1" : host;
    return new DaemonClient(URI.create("http://" + new ListenAddress(host, listen.port())));
  }

  private static String table(DaemonClient client) throws ToolException {
    List<SessionReport> sessions = client.sessions();
    StringBuilder text = new StringBuilder();
    long open = sessions.stream().filter(session -> !session.isEnded()).count();
    text.append(
        String.format(
            "%s: %s, %d open and %d ended sessions%n%n",
            client.base(), client.isReady() ? "ready" : "not ready", open, sessions.size() - open));
    text.append(
        String.format(
            ROW,
            "id",
            "dev",
            "name",
            "layout",
            "memory",
            "state",
            "time",
            "collected",
            "dropped",
            "unaccounted"));
    for (SessionReport session : sessions) {
      KindCounts total = session.total();
      text.append(
          String.format(
              Locale.ROOT,
              ROW,
              session.id(),
              session.device(),
              session.name(),
              session.layout(),
              session.placement() + " by " + session.route(),
              session.state(),
              Quantities.formatNanos(Math.round(session.durationSeconds() * 1e9)),
              String.format(Locale.ROOT, "%,d", total.collectedRecords()),
              String.format(Locale.ROOT, "%,d", total.droppedRecords()),
              String.format(Locale.ROOT, "%,d", total.unaccountedRecords())));
    }
    Map<String, Object> status = client.status();
    devicesDown(text, status);
    writing(text, status);
    headroom(text, sessions);
    drops(text, client.drops(SHOWN_DROPS));
    return text.toString();
  }

  private static void devicesDown(StringBuilder text, Map<String, Object> status)
      throws ToolException {
    for (Map<String, Object> down : Json.objects(status, "devices_down")) {
      text.append(
          String.format(
              "%ndevice %d is down: %s%n", Json.whole(down, "device"), Json.text(down, "cause")));
    }
  }

  private static void writing(StringBuilder text, Map<String, Object> status) throws ToolException {
    String mode = Json.text(status, "capture_writing");
    if (!mode.isEmpty()) {
      String refusal = Json.text(status, "direct_io_refusal");
      text.append(
          String.format(
              "%ncapture writing: %s%s%n", mode, refusal.isEmpty() ? "" : " (" + refusal + ")"));
    }
  }

  private static void headroom(StringBuilder text, List<SessionReport> sessions) {
    String head = "headroom, 1 is at the ceiling (worst of the last minute)";
    for (SessionReport session : sessions) {
      if (session.isEnded()) {
        continue;
      }
      if (head != null) {
        text.append(String.format("%n%-6s", "id"));
        for (String ceiling : session.headroom().ratios().keySet()) {
          text.append(String.format("%20s", ceiling));
        }
        text.append("   ").append(head).append(System.lineSeparator());
        head = null;
      }
      text.append(String.format("%-6d", session.id()));
      session
          .headroom()
          .ratios()
          .forEach(
              (ceiling, ratio) ->
                  text.append(
                      String.format(
                          "%20s",
                          String.format(
                              Locale.ROOT,
                              "%.2f (%.2f)",
                              ratio,
                              session.headroom().worst().get(ceiling)))));
      text.append(System.lineSeparator());
    }
  }

  private static void drops(StringBuilder text, List<DropReport> drops) {
    if (drops.isEmpty()) {
      return;
    }
    text.append(String.format("%nlast drops, newest first; cause and ceiling are inferred%n"));
    for (DropReport drop : drops) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-24s device %d session %d  %s %d: %,d records, %s (%s)%n",
              drop.time(),
              drop.device(),
              drop.session(),
              drop.kind(),
              drop.instance(),
              drop.records(),
              drop.cause(),
              drop.ceiling()));
    }
  }

  /** Standard output, where only the result goes. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

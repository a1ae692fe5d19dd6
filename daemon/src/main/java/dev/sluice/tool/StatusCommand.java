package dev.sluice.tool;

import dev.sluice.config.Quantities;
import dev.sluice.headroom.Ceiling;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows an operator what the running daemon is doing. */
@Command(
    name = "status",
    description = "Show whether anything was lost, and what each session is doing.",
    footer = {
      "",
      "Examples:",
      "  " + Invocation.PROGRAM + " status --watch",
      "  " + Invocation.PROGRAM + " status --url node7:9797 --json"
    })
public final class StatusCommand implements Callable<Integer> {
  private static final long WATCH_INTERVAL_MS = 1_000;
  private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";
  private static final int SHOWN_DROPS = 5;
  private static final int SHOWN_ENDED = 5;

  private final StopSignal stopSignal;
  private final Supplier<Terminal> terminals;

  @Spec private CommandSpec spec;

  @Mixin private DaemonAddress address = new DaemonAddress();

  @Option(names = "--watch", description = "Refresh every second until Ctrl-C, like top.")
  private boolean isWatching;

  @Option(names = "--json", description = "Print the daemon's answer as one JSON object.")
  private boolean isJson;

  public StatusCommand(StopSignal stopSignal) {
    this(stopSignal, Terminal::ofStandardOutput);
  }

  StatusCommand(StopSignal stopSignal, Supplier<Terminal> terminals) {
    this.stopSignal = stopSignal;
    this.terminals = terminals;
  }

  @Override
  public Integer call() throws ToolException {
    DaemonClient client = address.client();
    do {
      String text = isJson ? Json.print(client.status()) + "\n" : text(client);
      out().print(isWatching && terminals.get().isTerminal() ? CLEAR_SCREEN + text : text);
    } while (!out().checkError() && isWatching && !stopSignal.await(WATCH_INTERVAL_MS));
    return ExitCode.FINE;
  }

  private String text(DaemonClient client) throws ToolException {
    Terminal terminal = terminals.get();
    Map<String, Object> status = client.status();
    List<SessionReport> sessions = DaemonClient.sessions(status);
    StringBuilder text = new StringBuilder();
    text.append(verdict(status, terminal));
    text.append(terminal.wrap(aboutDaemon(client, status)));
    troubles(text, status, terminal);
    List<SessionReport> open =
        sessions.stream()
            .filter(session -> !session.isOver())
            .sorted(
                Comparator.comparingLong(SessionReport::device).thenComparing(SessionReport::id))
            .toList();
    text.append('\n');
    text.append(open.isEmpty() ? "No session is open.\n" : running(open).print(terminal.columns()));
    if (!isWatching) {
      ended(text, sessions.stream().filter(SessionReport::isOver).toList(), terminal);
    }
    List<DropReport> drops = client.drops(SHOWN_DROPS);
    if (!drops.isEmpty()) {
      text.append("\nlast losses, causes are inferred\n");
      text.append(DropsCommand.table(drops).print(terminal.columns()));
    }
    return text.toString();
  }

  private static String verdict(Map<String, Object> status, Terminal terminal)
      throws ToolException {
    Map<String, Object> json = Json.object(status, "totals");
    KindCounts totals = KindCounts.read(json);
    DaemonClient.Storage storage = DaemonClient.Storage.read(status);
    long unaccounted = Math.abs(totals.unaccountedRecords());
    long lost = totals.droppedRecords() + unaccounted + storage.lostRecords();
    if (lost == 0) {
      return totals.deviceRecords() == 0
          ? "No records produced yet.\n"
          : paragraph(
              terminal,
              Terminal.Colour.GOOD,
              String.format(
                  Locale.ROOT,
                  "Nothing was lost: all %,d records are accounted for.",
                  totals.deviceRecords()));
    }
    StringBuilder words = new StringBuilder();
    words.append(
        String.format(
            Locale.ROOT,
            "%,d of %,d records were lost%s.",
            lost,
            totals.deviceRecords(),
            lastLoss(Json.object(status, "last_loss"))));
    if (totals.droppedRecords() > 0) {
      words.append(" Devices dropped: ").append(DaemonClient.counted(totals.dropped())).append('.');
    }
    if (storage.lostRecords() > 0) {
      words.append(' ').append(storage.sentence());
    }
    if (unaccounted > 0) {
      words.append(
          String.format(Locale.ROOT, " %,d are unaccounted for, which is a defect.", unaccounted));
    }
    return paragraph(terminal, Terminal.Colour.BAD, words.toString());
  }

  private static String lastLoss(Map<String, Object> loss) throws ToolException {
    return loss.get("time") == null
        ? ""
        : String.format(
            ", the last %s ago (%s)",
            Quantities.formatNanos(
                DropsCommand.age(Json.text(loss, "time"), Instant.now()).toNanos()),
            Json.text(loss, "place"));
  }

  /** Colours each line separately, because a pager resets the colour at the end of a line. */
  private static String paragraph(Terminal terminal, Terminal.Colour colour, String words) {
    StringBuilder text = new StringBuilder();
    terminal
        .wrap(words)
        .lines()
        .forEach(line -> text.append(terminal.colour(colour, line)).append('\n'));
    return text.toString();
  }

  private String aboutDaemon(DaemonClient client, Map<String, Object> status) throws ToolException {
    String mode = Json.text(status, "capture_writing");
    String refusal = Json.text(status, "direct_io_refusal");
    return client.base()
        + (Boolean.TRUE.equals(status.get("ready")) ? ", ready" : ", not ready")
        + ", up for "
        + Quantities.formatNanos(Math.round(Json.real(status, "uptime_seconds") * 1e9))
        + (mode.isEmpty() ? ", no captures" : ", capture writing: " + mode)
        + (refusal.isEmpty() ? "" : " (" + refusal + ")")
        + (isWatching
            ? ", " + LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS)
            : "");
  }

  private static void troubles(StringBuilder text, Map<String, Object> status, Terminal terminal)
      throws ToolException {
    if (status.get("not_ready_reasons") instanceof List<?> reasons) {
      for (Object reason : reasons) {
        text.append(paragraph(terminal, Terminal.Colour.WARNING, "Not ready: " + reason));
      }
    }
    for (Map<String, Object> down : Json.objects(status, "devices_down")) {
      text.append(
          paragraph(
              terminal,
              Terminal.Colour.BAD,
              "Device " + Json.whole(down, "device") + " is down: " + Json.text(down, "cause")));
    }
  }

  private static TextTable running(List<SessionReport> sessions) {
    TextTable table =
        new TextTable()
            .number("device", 0)
            .number("session", 7)
            .text("name", 5)
            .text("layout", 8)
            .text("state", 4)
            .number("time", 6)
            .number("rate", 0)
            .number("dropped/s", 0)
            .number("dropped", 1)
            .number("unaccounted", 9)
            .number("p99", 2)
            .text("nearest ceiling", 3);
    for (SessionReport session : sessions) {
      KindCounts total = session.total();
      table.row(
          Long.toString(session.device()),
          Long.toString(session.id()),
          session.name(),
          session.layout(),
          session.state(),
          duration(session.durationSeconds()),
          Quantities.formatRate(session.collectedBytesPerSecond()),
          String.format(Locale.ROOT, "%,.0f", session.droppedRecordsPerSecond()),
          count(total.droppedRecords()),
          count(total.unaccountedRecords()),
          session.refillLatency().count() == 0 ? "-" : duration(session.refillLatency().p99()),
          ceiling(session.headroom()));
    }
    return table;
  }

  private static String ceiling(HeadroomReport use) {
    Ceiling nearest = use.nearest();
    return String.format(Locale.ROOT, "%s %.0f %%", nearest.words(), 100 * use.worst(nearest));
  }

  private static void ended(StringBuilder text, List<SessionReport> ended, Terminal terminal) {
    if (ended.isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable()
            .number("device", 0)
            .number("session", 4)
            .text("name", 1)
            .text("layout", 6)
            .text("state", 3)
            .number("time", 5)
            .number("collected", 0)
            .number("dropped", 0)
            .number("unaccounted", 2);
    ended.stream()
        .limit(SHOWN_ENDED)
        .forEach(
            session ->
                table.row(
                    Long.toString(session.device()),
                    Long.toString(session.id()),
                    session.name(),
                    session.layout(),
                    session.state(),
                    duration(session.durationSeconds()),
                    count(session.total().collectedRecords()),
                    count(session.total().droppedRecords()),
                    count(session.total().unaccountedRecords())));
    text.append(
        ended.size() > SHOWN_ENDED
            ? String.format("\nthe last %d of %d ended sessions%n", SHOWN_ENDED, ended.size())
            : "\nended sessions, newest first\n");
    text.append(table.print(terminal.columns()));
  }

  private static String duration(double seconds) {
    return Quantities.formatNanos(Math.round(seconds * 1e9));
  }

  private static String count(long records) {
    return String.format(Locale.ROOT, "%,d", records);
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

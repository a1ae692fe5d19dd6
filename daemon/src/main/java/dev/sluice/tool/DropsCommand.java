package dev.sluice.tool;

import dev.sluice.config.Quantities;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lists where, when and why records were lost. */
@Command(
    name = "drops",
    description = "List where, when and why records were lost, newest first.",
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " drops --device 3 --limit 50",
      "",
      "Cause and ceiling are inferred from what the daemon saw when the device's counter moved;",
      "docs/runbook.md says what to do about each."
    })
public final class DropsCommand implements Callable<Integer> {
  private static final int MOST = 65_536;

  @Spec private CommandSpec spec;

  @Mixin private DaemonAddress address = new DaemonAddress();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "Maximum number of events. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--device", paramLabel = "N", description = "Only events of this device.")
  private Integer device;

  @Option(names = "--session", paramLabel = "N", description = "Only events of this session.")
  private Integer session;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  @Override
  public Integer call() throws ToolException {
    if (limit < 1 || limit > MOST) {
      throw new ParameterException(
          spec.commandLine(), "--limit: write a number from 1 to " + MOST + ", not " + limit);
    }
    boolean isFiltered = device != null || session != null;
    DaemonClient client = address.client();
    Instant now = Instant.now();
    Map<String, Object> answer = client.dropsAnswer(isFiltered ? MOST : limit);
    List<Map<String, Object>> events = new ArrayList<>();
    for (Map<String, Object> event : Json.objects(answer, "drops")) {
      if (isWanted(event) && events.size() < limit) {
        Map<String, Object> aged = new LinkedHashMap<>(event);
        aged.put("age_seconds", age(Json.text(event, "time"), now).toMillis() / 1e3);
        events.add(aged);
      }
    }
    if (isJson) {
      Map<String, Object> json = new LinkedHashMap<>(answer);
      json.put("drops", events);
      json.put("capture_lost_records", client.storage().lost());
      out().println(Json.print(json));
    } else {
      List<DropReport> drops = new ArrayList<>();
      for (Map<String, Object> event : events) {
        drops.add(DropReport.read(event));
      }
      print(drops, Json.whole(answer, "total_events"), client.storage());
    }
    out().flush();
    return ExitCode.FINE;
  }

  private boolean isWanted(Map<String, Object> event) throws ToolException {
    return (device == null || Json.whole(event, "device") == device)
        && (session == null || Json.whole(event, "session") == session);
  }

  private void print(List<DropReport> drops, long total, DaemonClient.Storage storage) {
    Terminal terminal = Terminal.ofStandardOutput();
    if (drops.isEmpty()) {
      out()
          .println(
              total == 0
                  ? terminal.colour(
                      Terminal.Colour.GOOD, "No device dropped a record since the daemon started.")
                  : "No events of that device or session are kept.");
    } else {
      out()
          .printf(Locale.ROOT, "%,d of %,d events since the daemon started%n", drops.size(), total);
      out().print(table(drops).print(terminal.columns()));
    }
    if (storage.lostRecords() > 0) {
      out().println(storage.sentence());
    }
  }

  static TextTable table(List<DropReport> drops) {
    TextTable table =
        new TextTable()
            .number("age", 0)
            .text("time", 5)
            .number("device", 0)
            .number("session", 4)
            .text("kind", 2)
            .number("instance", 1)
            .number("records", 0)
            .text("cause", 0)
            .text("points to", 3);
    Instant now = Instant.now();
    for (DropReport drop : drops) {
      table.row(
          Quantities.formatNanos(age(drop.time(), now).toNanos()),
          drop.time(),
          Long.toString(drop.device()),
          Long.toString(drop.session()),
          drop.kind(),
          Long.toString(drop.instance()),
          String.format(Locale.ROOT, "%,d", drop.records()),
          drop.cause(),
          drop.ceiling());
    }
    return table;
  }

  /** Returns the age of an event; never negative, although another host's clock may be ahead. */
  static Duration age(String time, Instant now) {
    Duration age = Duration.between(Instant.parse(time), now);
    return age.isNegative() ? Duration.ZERO : age;
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

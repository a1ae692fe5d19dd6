package dev.sluice.tool;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Ends sessions at the operator's request. */
@Command(
    name = "detach",
    description =
        "End a session of the running daemon: collect what was published, settle the books, free"
            + " the memory.",
    footer = {
      "",
      "Examples:",
      "  " + Invocation.PROGRAM + " detach 7",
      "  " + Invocation.PROGRAM + " detach train-a --yes",
      "  " + Invocation.PROGRAM + " detach --device 3",
      "",
      "A running device gets no more buffers: it drops its records (l2-2026.06, l2-2026.07), or"
          + " stalls (chip-2026.08, chip-2026.09) unless its client has a guard. So a running"
          + " session is ended only after confirmation, or with --yes."
    })
public final class DetachCommand implements Callable<Integer> {
  private static final long LOOK_MS = 50;

  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private ControlAddress address = new ControlAddress();

  @Parameters(
      arity = "0..1",
      paramLabel = "SESSION",
      description = "Number or name of the session, as status shows it.")
  private String session;

  @Option(
      names = "--device",
      paramLabel = "N",
      description = "End all sessions of this device instead.")
  private Integer device;

  @Option(names = "--yes", description = "Do not ask for confirmation.")
  private boolean isSure;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  public DetachCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    if ((session == null) == (device == null)) {
      throw usage("name a session or a --device");
    }
    List<SessionReport> chosen = chosen(DaemonClient.onSocket(address.path()).sessions());
    if (chosen.stream().anyMatch(DetachCommand::isRunning) && !isSure && !isConfirmed(chosen)) {
      spec.commandLine().getErr().println("sluice: no session was ended");
      return ExitCode.FAILED;
    }
    List<Map<String, Object>> answers = new ArrayList<>();
    for (SessionReport each : chosen) {
      Map<String, Object> books = address.client().post("/v1/sessions/" + each.id() + "/detach");
      answers.add(books);
      if (!isJson) {
        print(each, books);
      }
    }
    if (isJson) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("detached", answers);
      out().println(Json.print(json));
    }
    out().flush();
    return ExitCode.FINE;
  }

  private List<SessionReport> chosen(List<SessionReport> all) throws ToolException {
    List<SessionReport> open = all.stream().filter(each -> !each.isOver()).toList();
    List<SessionReport> chosen =
        open.stream()
            .filter(
                each ->
                    device != null
                        ? each.device() == device
                        : session.equals(Long.toString(each.id())) || session.equals(each.name()))
            .toList();
    if (chosen.isEmpty()) {
      throw new ToolException(
          "no open session "
              + (device != null ? "of device " + device : session)
              + (open.isEmpty()
                  ? "; no session is open"
                  : "; open: "
                      + open.stream()
                          .map(DetachCommand::describe)
                          .collect(Collectors.joining(", "))));
    }
    if (device == null && chosen.size() > 1) {
      throw new ToolException(
          chosen.size() + " open sessions are named " + session + "; use a session number");
    }
    return chosen;
  }

  /** Returns whether a device may be writing; none is in an attached or settled session. */
  private static boolean isRunning(SessionReport session) {
    String state = session.state().split(" ", 2)[0];
    return !state.equals("attached") && !state.equals("settled");
  }

  private static String describe(SessionReport session) {
    return session.id() + " (" + session.name() + ", device " + session.device() + ")";
  }

  private boolean isConfirmed(List<SessionReport> chosen) throws ToolException {
    String list = chosen.stream().map(DetachCommand::describe).collect(Collectors.joining(", "));
    if (!ProgressLine.isTerminal(0)) {
      throw usage("session " + list + " is running; add --yes to end it");
    }
    PrintWriter err = spec.commandLine().getErr();
    err.print("End session " + list + ", which is running? [y/N] ");
    err.flush();
    try {
      // Not a blocking read: Ctrl-C must end the command.
      while (System.in.available() == 0) {
        if (stopSignal.await(LOOK_MS)) {
          return false;
        }
      }
      byte[] answer = System.in.readNBytes(System.in.available());
      return new String(answer, StandardCharsets.UTF_8)
          .strip()
          .toLowerCase(Locale.ROOT)
          .startsWith("y");
    } catch (IOException e) {
      throw new ToolException("cannot read the answer: " + e.getMessage(), e);
    }
  }

  private void print(SessionReport session, Map<String, Object> books) throws ToolException {
    out().println("session " + describe(session) + " ended: " + Json.text(books, "text"));
    TextTable table =
        new TextTable()
            .text("records", 0)
            .number("produced", 0)
            .number("collected", 0)
            .number("dropped", 0)
            .number("salvaged", 1)
            .number("never started", 3)
            .number("in flight", 2)
            .number("unaccounted", 0);
    Map<String, Object> kinds = Json.object(books, "kinds");
    for (String kind : kinds.keySet()) {
      Map<String, Object> row = Json.object(kinds, kind);
      if (Json.whole(row, "device_records") != 0) {
        table.row(
            kind,
            count(row, "device_records"),
            count(row, "collected_records"),
            count(row, "dropped_records"),
            count(row, "salvaged_records"),
            count(row, "never_started_records"),
            count(row, "in_flight_records"),
            count(row, "unaccounted_records"));
      }
    }
    if (!table.isEmpty()) {
      out().print(table.print(Terminal.ofStandardOutput().columns()));
    }
  }

  private static String count(Map<String, Object> row, String key) throws ToolException {
    return String.format(Locale.ROOT, "%,d", Json.whole(row, key));
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}

package dev.sluice.tool;

import dev.sluice.config.Quantities;
import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.ExportSelection;
import dev.sluice.output.export.ExportSummary;
import dev.sluice.output.export.Exporter;
import dev.sluice.output.export.NameMap;
import dev.sluice.output.export.TaskGraph;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Converts a capture to a file that other tools open. */
@Command(
    name = "export",
    description = "Turn captures into a file for Perfetto, Chrome, the runtime's tools or tables.",
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " export latest --format perfetto -o trace.pftrace",
      "Then open https://ui.perfetto.dev and drop the file on it."
    })
public final class ExportCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";
  private static final String ALL_RUNS = "all";

  /** Practical limits of https://ui.perfetto.dev and chrome://tracing. */
  private static final long MAX_PERFETTO_SLICES = 10_000_000;

  private static final long MAX_CHROME_SLICES = 1_000_000;

  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private CaptureArguments captures = new CaptureArguments();

  @Parameters(
      paramLabel = "CAPTURE",
      arity = "1..*",
      description =
          "Directory or name of a capture, the beginning of it, or latest; several share one time"
              + " axis.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      converter = FormatConverter.class,
      description =
          "records-json (the runtime's own file), chrome-trace, perfetto, csv or parquet (a"
              + " directory of tables); pmu-csv and scope-stats-jsonl if the capture has these"
              + " profilers (the runtime's own files).")
  private ExportFormat format;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description =
          "File to write, or - for standard output; compressed if it ends in .gz. A directory for"
              + " csv, and for records-json if it ends in /.")
  private String output;

  @Option(
      names = "--from",
      paramLabel = "T",
      converter = DurationConverter.class,
      description = "Leave out what ended before this: 1.5s counts from the capture's first event.")
  private Long fromNs;

  @Option(
      names = "--to",
      paramLabel = "T",
      converter = DurationConverter.class,
      description = "Leave out what began at or after this.")
  private Long toNs;

  @Option(
      names = "--cores",
      paramLabel = "LIST",
      converter = CoresConverter.class,
      description = "Only tasks of these cores, for example 0-7,12. Phases are kept.")
  private BitSet cores = new BitSet();

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description =
          "Only this run: its number, last, or its name (or the last part of that). all: every run;"
              + " records-json then writes a directory with a file per run.")
  private String run;

  @Option(
      names = "--deps",
      paramLabel = "FILE",
      description = "The runtime's deps.json: arrows between tasks, and which kernel each runs.")
  private Path deps;

  @Option(
      names = "--names",
      paramLabel = "FILE",
      description = "The runtime's name_map.json: names of kernels; needs --deps.")
  private Path nameMap;

  @Option(names = "--force", description = "Replace an output that exists.")
  private boolean isForced;

  @Option(
      names = "--time",
      paramLabel = "AXIS",
      converter = AxisConverter.class,
      description =
          "Times of a trace: relative counts from the first event, absolute is CLOCK_BOOTTIME of"
              + " the host. Default: relative.")
  private Axis axis = Axis.RELATIVE;

  @Option(names = "--strict", description = "Exit with 3 if records are missing in the export.")
  private boolean isStrict;

  public ExportCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    List<CaptureSource> sources = new ArrayList<>();
    Map<String, String> given = new HashMap<>();
    try (ProgressLine line = ProgressLine.onStandardError()) {
      for (String name : names) {
        Path directory = captures.capture(name);
        CaptureSource source = CaptureSource.open(directory);
        sources.add(source);
        String before = given.putIfAbsent(source.name(), name);
        if (before != null) {
          throw usage("the same capture is given twice: " + before + ", " + name);
        }
        chooseRuns(directory, sources);
      }
      long startNs = System.nanoTime();
      ExportProgress progress = new ExportProgress(line, stopSignal);
      ExportRequest request = request(sources);
      Exporter exporter = new Exporter(sources, request, progress);
      progress.expect(exporter.totalRecords());
      ExportSummary summary = write(exporter);
      sources.forEach(
          source -> source.damages().forEach(what -> tell(line, "not in the export: " + what)));
      exporter.warnings().forEach(warning -> tell(line, warning));
      report(line, summary, request);
      String where =
          output.equals(STANDARD_OUTPUT) ? "" : " to " + exporter.fileOf(Path.of(output));
      line.println(
          String.format(
              Locale.ROOT,
              "%,d records%s: %s, %s",
              summary.records(),
              where,
              Quantities.formatBytes(summary.bytes()),
              rate(summary, (System.nanoTime() - startNs) / 1e9)));
      if (summary.records() == 0 && (fromNs != null || toNs != null)) {
        throw new ToolException(
            "no record is in the exported window; leave out --from and --to to see the whole"
                + " capture");
      }
      return isStrict && summary.missingRecords() > 0 ? ExitCode.RECORDS_LOST : ExitCode.FINE;
    } catch (IOException e) {
      throw new ToolException(reason(e), e);
    } finally {
      sources.forEach(ExportCommand::close);
    }
  }

  private boolean isByRun() {
    return format.isRuntimeFile() && ALL_RUNS.equals(run);
  }

  /** Reopens the last source for the selected run, or for each run. */
  private void chooseRuns(Path directory, List<CaptureSource> sources) throws IOException {
    CaptureSource whole = sources.get(sources.size() - 1);
    Map<Integer, String> runs = whole.runs();
    if (run == null || (ALL_RUNS.equals(run) && !isByRun())) {
      if (format == ExportFormat.RECORDS_JSON && whole.isOneRunAFile() && runs.size() > 1) {
        throw usage(
            "the capture has "
                + runs.size()
                + " runs, but this format holds one: use --run N, --run last, or --run all for a"
                + " directory with a file per run; "
                + RunChoice.list(runs));
      }
      return;
    }
    if (isByRun() && names.size() > 1) {
      throw usage("--run all takes one capture with " + format.id());
    }
    sources.remove(whole);
    whole.close();
    List<Integer> chosen =
        isByRun() ? List.copyOf(runs.keySet()) : List.of(RunChoice.of(run, runs));
    for (int number : chosen) {
      sources.add(CaptureSource.open(directory, number));
    }
  }

  private static String rate(ExportSummary summary, double seconds) {
    return String.format(
        Locale.ROOT,
        "%.1f s, %.1f M records/s",
        seconds,
        summary.records() / 1e6 / Math.max(seconds, 1e-9));
  }

  private static void close(CaptureSource source) {
    try {
      source.close();
    } catch (IOException ignored) {
      // Opened only for reading: no data is lost.
    }
  }

  private ExportRequest request(List<CaptureSource> sources) throws IOException {
    if (!format.isTrace() && format != ExportFormat.PARQUET && (deps != null || nameMap != null)) {
      throw usage("--deps and --names are for chrome-trace, perfetto and parquet");
    }
    if (!format.isTrace() && axis == Axis.ABSOLUTE) {
      throw usage("--time is for chrome-trace and perfetto");
    }
    if (!format.isTimed() && (fromNs != null || toNs != null)) {
      throw usage("--from and --to do not apply: " + format.id() + " has no timestamps");
    }
    ExportSelection selection;
    try {
      selection = new ExportSelection(optional(fromNs), optional(toNs), cores);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    for (CaptureSource source : sources) {
      int numCores = source.geometry().numCores();
      if (cores.length() > numCores) {
        throw usage(
            "--cores names core "
                + (cores.length() - 1)
                + ", but the capture has cores 0 to "
                + (numCores - 1));
      }
    }
    return new ExportRequest(
        format,
        selection,
        deps == null ? TaskGraph.NONE : TaskGraph.read(deps),
        nameMap == null ? NameMap.NONE : NameMap.read(nameMap),
        axis == Axis.ABSOLUTE,
        isByRun());
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static OptionalLong optional(Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private ExportSummary write(Exporter exporter) throws IOException {
    // /dev/stdout may be a link to a file that the shell holds open: never replace it.
    if (output.equals(STANDARD_OUTPUT) || output.equals("/dev/stdout")) {
      // Not System.out: it swallows errors, and a closed pipe must end the export.
      try (OutputStream stream = new FileOutputStream(FileDescriptor.out)) {
        return exporter.toStream(stream);
      }
    }
    if (output.endsWith("/") && format.isTrace()) {
      throw usage(output + " is a directory: name a file in it");
    }
    if (output.endsWith("/") && format.isRuntimeFile() && names.size() == 1 && !isByRun()) {
      Files.createDirectories(Path.of(output));
    }
    return exporter.toFile(Path.of(output), isForced);
  }

  private void report(ProgressLine line, ExportSummary summary, ExportRequest request) {
    if (summary.missingRecords() > 0) {
      String causes =
          new TreeMap<>(summary.missing())
              .entrySet().stream()
                  .map(
                      cause ->
                          String.format(Locale.ROOT, "%s %,d", cause.getKey(), cause.getValue()))
                  .collect(Collectors.joining(", "));
      tell(
          line,
          "%,d records are missing in the exported window: %s",
          summary.missingRecords(),
          causes);
    }
    ExportSummary.Counts counts = summary.counts();
    if (counts.aicpuWithoutAicore + counts.aicoreWithoutAicpu > 0
        && fromNs == null
        && toNs == null) {
      tell(
          line,
          "left out: %,d tasks with only the AICPU's record, %,d with only the AICore's",
          counts.aicpuWithoutAicore,
          counts.aicoreWithoutAicpu);
    }
    if (counts.impossibleTimes > 0) {
      tell(
          line,
          "impossible times: %,d records, left out, shortened, or in tables without nanoseconds",
          counts.impossibleTimes);
    }
    if (counts.givenUp > 0) {
      tell(
          line,
          "drawn without arrow: %,d rows whose phase or task is missing or too far ahead",
          counts.givenUp);
    }
    if (counts.violations > 0) {
      tell(line, "dependencies that the times contradict: %,d", counts.violations);
    }
    if (request.graph().skippedRows() > 0) {
      tell(
          line,
          "skipped in %s: %,d rows without the required ids",
          deps,
          request.graph().skippedRows());
    }
    long limit = format == ExportFormat.PERFETTO ? MAX_PERFETTO_SLICES : MAX_CHROME_SLICES;
    if (format.isTrace() && counts.slices > limit) {
      long fitsNs = (fromNs == null ? 0 : fromNs) + summary.spanNs() / (counts.slices / limit + 1);
      tell(
          line,
          "%,d slices are too many for a browser: --to %s would fit",
          counts.slices,
          Math.max(1, fitsNs / 1_000_000) + "ms");
    }
  }

  private static void tell(ProgressLine line, String format, Object... values) {
    line.println(
        "sluice: " + (values.length == 0 ? format : String.format(Locale.ROOT, format, values)));
  }

  /** Returns one line: what failed, and on which file. */
  private String reason(IOException e) {
    String message = e.getMessage();
    if (message == null) {
      return e.toString();
    }
    if (message.equals("Broken pipe")) {
      return "the reader of the output closed it";
    }
    if (e instanceof AccessDeniedException) {
      return message + " cannot be read or written by this user";
    }
    if (e instanceof NoSuchFileException && message.contains(".seg")) {
      return "retention removed "
          + message
          + " meanwhile; export again, or take a snapshot first with 'sluice snapshot'";
    }
    if (e instanceof FileSystemException fileError && fileError.getReason() == null) {
      return message + ": " + e.getClass().getSimpleName();
    }
    // The kernel's message lacks the path of a failed write.
    boolean isOfOutput = e.getClass() == IOException.class && !output.equals(STANDARD_OUTPUT);
    return isOfOutput ? output + ": " + message : message;
  }

  static final class FormatConverter implements ITypeConverter<ExportFormat> {
    @Override
    public ExportFormat convert(String text) {
      try {
        return ExportFormat.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  private enum Axis {
    RELATIVE,
    ABSOLUTE
  }

  // Not a Boolean: picocli treats that as a flag without a value.
  static final class AxisConverter implements ITypeConverter<Axis> {
    @Override
    public Axis convert(String text) {
      return switch (text) {
        case "relative" -> Axis.RELATIVE;
        case "absolute" -> Axis.ABSOLUTE;
        default -> throw new TypeConversionException("'" + text + "' is not relative or absolute");
      };
    }
  }

  static final class CoresConverter implements ITypeConverter<BitSet> {
    @Override
    public BitSet convert(String text) {
      try {
        return ExportSelection.parseCores(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}

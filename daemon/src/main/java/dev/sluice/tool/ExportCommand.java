package dev.sluice.tool;

import dev.sluice.config.Quantities;
import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.ExportSelection;
import dev.sluice.output.export.ExportSummary;
import dev.sluice.output.export.Exporter;
import dev.sluice.output.export.LevelKey;
import dev.sluice.output.export.NameMap;
import dev.sluice.output.export.TaskGraph;
import dev.sluice.output.export.TraceFacts;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Turns a capture into a file that other tools open. */
@Command(
    name = "export",
    description =
        "Turn a capture into a file for Perfetto, Chrome, the runtime's tools or a table.",
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " export CAPTURE --format perfetto -o trace.pftrace",
      "Then open https://ui.perfetto.dev and drop the file on it."
    })
public final class ExportCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";

  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private CaptureArguments captures = new CaptureArguments();

  @Parameters(paramLabel = "CAPTURE", description = "Directory of the capture, or its name.")
  private String capture;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      converter = FormatConverter.class,
      description =
          "records-json (the runtime's own file), chrome-trace, perfetto, or csv (a directory).")
  private ExportFormat format;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "File to write, or - for standard output.")
  private String output;

  @Option(
      names = "--from",
      paramLabel = "T",
      converter = DurationConverter.class,
      description = "Leave out what ended before: 1.5s counts from the capture's first event.")
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
      description = "Only tasks of these cores, for example 0-7,12. Phases stay.")
  private BitSet cores = new BitSet();

  @Option(
      names = "--deps",
      paramLabel = "FILE",
      description = "The runtime's deps.json: arrows between tasks, and which kernel each runs.")
  private Path deps;

  @Option(
      names = "--names",
      paramLabel = "FILE",
      description = "The runtime's name_map.json: names of kernels; needs --deps.")
  private Path names;

  @Option(names = "--force", description = "Replace an output that exists.")
  private boolean isForced;

  @Option(
      names = "--level-key",
      paramLabel = "KEY",
      converter = LevelKeyConverter.class,
      description =
          "First key of records-json: l2, chip, or auto, which follows the capture. Default: auto.")
  private LevelKey levelKey = LevelKey.AUTO;

  public ExportCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    Path directory = captures.capture(capture);
    try (CaptureSource source = CaptureSource.open(directory);
        ProgressLine line = ProgressLine.onStandardError()) {
      long startNs = System.nanoTime();
      ExportProgress progress = new ExportProgress(line, stopSignal);
      Exporter exporter = new Exporter(source, request(source.facts()), progress);
      progress.expect(exporter.totalRecords());
      ExportSummary summary = write(exporter);
      report(line, exporter, source, summary, (System.nanoTime() - startNs) / 1e9);
      return ExitCode.FINE;
    } catch (IOException e) {
      throw new ToolException(reason(e), e);
    }
  }

  private ExportRequest request(TraceFacts facts) throws IOException {
    boolean isTrace = format == ExportFormat.CHROME_TRACE || format == ExportFormat.PERFETTO;
    if (!isTrace && (deps != null || names != null)) {
      throw usage("--deps and --names belong to chrome-trace and perfetto");
    }
    if (format != ExportFormat.RECORDS_JSON && levelKey != LevelKey.AUTO) {
      throw usage("--level-key belongs to records-json");
    }
    ExportSelection selection;
    try {
      selection = new ExportSelection(optional(fromNs), optional(toNs), cores);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    int numCores = facts.geometry().numCores();
    if (cores.length() > numCores) {
      throw usage(
          "--cores names core "
              + (cores.length() - 1)
              + ", and the cores of this capture are 0 to "
              + (numCores - 1));
    }
    return new ExportRequest(
        format,
        selection,
        levelKey,
        deps == null ? TaskGraph.NONE : TaskGraph.read(deps),
        names == null ? NameMap.NONE : NameMap.read(names));
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static OptionalLong optional(Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private ExportSummary write(Exporter exporter) throws IOException {
    if (!output.equals(STANDARD_OUTPUT)) {
      return exporter.toFile(Path.of(output), isForced);
    }
    // Not System.out: it swallows errors, and a closed pipe must end the export.
    try (OutputStream stream = new FileOutputStream(FileDescriptor.out)) {
      return exporter.toStream(stream);
    }
  }

  private void report(
      ProgressLine line,
      Exporter exporter,
      CaptureSource source,
      ExportSummary summary,
      double seconds) {
    for (String damage : source.damages()) {
      line.println("sluice: not in the export: " + damage);
    }
    boolean isWhole = fromNs == null && toNs == null;
    if (isWhole && summary.aicpuWithoutAicore() + summary.aicoreWithoutAicpu() > 0) {
      line.println(
          String.format(
              Locale.ROOT,
              "sluice: %,d tasks are not drawn, because only the AICPU's record is there, and %,d"
                  + " because only the AICore's is",
              summary.aicpuWithoutAicore(),
              summary.aicoreWithoutAicpu()));
    }
    if (summary.givenUp() > 0) {
      line.println(
          String.format(
              Locale.ROOT,
              "sluice: %,d tasks or submissions are drawn without the phase or the task that they"
                  + " waited for: too many waited",
              summary.givenUp()));
    }
    String where = output.equals(STANDARD_OUTPUT) ? "" : " to " + exporter.fileOf(Path.of(output));
    line.println(
        String.format(
            Locale.ROOT,
            "%,d records%s: %s in %.1f s, %.1f M records/s",
            summary.records(),
            where,
            Quantities.formatBytes(summary.bytes()),
            seconds,
            summary.records() / 1e6 / Math.max(seconds, 1e-9)));
  }

  /** One line: what failed, and on which file. */
  private String reason(IOException e) {
    String message = e.getMessage();
    if (message == null) {
      return e.toString();
    }
    if (message.equals("Broken pipe")) {
      return "the reader of the export went away";
    }
    if (e instanceof AccessDeniedException) {
      return message + " may not be read or written by this user";
    }
    // The system says why a write failed, but not where to.
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

  static final class LevelKeyConverter implements ITypeConverter<LevelKey> {
    @Override
    public LevelKey convert(String text) {
      return switch (text) {
        case "auto" -> LevelKey.AUTO;
        case "l2" -> LevelKey.L2;
        case "chip" -> LevelKey.CHIP;
        default -> throw new TypeConversionException("'" + text + "' is none of auto, l2, chip");
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

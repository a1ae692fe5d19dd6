package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureManifest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Exports captures to a file, a directory or a stream. Several captures share one time axis: the
 * monotonic clock if all are from one boot of a host, otherwise the wall clock. One thread.
 */
public final class Exporter {
  /** One capture of an export, and what is requested of it. */
  record Job(
      CaptureSource source,
      ExportRequest request,
      Losses losses,
      ExportSummary.Counts counts,
      ExportMonitor monitor) {

    ExportSelection.Window window() {
      return request.selection().window(source.clock());
    }

    boolean hasCore(int core) {
      return request.selection().hasCore(core);
    }

    /** Returns a cursor over a pool's records in the window, of one run or, if 0, of all. */
    RecordCursor cursor(BufferKind kind, int instance, int run) throws IOException {
      return new RecordCursor(source, kind, instance, run, window(), false, monitor);
    }

    /** Returns the tasks of a core in the window, of one run or, if 0, of all. */
    TaskJoin tasks(int core, int run) throws IOException {
      boolean isJoined = source.geometry().level() > 1 || source.records(BufferKind.AICPU_TASK) > 0;
      return tasks(core, run, isJoined);
    }

    /** Returns the tasks of a core; if not joined, each AICore record is one. */
    TaskJoin tasks(int core, int run, boolean isJoined) throws IOException {
      return new TaskJoin(
          isJoined ? cursor(BufferKind.AICPU_TASK, core, run) : null,
          new RecordCursor(source, BufferKind.AICORE_TASK, core, run, window(), isJoined, monitor),
          counts);
    }

    /** Returns the function that a task of the dependency graph runs on a core, or -1. */
    int function(int node, int core) {
      return node == TaskGraph.NO_NODE ? -1 : source.function(request.graph(), node, core);
    }

    /** Returns this job without progress reports. */
    Job silent() {
      return new Job(source, request, losses, counts, ExportMonitor.NONE);
    }
  }

  private final List<CaptureSource> sources;
  private final ExportRequest request;
  private final ExportMonitor monitor;
  private final List<Job> jobs = new ArrayList<>();
  private final Map<String, Long> missing = new TreeMap<>();
  private final List<String> warnings = new ArrayList<>();
  private final ExportSummary.Counts counts = new ExportSummary.Counts();
  private final TraceSink.Clocks clocks;
  private final long spanNs;
  private long records;
  private long rows;

  /**
   * @throws ExportException if the selected window is empty
   */
  public Exporter(List<CaptureSource> sources, ExportRequest request, ExportMonitor monitor)
      throws IOException {
    this.sources = List.copyOf(sources);
    this.request = request;
    this.monitor = monitor;
    this.clocks = place();
    long endNs = 0;
    for (CaptureSource source : sources) {
      endNs = Math.max(endNs, source.clock().ns(source.lastTicks()) - clocks.traceNs());
    }
    ExportSelection selection = request.selection();
    long fromNs = selection.fromNs().orElse(0);
    if (fromNs > endNs) {
      throw new ExportException(
          String.format(Locale.ROOT, "nothing to export: the capture is %.3f s long", endNs / 1e9));
    }
    spanNs = Math.min(endNs, selection.toNs().orElse(endNs)) - fromNs;
    for (CaptureSource source : sources) {
      Losses of = Losses.of(source, selection.window(source.clock()));
      jobs.add(new Job(source, request, of, counts, this::advance));
      of.missing(source.manifest(), isWhole(source))
          .forEach((cause, count) -> missing.merge(cause, count, Long::sum));
    }
  }

  /** Returns whether the totals in the manifest cover exactly what is exported. */
  private boolean isWhole(CaptureSource source) {
    return request.selection().isWholeTime() && source.run() == 0;
  }

  /** Places all captures on one axis; returns the host's clocks at its zero. */
  private TraceSink.Clocks place() {
    boolean isOfParts =
        sources.stream().map(source -> source.manifest().id()).distinct().count() < sources.size();
    if (isOfParts && !request.isByRun()) {
      warnings.add("some captures of one session may overlap: shared records appear twice");
    }
    boolean isOneBoot =
        sources.stream().map(source -> source.manifest().bootName()).distinct().count() == 1;
    if (!isOneBoot) {
      warnings.add("the captures come from several boots or hosts: aligned by wall clock");
    }
    long earliestNs = Long.MAX_VALUE;
    CaptureSource earliest = sources.get(0);
    for (CaptureSource source : sources) {
      if (!source.manifest().outcome().isEnded()) {
        warnings.add(
            "capture "
                + source.name()
                + (source.isBeingWritten()
                    ? " is still being written: exporting what exists so far"
                    : " is incomplete: its daemon was killed"));
      }
      if (axisNs(source, isOneBoot) < earliestNs) {
        earliestNs = axisNs(source, isOneBoot);
        earliest = source;
      }
      if (sources.size() > 1 && !source.clock().isExact()) {
        warnings.add("host time of capture " + source.name() + ": " + source.clock().accuracy());
      }
    }
    long monotonicNs = earliest.clock().baseHostNs();
    long realtimeNs = nanos(earliest.wallBase());
    long boottimeNs = monotonicNs + earliest.manifest().clock().bootOffsetNs();
    long zeroNs = request.isAbsolute() ? boottimeNs : 0;
    for (CaptureSource source : sources) {
      source.clock().place(zeroNs + axisNs(source, isOneBoot) - earliestNs, zeroNs);
    }
    return new TraceSink.Clocks(
        zeroNs, monotonicNs, realtimeNs, request.isAbsolute() ? boottimeNs : 0);
  }

  private static long axisNs(CaptureSource source, boolean isOneBoot) {
    return isOneBoot ? source.clock().baseHostNs() : nanos(source.wallBase());
  }

  /** Converts to nanoseconds since 1970. */
  static long nanos(Instant wall) {
    return wall.getEpochSecond() * 1_000_000_000L + wall.getNano();
  }

  /** Returns how many records a full export reads, for progress. */
  public long totalRecords() {
    long passes = request.format().isTrace() && request.graph().edges() > 0 ? 2 : 1;
    long total = 0;
    for (CaptureSource source : sources) {
      total += kinds(request.format()).stream().mapToLong(source::records).sum();
    }
    return total * passes;
  }

  private static List<BufferKind> kinds(ExportFormat format) {
    return switch (format) {
      case PMU_CSV -> List.of(BufferKind.PMU);
      case SCOPE_STATS_JSONL -> List.of(BufferKind.SCOPE_STATS);
      default -> BufferKind.TIMED;
    };
  }

  /** Warnings to show before the output is read, one line each. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** Writes to a stream, which stays open. Not for formats that need a directory. */
  public ExportSummary toStream(OutputStream stream) throws IOException {
    if (isDirectory()) {
      throw new ExportException(
          request.format().id() + " output is a directory here; name one with -o");
    }
    ExportOutput.Counting out = new ExportOutput.Counting(stream);
    write(out);
    out.flush();
    return summary(out.bytes());
  }

  /** Returns whether the output is always a directory. */
  private boolean isDirectory() {
    return request.format() == ExportFormat.CSV
        || request.format() == ExportFormat.PARQUET
        || (request.format().isRuntimeFile() && (sources.size() > 1 || request.isByRun()));
  }

  /**
   * Writes a file or a directory, which appears once complete.
   *
   * @param isForced whether an existing output may be replaced
   * @throws ExportException if the output exists, or if there is nothing to write
   */
  public ExportSummary toFile(Path output, boolean isForced) throws IOException {
    return summary(
        isDirectory()
            ? ExportOutput.directory(output, isForced, this::fill)
            : ExportOutput.file(fileOf(output), isForced, this::write));
  }

  /**
   * Returns the file that {@link #toFile} writes for this output: in a directory, a runtime file
   * gets the name that the runtime's tools expect.
   */
  public Path fileOf(Path output) {
    return request.format().isRuntimeFile() && !isDirectory() && Files.isDirectory(output)
        ? output.resolve(fileName(sources.get(0)))
        : output;
  }

  private String fileName(CaptureSource source) {
    return switch (request.format()) {
      case PMU_CSV -> ProfilerFiles.PMU_FILE;
      case SCOPE_STATS_JSONL -> ProfilerFiles.SCOPE_STATS_FILE;
      default -> RecordsJson.fileName(source);
    };
  }

  private ExportSummary summary(long bytes) {
    return new ExportSummary(records, rows, bytes, counts, Map.copyOf(missing), spanNs);
  }

  private void advance(long more) throws ExportException {
    records += more;
    monitor.advance(more);
  }

  private void write(OutputStream out) throws IOException {
    switch (request.format()) {
      case RECORDS_JSON, PMU_CSV, SCOPE_STATS_JSONL -> rows += writeRecords(jobs.get(0), out);
      case CHROME_TRACE -> draw(new ChromeWriter(out, request.graph()));
      case PERFETTO -> draw(new PerfettoWriter(out));
      case CSV, PARQUET -> throw new IllegalStateException(request.format() + " is a directory");
    }
  }

  private long writeRecords(Job job, OutputStream out) throws IOException {
    CaptureSource source = job.source();
    for (BufferKind kind : kinds(request.format())) {
      if (!source.geometry().has(kind.region())) {
        // An empty file would suggest that the profiler found nothing.
        throw new ExportException("the session did not attach the region " + kind.region().label());
      }
    }
    return switch (request.format()) {
      case PMU_CSV -> ProfilerFiles.writePmu(job, out);
      case SCOPE_STATS_JSONL -> ProfilerFiles.writeScopeStats(job, out);
      default -> RecordsJson.write(job, out);
    };
  }

  private void draw(TraceSink sink) throws IOException {
    sink.begin(facts(), clocks);
    Drawing.Canvas canvas = new Drawing.Canvas(sink, request.names());
    AtomicLong arrowIds = new AtomicLong(1);
    for (Job job : jobs) {
      Dependencies dependencies = new Dependencies(request.graph(), counts);
      if (dependencies.isWanted()) {
        Job learning =
            new Job(job.source(), request, job.losses(), new ExportSummary.Counts(), this::advance);
        new RowReader(learning, dependencies, arrowIds).readAll(row -> {});
      }
      dependencies.number(arrowIds);
      String prefix = sources.size() == 1 ? "" : nameOf(job.source()) + " / ";
      Drawing drawing = new Drawing(canvas, job, prefix, label(job.source()));
      new RowReader(job, dependencies, arrowIds).readAll(drawing);
      drawing.finish();
    }
    sink.finish();
    rows = counts.slices;
  }

  /** Returns a name by device and, where ambiguous, by session, host and capture. */
  private String nameOf(CaptureSource source) {
    CaptureManifest.Origin origin = source.manifest().origin();
    long hosts = sources.stream().map(each -> each.manifest().origin().host()).distinct().count();
    long ofDevice =
        sources.stream()
            .map(each -> each.manifest().origin())
            .filter(each -> each.device() == origin.device() && each.host().equals(origin.host()))
            .count();
    return (hosts > 1 ? origin.host() + " / " : "")
        + "dev "
        + origin.device()
        + (ofDevice > 1 ? " session " + origin.session() : "")
        + (isOnlyOfItsSession(source) ? "" : " " + shortName(source));
  }

  /** Returns whether the session number is unique here; it restarts with each daemon. */
  private boolean isOnlyOfItsSession(CaptureSource source) {
    String name = tablesOf(source);
    return sources.stream().filter(each -> tablesOf(each).equals(name)).count() == 1;
  }

  private static String shortName(CaptureSource source) {
    String id = source.manifest().id().toString();
    return source.name().replace(id, id.substring(0, 8));
  }

  private static String label(CaptureSource source) {
    CaptureManifest.Origin origin = source.manifest().origin();
    return String.format(
        Locale.ROOT,
        "host %s, device %d, session %d (%s), %s, host time %s",
        origin.host(),
        origin.device(),
        origin.session(),
        origin.producer(),
        source.manifest().layout().id(),
        source.clock().accuracy());
  }

  private Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    for (int i = 0; i < sources.size(); i++) {
      facts.put("capture_" + i, sources.get(i).name() + ": " + label(sources.get(i)));
    }
    for (CaptureSource source : sources) {
      source
          .runs()
          .forEach(
              (run, name) -> {
                boolean isShown = source.run() == 0 || source.run() == run;
                if (isShown && !name.isEmpty()) {
                  facts.put(nameOf(source) + " run " + run, name);
                }
              });
    }
    facts.put("missing_records", sum(missing));
    missing.forEach((cause, count) -> facts.put("missing_" + cause, count));
    return facts;
  }

  private void fill(Path directory) throws IOException {
    for (int i = 0; i < sources.size(); i++) {
      CaptureSource source = sources.get(i);
      if (request.format() == ExportFormat.CSV) {
        String name =
            tablesOf(source) + (isOnlyOfItsSession(source) ? "" : "-" + shortName(source));
        Path own = sources.size() == 1 ? directory : directory.resolve(name);
        Files.createDirectories(own);
        rows += CsvTables.write(jobs.get(i), own);
      } else if (request.format() == ExportFormat.PARQUET) {
        long lost = sum(jobs.get(i).losses().missing(source.manifest(), isWhole(source)));
        rows += ParquetTables.write(jobs.get(i), lost, directory);
      } else {
        Path own = Files.createDirectories(directory.resolve(folderOf(source, i)));
        try (OutputStream out = Files.newOutputStream(own.resolve(fileName(source)))) {
          rows += writeRecords(jobs.get(i), out);
        }
        if (!request.isByRun() && request.format() == ExportFormat.RECORDS_JSON) {
          Files.writeString(own.resolve("dispatch_identity.json"), identity(source, i));
        }
      }
    }
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private String folderOf(CaptureSource source, int rank) {
    return request.isByRun()
        ? "run-" + source.run()
        : "rank" + rank + "/d" + source.manifest().origin().device();
  }

  private static String tablesOf(CaptureSource source) {
    CaptureManifest.Origin origin = source.manifest().origin();
    return origin.host() + "-dev" + origin.device() + "-session" + origin.session();
  }

  private static String identity(CaptureSource source, int rank) throws IOException {
    CaptureManifest.Origin origin = source.manifest().origin();
    return com.fasterxml.jackson.jr.ob.JSON.std.asString(
            new TreeMap<>(
                Map.of(
                    "rank", rank,
                    "device", origin.device(),
                    "host", origin.host(),
                    "session", origin.session(),
                    "capture", source.name())))
        + "\n";
  }
}

package dev.sluice.output.export;

import com.github.luben.zstd.Zstd;
import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureManifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * A directory of Parquet tables, partitioned by host, device, session and run as Hive does it, so
 * that the directories of many exports can be laid over each other: files are named by the capture.
 * Times are device ticks and nanoseconds since 1970 by the host's clock.
 */
final class ParquetTables implements Row.Receiver, AutoCloseable {
  private static final long ROW_GROUP_BYTES = 16L << 20;
  private static final int ZSTD_LEVEL = 3;

  /** Not a run: the table is not partitioned by it. */
  private static final int NO_RUN = -1;

  private enum Table {
    TASKS(
        "required int32 core; required binary core_type (STRING); required int32 thread;"
            + " required int64 token; required int64 task_id; required int32 ring;"
            + " required int64 local; optional int32 func_id; optional binary function (STRING);"
            + " optional int64 dispatch_ticks; required int64 receive_ticks;"
            + " required int64 start_ticks; required int64 end_ticks; optional int64 finish_ticks;"
            + " optional int64 dispatch_ns; required int64 receive_ns; required int64 start_ns;"
            + " required int64 end_ns; optional int64 finish_ns;"),
    SCHED_PHASES(
        "required int32 thread; required binary kind (STRING); required int32 kind_number;"
            + " required int64 start_ticks; required int64 end_ticks; required int64 start_ns;"
            + " required int64 end_ns; required int64 loop_iter; required int64 tasks_processed;"
            + " required int64 pop_hit_or_local; required int64 pop_miss_or_ring;"
            + " required int32 aic_at_start; required int32 aiv_at_start;"
            + " required int32 mix_at_start; required int32 aic_at_end; required int32 aiv_at_end;"
            + " required int32 mix_at_end;"),
    ORCH_PHASES(
        "required int32 thread; required int64 submit_idx; required int64 task_id;"
            + " required int32 ring; required int64 local; required int64 start_ticks;"
            + " required int64 end_ticks; required int64 start_ns; required int64 end_ns;"),
    GAPS(
        "required binary kind (STRING); required int32 instance; required binary cause (STRING);"
            + " required binary lost_by (STRING); required int64 records; required int64 buffers;"
            + " required int64 from_ns; required int64 to_ns;"),
    STALLS(
        "required binary gate (STRING); required binary kind (STRING); required int32 instance;"
            + " required int64 times; required int64 waited_ns; required int64 from_ns;"
            + " required int64 to_ns;"),
    SESSIONS(
        "required binary capture (STRING); required binary producer (STRING); required binary"
            + " layout (STRING); required binary boot_id (STRING); required int32 level; required"
            + " int32 cores; required int64 clock_hz; required int64 started_ns; optional int64"
            + " ended_ns; required binary ending (STRING); required int64 first_ns; required int64"
            + " last_ns; required int64 clock_error_ns; required int64 produced_records; required"
            + " int64 missing_records;");

    @SuppressWarnings("ImmutableEnumChecker") // nothing changes it
    private final MessageType schema;

    Table(String columns) {
      schema = MessageTypeParser.parseMessageType("message sluice { " + columns + " }");
    }

    String directory() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final CaptureSource source;
  private final TraceClock clock;
  private final ExportRequest request;
  private final Path directory;
  private final long wallBaseNs;
  private final Map<String, Binary> words = new HashMap<>();
  private final Part[] parts = new Part[Table.values().length];
  private int files;
  private long rows;

  /** The file of a table that is being written. */
  private record Part(int run, ParquetWriter<Object[]> writer) {}

  private ParquetTables(CaptureSource source, ExportRequest request, Path directory) {
    this.source = source;
    this.clock = source.clock();
    this.request = request;
    this.directory = directory;
    wallBaseNs = Exporter.nanos(source.manifest().clock().wallTime(clock.baseHostNs()));
  }

  /** Writes all tables of a capture; returns their rows. */
  static long write(
      CaptureSource source,
      ExportRequest request,
      Losses losses,
      RowReader reader,
      long missing,
      Path directory)
      throws IOException {
    try (ParquetTables tables = new ParquetTables(source, request, directory)) {
      reader.readAll(tables);
      tables.put(losses);
      tables.putSession(missing);
      tables.close();
      return tables.rows;
    }
  }

  @Override
  public void accept(Row row) throws IOException {
    if (row instanceof Row.Task task) {
      put(task);
    } else if (row instanceof Row.Phase phase) {
      put(phase);
    } else if (row instanceof Row.Submit submit) {
      put(submit);
    }
  }

  private void put(Row.Task task) throws IOException {
    int node = request.graph().node(task.taskId);
    int funcId = node == TaskGraph.NO_NODE ? -1 : source.function(request.graph(), node, task.core);
    put(
        Table.TASKS,
        task.run,
        task.core,
        word(source.coreType(task.core)),
        task.thread,
        Integer.toUnsignedLong(task.token),
        task.taskId,
        ring(task.taskId),
        task.taskId & 0xFFFFFFFFL,
        funcId < 0 ? null : (Object) funcId,
        funcId < 0 ? null : word(request.names().function(funcId)),
        ticks(task.dispatch),
        ticks(task.receive),
        ticks(task.start),
        ticks(task.end),
        ticks(task.finish),
        ns(task.dispatch),
        ns(task.receive),
        ns(task.start),
        ns(task.end),
        ns(task.finish));
  }

  private void put(Row.Phase phase) throws IOException {
    put(
        Table.SCHED_PHASES,
        phase.run,
        phase.thread,
        word(phase.kindName()),
        phase.kindNumber,
        ticks(phase.start),
        ticks(phase.end),
        ns(phase.start),
        ns(phase.end),
        Integer.toUnsignedLong(phase.loopIter),
        Integer.toUnsignedLong(phase.tasksProcessed),
        Integer.toUnsignedLong(phase.popHit),
        Integer.toUnsignedLong(phase.popMiss),
        (int) phase.depthAtStart[0],
        (int) phase.depthAtStart[1],
        (int) phase.depthAtStart[2],
        (int) phase.depthAtEnd[0],
        (int) phase.depthAtEnd[1],
        (int) phase.depthAtEnd[2]);
  }

  private void put(Row.Submit submit) throws IOException {
    put(
        Table.ORCH_PHASES,
        submit.run,
        submit.lane,
        Integer.toUnsignedLong(submit.index),
        submit.taskId,
        ring(submit.taskId),
        submit.taskId & 0xFFFFFFFFL,
        ticks(submit.start),
        ticks(submit.end),
        ns(submit.start),
        ns(submit.end));
  }

  private void put(Losses losses) throws IOException {
    for (Losses.Loss gap : losses.gaps()) {
      put(
          Table.GAPS,
          NO_RUN,
          word(gap.kindLabel()),
          gap.instance(),
          word(gap.cause()),
          word(gap.by()),
          gap.records(),
          gap.count(),
          ns(gap.from()),
          ns(gap.to()));
    }
    for (Losses.Loss stall : losses.stalls()) {
      put(
          Table.STALLS,
          NO_RUN,
          word(stall.cause()),
          word(stall.kindLabel()),
          stall.instance(),
          stall.count(),
          stall.waitedNs(),
          ns(stall.from()),
          ns(stall.to()));
    }
  }

  private void putSession(long missing) throws IOException {
    CaptureManifest manifest = source.manifest();
    long produced = 0;
    for (BufferKind kind : BufferKind.TIMED) {
      produced += manifest.outcome().kind(kind).produced();
    }
    put(
        Table.SESSIONS,
        NO_RUN,
        word(manifest.id().toString()),
        word(manifest.origin().producer()),
        word(manifest.layout().id()),
        word(manifest.clock().bootId()),
        manifest.geometry().level(),
        manifest.geometry().numCores(),
        source.clockHz(),
        Exporter.nanos(manifest.clock().startedAt()),
        manifest.outcome().endedAt().map(Exporter::nanos).orElse(null),
        word(manifest.outcome().ending()),
        ns(0),
        ns(source.lastTicks()),
        clock.errorNs(),
        produced,
        missing);
  }

  private static int ring(long taskId) {
    return (int) (taskId >>> Integer.SIZE) & 0xFF;
  }

  private Long ticks(long ticks) {
    return ticks == Row.NEVER ? null : (Long) clock.deviceTicks(ticks);
  }

  private Long ns(long ticks) {
    return ticks == Row.NEVER ? null : (Long) (wallBaseNs + clock.lengthNs(ticks));
  }

  private Binary word(String text) {
    return words.computeIfAbsent(text, Binary::fromString);
  }

  private void put(Table table, int run, Object... values) throws IOException {
    Part part = parts[table.ordinal()];
    if (part == null || part.run != run) {
      if (part != null) {
        part.writer.close();
      }
      part = new Part(run, open(table, run));
      parts[table.ordinal()] = part;
    }
    part.writer.write(values);
    rows++;
  }

  private ParquetWriter<Object[]> open(Table table, int run) throws IOException {
    CaptureManifest.Origin origin = source.manifest().origin();
    Path partition =
        directory
            .resolve(table.directory())
            .resolve("host=" + partitionValue(origin.host()))
            .resolve("device=" + origin.device())
            .resolve("session=" + origin.session());
    partition = run == NO_RUN ? partition : partition.resolve("run=" + run);
    Files.createDirectories(partition);
    Path file = partition.resolve(source.manifest().id() + "-" + files++ + ".parquet");
    return new Builder(new LocalOutputFile(file), table.schema)
        .withConf(new PlainParquetConfiguration())
        .withCodecFactory(new ZstdFactory())
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withRowGroupSize(ROW_GROUP_BYTES)
        .build();
  }

  /** A name of a host as part of a path: other characters as Hive escapes them. */
  private static String partitionValue(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              boolean isPlain = c < 128 && (Character.isLetterOrDigit(c) || "-_.".indexOf(c) >= 0);
              escaped.append(
                  isPlain ? Character.toString(c) : String.format("%%%02X", Math.min(c, 0xFF)));
            });
    return escaped.toString();
  }

  @Override
  public void close() throws IOException {
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] != null) {
        ParquetWriter<Object[]> writer = parts[i].writer;
        parts[i] = null;
        writer.close();
      }
    }
  }

  private static final class Builder extends ParquetWriter.Builder<Object[], Builder> {
    private final MessageType schema;

    Builder(OutputFile file, MessageType schema) {
      super(file);
      this.schema = schema;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<Object[]> getWriteSupport(ParquetConfiguration conf) {
      return new Support(schema);
    }

    /** For programs with Hadoop, which this is not: its classes are only there to compile. */
    @Override
    @SuppressWarnings("deprecation")
    protected WriteSupport<Object[]> getWriteSupport(org.apache.hadoop.conf.Configuration conf) {
      return new Support(schema);
    }
  }

  /** Writes an array of values by their columns; null is a value that is not there. */
  private static final class Support extends WriteSupport<Object[]> {
    private final MessageType schema;
    private RecordConsumer to;

    Support(MessageType schema) {
      this.schema = schema;
    }

    @Override
    public WriteContext init(ParquetConfiguration conf) {
      return new WriteContext(schema, Map.of());
    }

    @Override
    @SuppressWarnings("deprecation")
    public WriteContext init(org.apache.hadoop.conf.Configuration conf) {
      return new WriteContext(schema, Map.of());
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
      to = consumer;
    }

    @Override
    public void write(Object[] values) {
      to.startMessage();
      for (int i = 0; i < values.length; i++) {
        if (values[i] == null) {
          continue;
        }
        String name = schema.getFieldName(i);
        to.startField(name, i);
        if (values[i] instanceof Long number) {
          to.addLong(number);
        } else if (values[i] instanceof Integer number) {
          to.addInteger(number);
        } else {
          to.addBinary((Binary) values[i]);
        }
        to.endField(name, i);
      }
      to.endMessage();
    }
  }

  /** Zstandard without Hadoop, through whose classes the library's own codecs go. */
  private static final class ZstdFactory implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return new BytesInputCompressor() {
        @Override
        public BytesInput compress(BytesInput bytes) throws IOException {
          ByteArrayOutputStream plain = new ByteArrayOutputStream((int) bytes.size());
          bytes.writeAllTo(plain);
          return BytesInput.from(Zstd.compress(plain.toByteArray(), ZSTD_LEVEL));
        }

        @Override
        public CompressionCodecName getCodecName() {
          return CompressionCodecName.ZSTD;
        }

        @Override
        public void release() {}
      };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      throw new UnsupportedOperationException("tables are written only");
    }

    @Override
    public void release() {}
  }
}

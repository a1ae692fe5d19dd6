package dev.sluice.output.export;

import com.github.luben.zstd.Zstd;
import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureManifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ParquetProperties;
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
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;

/**
 * Writes a directory of Parquet tables with Hive partitions by host, device, session and run. Files
 * are named after the capture, so the directories of several exports can be merged. Times are
 * device ticks and nanoseconds since 1970 by the host's clock.
 */
final class ParquetTables implements Tables.Format {
  private static final long ROW_GROUP_BYTES = 16L << 20;
  private static final int ZSTD_LEVEL = 3;

  private final CaptureSource source;
  private final Path directory;
  private final Set<Tables.Table> written = EnumSet.noneOf(Tables.Table.class);
  private Part part;

  /** The file being written: tables and runs are written one after another. */
  private record Part(Tables.Table table, int run, ParquetWriter<Tables.Values> writer) {}

  private ParquetTables(CaptureSource source, Path directory) {
    this.source = source;
    this.directory = directory;
  }

  /** Writes all tables of a capture, run by run; returns the number of rows. */
  static long write(Exporter.Job job, long missing, Path directory) throws IOException {
    CaptureSource source = job.source();
    try (ParquetTables files = new ParquetTables(source, directory)) {
      Tables tables = new Tables(job, Exporter.nanos(source.wallBase()), files);
      for (int run : source.runs().keySet()) {
        tables.putTasks(run);
        tables.putRecords(BufferKind.SCHED_PHASE, run);
        tables.putRecords(BufferKind.ORCH_PHASE, run);
      }
      tables.putLosses();
      files.addEmptyLosses();
      tables.putSession(missing);
      return tables.rows();
    }
  }

  @Override
  public void write(Tables.Table table, int run, Tables.Values row) throws IOException {
    if (part == null || part.table != table || part.run != run) {
      close();
      written.add(table);
      part = new Part(table, run, open(table, run));
    }
    part.writer.write(row);
  }

  /** Query engines refuse a table without a file, so a capture without losses gets empty files. */
  private void addEmptyLosses() throws IOException {
    for (Tables.Table table : List.of(Tables.Table.GAPS, Tables.Table.STALLS)) {
      if (written.add(table)) {
        open(table, Tables.NO_RUN).close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    Part last = part;
    part = null; // a writer that failed cannot be closed again
    if (last != null) {
      last.writer.close();
    }
  }

  private static MessageType schema(Tables.Table table) {
    StringBuilder text = new StringBuilder("message sluice {");
    for (Tables.Column column : table.columns) {
      text.append(column.isOptional() ? " optional " : " required ");
      text.append(
          switch (column.type()) {
            case INT -> "int32 " + column.name();
            case LONG, ULONG -> "int64 " + column.name();
            case STRING -> "binary " + column.name() + " (STRING)";
          });
      text.append(';');
    }
    return MessageTypeParser.parseMessageType(text + " }");
  }

  private ParquetWriter<Tables.Values> open(Tables.Table table, int run) throws IOException {
    CaptureManifest.Origin origin = source.manifest().origin();
    Path partition =
        directory
            .resolve(table.label)
            .resolve("host=" + partitionValue(origin.host()))
            .resolve("device=" + origin.device())
            .resolve("session=" + origin.session());
    partition = run == Tables.NO_RUN ? partition : partition.resolve("run=" + run);
    Files.createDirectories(partition);
    Path file = partition.resolve(source.name() + ".parquet");
    Builder builder =
        new Builder(new LocalOutputFile(file), schema(table))
            .withConf(new PlainParquetConfiguration())
            .withCodecFactory(new ZstdFactory())
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withRowGroupSize(ROW_GROUP_BYTES)
            // Delta encoding of ids and times: half the size of a dictionary, in half the time.
            .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_2_0)
            .withDictionaryEncoding(false);
    table.columns.stream()
        .filter(column -> column.type() == Tables.Type.STRING)
        .forEach(column -> builder.withDictionaryEncoding(column.name(), true));
    return builder.build();
  }

  /** Formats a host name as part of a path; escapes other characters like Hive. */
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

  private static final class Builder extends ParquetWriter.Builder<Tables.Values, Builder> {
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
    protected WriteSupport<Tables.Values> getWriteSupport(ParquetConfiguration conf) {
      return new Support(schema);
    }

    /** Only for programs with Hadoop, which is not used here: its classes are needed to compile. */
    @Override
    @SuppressWarnings("deprecation")
    protected WriteSupport<Tables.Values> getWriteSupport(
        org.apache.hadoop.conf.Configuration conf) {
      return new Support(schema);
    }
  }

  /** Writes a row by the columns of its table. */
  private static final class Support extends WriteSupport<Tables.Values> {
    private final MessageType schema;
    private final PrimitiveType[] columns;
    private final Map<String, Binary> words = new HashMap<>();
    private RecordConsumer to;

    Support(MessageType schema) {
      this.schema = schema;
      columns =
          schema.getFields().stream().map(Type::asPrimitiveType).toArray(PrimitiveType[]::new);
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
    public void write(Tables.Values row) {
      to.startMessage();
      for (int i = 0; i < row.count; i++) {
        if (row.isThere[i]) {
          PrimitiveType column = columns[i];
          to.startField(column.getName(), i);
          switch (column.getPrimitiveTypeName()) {
            case INT32 -> to.addInteger((int) row.numbers[i]);
            case INT64 -> to.addLong(row.numbers[i]);
            default -> to.addBinary(words.computeIfAbsent(row.words[i], Binary::fromString));
          }
          to.endField(column.getName(), i);
        }
      }
      to.endMessage();
    }
  }

  /** Zstandard without Hadoop, which the library's own codecs depend on. */
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

/**
 * Exports captures to other formats: the runtime tools' own JSON, Chrome and Perfetto traces, CSV,
 * Parquet.
 *
 * <p>{@code CaptureSource} reads the frames of a capture by pool, a {@code RecordCursor} walks the
 * records of one pool, a {@code TaskJoin} the tasks of one core. {@code records-json} and tables
 * are written pool by pool. Traces need time order across pools: a {@code RowReader} merges all
 * pools by time and links their rows with arrows, a {@code Drawing} turns rows into bars on lanes,
 * and a {@code TraceSink} writes them. {@code Losses} are the gaps and stalls; {@code TraceClock}
 * places the device's clock on the host's.
 *
 * <pre>
 *   CaptureSource --RecordCursor, TaskJoin--+--> RecordsJson -------------------------+--> ExportOutput
 *                                           +--> Tables (CsvTables, ParquetTables) ---+
 *                                           +--> RowReader --> Drawing --> TraceSink -+
 *                                                             (ChromeWriter, PerfettoWriter)
 * </pre>
 *
 * <p>Everything streams on the caller's thread, holding one frame per pool and a bounded window of
 * rows, whatever the capture's size. Imports {@code abi}, {@code config}, {@code counters} and
 * {@code output.capture}.
 */
package dev.sluice.output.export;

/**
 * Captures in, foreign formats out: the runtime tools' own JSON, Chrome and Perfetto traces, CSV.
 *
 * <p>Everything streams. {@link dev.sluice.output.export.RecordSource} gives the frames of one pool
 * in order; a {@code PoolCursor} walks their records. {@code records-json} and {@code csv} go pool
 * by pool. The traces need time order across pools, because an arrow joins records of different
 * pools: a {@code RowMerge} takes the earliest row of all pools (tasks are joined from their AICore
 * and AICPU records on the way), a {@code TraceModel} turns rows into slices and flows, and a
 * {@code TraceSink} writes them in one format. What is held at a time is one frame per pool and a
 * bounded window of rows, whatever the capture's size.
 *
 * <pre>
 *   RecordSource --PoolCursor--+--> RecordsJsonExport, CsvExport ------------+--> ByteOutput --> file
 *                              |                                             |
 *                              +--> RowStream --> RowMerge --> TraceModel ---+ TraceSink
 *                                   (TaskStream joins)         (window)        Chrome, Perfetto
 * </pre>
 *
 * <p>Records are read on the caller's thread, filled chunks are written on another. A trace has two
 * more: a {@code RowReader} hands merged rows to the model, which draws them on a thread of its
 * own, and a {@code PipelinedSink} stands between the model and the format. Imports {@code abi},
 * {@code config}, {@code counters} and {@code output.capture}.
 */
package dev.sluice.output.export;

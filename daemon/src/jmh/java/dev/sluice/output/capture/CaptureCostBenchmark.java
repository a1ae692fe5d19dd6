package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.ingest.TaskStatistics;
import dev.sluice.testkit.SyntheticRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cost of one kind's records for a collector and for a reader, in nanoseconds per record, with a
 * plain copy as the baseline.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(CaptureCostBenchmark.RECORDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
public class CaptureCostBenchmark {
  static final int RECORDS = 1000;
  private static final int CORES = 24;
  private static final int BUFFERS = 2 * CORES;
  private static final int STAGE_BYTES = 4 << 20;

  @Param({"aicpu_task", "sched_phase", "orch_phase", "aicore_task"})
  public String label;

  private BufferKind kind;
  private ByteBuffer arena;
  private ByteBuffer copy;
  private CaptureStage stage;
  private CaptureIntake intake;
  private CaptureIntake counting;
  private RecordCodec codec;
  private ByteBuffer payload;
  private int buffer;

  @Setup
  public void fill() {
    kind =
        BufferKind.TIMED.stream().filter(of -> of.label().equals(label)).findFirst().orElseThrow();
    Geometry geometry =
        new Geometry(
            Layout.of(Generation.CHIP_2026_08, Platform.A2A3, LayoutOverrides.NONE),
            CORES,
            3,
            1,
            4);
    SyntheticRecords content =
        new SyntheticRecords(geometry, new SyntheticContent.Recipe(1, 1_000_000, 1_000, true));
    arena = buffer(BUFFERS * RECORDS * kind.recordBytes());
    for (int i = 0; i < BUFFERS * RECORDS; i++) {
      content.write(kind, instance(i / RECORDS), i, arena, i * kind.recordBytes());
    }
    copy = buffer(RECORDS * kind.recordBytes());
    stage = new CaptureStage(buffer(STAGE_BYTES), CaptureIntake.largestClaimBytes(geometry));
    intake = new CaptureIntake(stage, geometry, true);
    counting = new CaptureIntake(stage, geometry, true);
    counting.observe(BufferKind.AICORE_TASK, new TaskStatistics(geometry));
    codec = RecordCodec.of(kind.recordBytes(), geometry.layout().columns(kind));
    payload = buffer(codec.maxBytes(RECORDS));
    codec.begin(payload, 0, 0, RECORDS);
    codec.append(arena, 0, RECORDS);
    payload.limit(codec.end());
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Alternates between cores of both types. */
  private int instance(int ofBuffer) {
    return kind.isPerCore() ? ofBuffer % CORES : 0;
  }

  private int next() {
    buffer = (buffer + 1) % BUFFERS;
    return buffer * RECORDS * kind.recordBytes();
  }

  /** The collector's part: a frame with its checksum in the stage. */
  @Benchmark
  public void encode() {
    encode(intake);
  }

  /** Same, and counts the tasks if the records are AICore's. */
  @Benchmark
  public void encodeAndCount() {
    encode(counting);
  }

  private void encode(CaptureIntake into) {
    int at = next();
    into.begin(kind, instance(buffer), 0, RECORDS, 0);
    into.append(arena, at, RECORDS);
    into.end(kind, instance(buffer), 0, 0, false, 0);
    stage.release(stage.readable());
  }

  /** The reader's part without the checksum. */
  @Benchmark
  public boolean decode() {
    return codec.decode(payload, RECORDS, copy);
  }

  @Benchmark
  public ByteBuffer copy() {
    return copy.put(0, arena, next(), RECORDS * kind.recordBytes());
  }
}

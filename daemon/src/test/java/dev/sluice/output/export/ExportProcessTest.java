package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.Sluice;
import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Layout;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.bridge.NativeTools;
import dev.sluice.output.capture.CaptureBuilder;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.tool.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process: with a small heap, a full disk, or a pipe as standard output. */
@Tag("exports")
class ExportProcessTest {
  /** With -Pexports, twenty times the heap. */
  private static final long RECORDS = Long.getLong("sluice.test.exportRecords", 2_500_000);

  private static final long MANY_FOR_PERFETTO = 20_000_000;

  private static final String HEAP = "64m";
  private static final int CORES = 24;
  private static final int THREADS = 2;
  private static final int TASKS = 1000;
  private static final int TASK_TICKS = 100;
  private static final int RECORDS_PER_ROUND =
      2 * CORES * TASKS + 2 * THREADS * TASKS + CORES * TASKS;
  private static final long TICK_NS = 20;
  private static final long LATE_NS = 1_000_000;

  @TempDir private static Path folder;
  private static Path capture;
  private static long records;

  @TempDir private Path outputs;

  /** Writes cores that work in parallel without a pause, and all records of their tasks. */
  @BeforeAll
  static void writeCapture() throws IOException {
    capture = folder.resolve("capture");
    CaptureManifest manifest = CaptureBuilder.manifest(TraceBuilder.CHIP, CORES, THREADS, 1, 4);
    try (CaptureBuilder builder = new CaptureBuilder(capture, manifest)) {
      builder.run(1, 0);
      for (int round = 0; records < RECORDS; round++) {
        writeRound(builder, round);
        records += RECORDS_PER_ROUND;
        if (round % 20 == 19) {
          builder.roll();
        }
      }
    }
  }

  private static void writeRound(CaptureBuilder capture, int round) throws IOException {
    long from = (long) round * TASKS;
    for (int core = 0; core < CORES; core++) {
      Frame aicore = new Frame(BufferKind.AICORE_TASK, TASKS);
      Frame aicpu = new Frame(BufferKind.AICPU_TASK, TASKS);
      for (long i = from; i < from + TASKS; i++) {
        long at = 1_000_000 + i * TASK_TICKS;
        aicore
            .next(at + 20, at + 80)
            .putLong(aicore.at + AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET, i * CORES + core)
            .putInt(aicore.at + AicoreTaskRecord.REG_TASK_ID_OFFSET, (int) i)
            .putInt(aicore.at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET, 2);
        aicpu.next(at + 10, at + 90).putInt(aicpu.at + AicpuTaskRecord.REG_TASK_ID_OFFSET, (int) i);
      }
      aicore.write(capture, core, round);
      aicpu.write(capture, core, round);
    }
    SchedPhaseRecord phase = Layout.parse(TraceBuilder.CHIP).facts().schedPhaseRecord();
    for (int thread = 0; thread < THREADS; thread++) {
      Frame phases = new Frame(BufferKind.SCHED_PHASE, 2 * TASKS);
      for (long i = from; i < from + TASKS; i++) {
        long at = 1_000_000 + i * TASK_TICKS;
        for (int half = 0; half < 2; half++) {
          SchedPhaseKind kind = half == 0 ? SchedPhaseKind.DISPATCH : SchedPhaseKind.COMPLETE;
          phases
              .next(at + 5 + 80L * half, at + 15 + 80L * half)
              .putInt(phases.at + phase.kindOffset(), kind.ordinal())
              .putInt(phases.at + phase.loopIterOffset(), (int) (2 * i + half));
        }
      }
      phases.write(capture, thread, round);
    }
    for (int part = 0; part < 2; part++) {
      Frame submits = new Frame(BufferKind.ORCH_PHASE, CORES * TASKS / 2);
      for (long i = from + part * TASKS / 2; i < from + (part + 1) * TASKS / 2; i++) {
        for (int core = 0; core < CORES; core++) {
          long at = 1_000_000 + i * TASK_TICKS;
          submits
              .next(at, at + 4)
              .putLong(submits.at + OrchPhaseRecord.TASK_ID_OFFSET, i * CORES + core)
              .putInt(submits.at + OrchPhaseRecord.SUBMIT_IDX_OFFSET, (int) (i * CORES + core));
        }
      }
      submits.write(capture, 0, 2 * round + part);
    }
  }

  /** A frame under construction. */
  private static final class Frame {
    private final BufferKind kind;
    private final ByteBuffer bytes;
    private int at;
    private long lastTick;

    Frame(BufferKind kind, int records) {
      this.kind = kind;
      bytes = ByteBuffer.allocate(records * kind.recordBytes()).order(ByteOrder.LITTLE_ENDIAN);
      at = -kind.recordBytes();
    }

    ByteBuffer next(long start, long end) {
      at += kind.recordBytes();
      lastTick = end;
      return bytes
          .putLong(at + kind.startTimeOffset(), start)
          .putLong(at + kind.endTimeOffset(), end);
    }

    void write(CaptureBuilder capture, int instance, int sequence) throws IOException {
      capture.records(kind, instance, 0, sequence, lastTick * TICK_NS + LATE_NS, bytes);
    }
  }

  @AfterAll
  static void forget() {
    records = 0;
  }

  /** Runs the command in a shell; returns its output. */
  private String export(String shellPrefix, Path standardOutput, int exitCode, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("/bin/sh", "-c", shellPrefix + " exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + HEAP, "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    String programs = System.getProperty(NativeTools.PATH_PROPERTY);
    if (programs != null) {
      command.add("-D" + NativeTools.PATH_PROPERTY + "=" + programs);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Sluice.class.getName(), "export", capture.toString()));
    command.addAll(List.of(arguments));
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(standardOutput.toFile())
            .redirectError(errors.toFile())
            .start();
    if (!process.waitFor(10, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("no end: " + Files.readString(errors));
    }
    assertEquals(exitCode, process.exitValue(), Files.readString(errors));
    return Files.readString(errors);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(outputs)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Exports.EachFormat
  void shouldNotNeedMoreHeapForALargerCapture(ExportFormat format) throws Exception {
    String output = outputs.resolve("out").toString();
    String told =
        export("", outputs.resolve("empty"), ExitCode.FINE, "--format", format.id(), "-o", output);
    assertTrue(told.contains(String.format(Locale.ROOT, "%,d records to", records)), told);
    // About two bars per three records.
    boolean isLarge =
        format == ExportFormat.CHROME_TRACE
            || (format == ExportFormat.PERFETTO && records > MANY_FOR_PERFETTO);
    assertEquals(isLarge, told.contains("are too many for a browser: --to "), told);
  }

  @Exports.EachFormat
  void shouldLeaveNothingBehindOnAFullDisk(ExportFormat format) throws Exception {
    String output = outputs.resolve("out").toString();
    String told =
        export(
            "ulimit -f 200;",
            Path.of("/dev/null"),
            ExitCode.FAILED,
            "--format",
            format.id(),
            "-o",
            output);
    assertTrue(told.contains("File too large"), told);
    assertEquals(List.of(), names());
  }

  @Test
  void shouldWriteIntoItsStandardOutput() throws Exception {
    Path first = outputs.resolve("first");
    Path second = outputs.resolve("second");
    String[] window = {"--format", "perfetto", "--to", "1ms", "-o", "-"};
    export("", first, ExitCode.FINE, window);
    window[5] = "/dev/stdout";
    export("", second, ExitCode.FINE, window);
    assertTrue(Files.size(first) > 1000);
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
    assertEquals(List.of("first", "second"), names());
  }
}

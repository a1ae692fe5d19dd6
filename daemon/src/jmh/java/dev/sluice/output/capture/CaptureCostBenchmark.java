package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What moving 1 MiB of records costs on one thread, by each way that decision 8 chose from. A
 * result of 100 us is 10.5 GB/s.
 *
 * <p>Files are written in turn, 8 of 64 MiB in a folder below {@code sluice.jmh.directory}, which
 * is {@code /dev/shm} unless given.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CaptureCostBenchmark {
  private static final int MIB = 1 << 20;
  private static final int RECORD_BYTES = 32;
  private static final int BUFFER_BYTES = 32 << 10;
  private static final int ARENA_BYTES = 12 << 20;
  private static final int FILES = 8;
  private static final int FILE_BYTES = 64 << 20;

  /** Buffers as in an arena of 24 cores, filled. */
  @State(Scope.Thread)
  public static class Arena {
    final ByteBuffer memory = ByteBuffer.allocateDirect(ARENA_BYTES);
    int at;

    @Setup
    public void fill() {
      for (int i = 0; i < ARENA_BYTES; i += Integer.BYTES) {
        memory.putInt(i, i);
      }
    }

    int next() {
      at = at + BUFFER_BYTES <= ARENA_BYTES - BUFFER_BYTES ? at + BUFFER_BYTES : 0;
      return at;
    }
  }

  /** A stage whose frames are thrown away. */
  @State(Scope.Thread)
  public static class Stage {
    @Param({"4", "128"})
    public int stageMib;

    CaptureStage stage;
    CaptureIntake intake;

    @Setup
    public void make() {
      Geometry geometry =
          new Geometry(
              Layout.of(Generation.CHIP_2026_08, Platform.A2A3, LayoutOverrides.NONE), 24, 1, 1, 2);
      stage =
          new CaptureStage(
              ByteBuffer.allocateDirect(stageMib * MIB), CaptureIntake.largestClaimBytes(geometry));
      intake = new CaptureIntake(stage, new PendingGaps(geometry), true);
    }
  }

  /** The files of a capture, all of which were written before. */
  @State(Scope.Thread)
  public static class Segments {
    final ByteBuffer batch = ByteBuffer.allocateDirect(4 * MIB);
    private final FileChannel[] files = new FileChannel[FILES];
    private final MappedByteBuffer[] mapped = new MappedByteBuffer[FILES];
    private Path folder;
    int file;
    int at;

    @Setup
    public void make() throws IOException {
      folder =
          Files.createTempDirectory(
              Path.of(System.getProperty("sluice.jmh.directory", "/dev/shm")), "sluice-jmh-");
      for (int i = 0; i < FILES; i++) {
        files[i] = create(i);
        for (int offset = 0; offset < FILE_BYTES; offset += batch.capacity()) {
          files[i].write(batch.clear(), offset);
        }
      }
    }

    private FileChannel create(int number) throws IOException {
      return FileChannel.open(
          folder.resolve(number + ".seg"),
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE);
    }

    /** The next MiB is of this file. */
    FileChannel file() {
      return files[file];
    }

    /** The next MiB of a mapping whose pages were touched before. */
    MappedByteBuffer mapping() throws IOException {
      if (mapped[file] == null) {
        mapped[file] = files[file].map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES);
        mapped[file].load();
      }
      return mapped[file];
    }

    /** Goes on behind the last MiB; true at the start of a file. */
    boolean advance() {
      at += MIB;
      if (at < FILE_BYTES) {
        return false;
      }
      at = 0;
      file = (file + 1) % FILES;
      return true;
    }

    void renew() throws IOException {
      files[file].close();
      Files.delete(folder.resolve(file + ".seg"));
      files[file] = create(file);
    }

    @TearDown(Level.Trial)
    public void remove() throws IOException {
      for (int i = 0; i < FILES; i++) {
        files[i].close();
        Files.delete(folder.resolve(i + ".seg"));
      }
      Files.delete(folder);
    }
  }

  /** What a collector does for one MiB: frames with their checksums, in the stage. */
  @Benchmark
  public int copyAndChecksum(Arena arena, Stage stage) {
    for (int done = 0; done < MIB; done += BUFFER_BYTES) {
      int records = BUFFER_BYTES / RECORD_BYTES;
      stage.intake.begin(BufferKind.AICPU_TASK, 0, 0, records, 0);
      stage.intake.copy(arena.memory, arena.next(), BUFFER_BYTES);
      stage.intake.end(BufferKind.AICPU_TASK, 0, 0, 0, false, 0);
      stage.stage.release(stage.stage.readable());
    }
    return arena.at;
  }

  /** How much one write takes along. */
  @State(Scope.Thread)
  public static class Batch {
    @Param({"64", "256", "1024"})
    public int batchKib;
  }

  /** What the writer does for it: into a file that was written before. */
  @Benchmark
  public int writeOver(Segments segments, Batch batch) throws IOException {
    write(segments, batch.batchKib << 10);
    segments.advance();
    return segments.at;
  }

  /** The same into a file that is new; removing the old one is part of it. */
  @Benchmark
  public int writeNew(Segments segments, Batch batch) throws IOException {
    write(segments, batch.batchKib << 10);
    if (segments.advance()) {
      segments.renew();
    }
    return segments.at;
  }

  private static void write(Segments segments, int batchBytes) throws IOException {
    for (int done = 0; done < MIB; done += batchBytes) {
      segments
          .file()
          .write(segments.batch.limit(done + batchBytes).position(done), segments.at + done);
      segments.batch.clear();
    }
  }

  /** What a collector without a stage would do: into pages that stay mapped. */
  @Benchmark
  public int copyIntoMapping(Arena arena, Segments segments) throws IOException {
    MappedByteBuffer mapping = segments.mapping();
    for (int done = 0; done < MIB; done += BUFFER_BYTES) {
      mapping.put(segments.at + done, arena.memory, arena.next(), BUFFER_BYTES);
    }
    segments.advance();
    return segments.at;
  }
}

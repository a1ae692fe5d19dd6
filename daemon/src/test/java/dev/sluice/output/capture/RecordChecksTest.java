package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.testkit.SyntheticRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The timeout dumps threads of a hung check. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RecordChecksTest {
  private static final CaptureManifest MANIFEST =
      CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);

  @TempDir private Path folder;

  private static ByteBuffer content(BufferKind kind, int instance, long first, int records) {
    SyntheticRecords content =
        new SyntheticRecords(MANIFEST.geometry(), MANIFEST.synthetic().orElseThrow());
    ByteBuffer bytes = CaptureBuilder.zeros(kind, records);
    for (int i = 0; i < records; i++) {
      content.write(kind, instance, first + i, bytes, i * kind.recordBytes());
    }
    return bytes;
  }

  private static RecordChecks checks() {
    return new RecordChecks(
        MANIFEST,
        MANIFEST.synthetic().map(recipe -> new SyntheticContent(MANIFEST.geometry(), recipe)));
  }

  /** Checks every frame of the capture as part of this run. */
  private void check(RecordChecks checks, int run) throws IOException {
    try (CaptureReader reader = CaptureReader.open(folder.resolve("c"))) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.RECORDS) {
              checks.add(frame, run, frame.decodedBytes());
            }
          });
    }
  }

  private CaptureBuilder capture() throws IOException {
    return new CaptureBuilder(folder.resolve("c"), MANIFEST);
  }

  @Test
  void shouldNameFramesThatDoNotDecodeInTheirOrder() throws IOException {
    try (CaptureBuilder builder = capture()) {
      for (int i = 0; i < 12; i++) {
        RecordCodec codec = MANIFEST.format().codecs()[AICPU_TASK.ordinal()];
        ByteBuffer payload =
            ByteBuffer.allocateDirect(codec.maxBytes(20)).order(ByteOrder.LITTLE_ENDIAN);
        codec.begin(payload, 0, 0, 20);
        ByteBuffer records = content(AICPU_TASK, i % 6, i / 6 * 20L, 20);
        codec.append(ByteBuffer.allocateDirect(records.capacity()).put(0, records, 0, 640), 0, 20);
        int bytes = codec.end();
        // A valid checksum does not make a payload decodable.
        int cut = i == 2 || i == 5 || i == 9 ? 1 : 0;
        builder.payload(AICPU_TASK, i % 6, 0, i / 6, 0, false, 20, payload.limit(bytes - cut));
      }
    }
    RecordChecks checks = checks();
    check(checks, 0);
    checks.finish();
    assertEquals(List.of(2, 5, 9), checks.undecodable());
    assertEquals(9 * 20, checks.compared());
    assertEquals(0, checks.mismatched());
  }

  /** A pool's record index continues across frames, so its frames must be checked in order. */
  @Test
  void shouldCompareMoreFramesThanTheBatchesHold() throws IOException {
    int frames = 60;
    try (CaptureBuilder builder = capture()) {
      for (int i = 0; i < frames; i++) {
        for (int core = 0; core < 3; core++) {
          builder.records(AICORE_TASK, core, 0, i, i, content(AICORE_TASK, core, i * 1000L, 1000));
        }
      }
    }
    RecordChecks checks = checks();
    check(checks, 0);
    checks.finish();
    assertEquals(List.of(), checks.undecodable());
    assertEquals(frames * 3000L, checks.compared());
    assertEquals(0, checks.mismatched());
  }

  /** Incompressible content makes a payload of one megabyte, four batches. */
  @Test
  void shouldTakeAFrameThatIsLargerThanABatchBehindSmallOnes() throws IOException {
    ByteBuffer noise = CaptureBuilder.zeros(SCHED_PHASE, 16_384);
    Random random = new Random(1);
    for (int i = 0; i < noise.capacity(); i += Long.BYTES) {
      noise.putLong(i, random.nextLong());
    }
    try (CaptureBuilder builder = capture()) {
      builder.records(SCHED_PHASE, 0, 0, 0, 0, content(SCHED_PHASE, 0, 0, 50));
      builder.records(SCHED_PHASE, 0, 0, 1, 0, noise);
      builder.records(SCHED_PHASE, 0, 0, 2, 0, content(SCHED_PHASE, 0, 50, 50));
    }
    RecordChecks checks = checks();
    check(checks, 0);
    checks.finish();
    assertEquals(List.of(), checks.undecodable());
    assertEquals(16_384 + 100, checks.compared());
    assertEquals(16_384, checks.mismatched());
  }

  /** Each run counts from 0, even while an earlier one is open; a forgotten one restarts at 0. */
  @Test
  void shouldKeepTheIndexesOfRunsApart() throws IOException {
    try (CaptureBuilder builder = capture()) {
      builder.records(AICPU_TASK, 1, 0, 0, 0, content(AICPU_TASK, 1, 0, 100));
    }
    RecordChecks checks = checks();
    check(checks, 1);
    check(checks, 2);
    checks.forgetBefore(2);
    check(checks, 3);
    checks.finish();
    assertEquals(300, checks.compared());
    assertEquals(0, checks.mismatched());
  }

  /** The thread keeps taking batches, so that the reader does not hang. */
  @Test
  void shouldReportAtTheEndThatACheckFailed() throws IOException {
    try (CaptureBuilder builder = capture()) {
      for (int i = 0; i < 200; i++) {
        builder.records(AICPU_TASK, 0, 0, i, 0, content(AICPU_TASK, 0, i * 1000L, 1000));
      }
    }
    RecordChecks checks = checks();
    try (CaptureReader reader = CaptureReader.open(folder.resolve("c"))) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.RECORDS) {
              checks.add(frame, 0, frame.number() == 3 ? -1 : frame.decodedBytes());
            }
          });
    }
    assertThrows(IllegalStateException.class, checks::finish);
  }
}

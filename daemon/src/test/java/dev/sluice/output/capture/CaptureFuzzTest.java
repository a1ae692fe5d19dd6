package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.testkit.Corpus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * Any segment, index and manifest: every reader terminates, and fails only with an {@code
 * IOException}. Every payload it delivers matches its checksum; an undamaged segment delivers every
 * frame, also through the index. Checksums are repaired, because otherwise damage would get no
 * further; one flag leaves all of them, another those of the payloads.
 *
 * <p>An input is one byte of flags and the frames of a segment without its header, or the flag
 * {@link #MANIFEST} and the text of a manifest.
 */
public final class CaptureFuzzTest {
  private static final int MANIFEST = 1;
  private static final int DAMAGED = 2;
  private static final int FOREIGN = 4; // not synthetic: content cannot be compared
  private static final int INDEXED = 8;
  private static final int PAYLOADS_DAMAGED = 16;
  private static final Path DIRECTORY = directory();
  private static final CaptureManifest SYNTHETIC =
      CaptureBuilder.manifest("chip-2026.08/a2a3", 3, 1, 1, 4);

  private static long frames;
  private static long decoded;
  private static int understood;

  @Test
  void shouldReadToTheEndWhateverACaptureHolds() throws IOException {
    Corpus.replay("captures", 40, CaptureFuzzTest::fuzzerTestOneInput);
    assertTrue(frames > 400, "frames: " + frames);
    assertTrue(decoded > 400, "records: " + decoded);
    assertTrue(understood >= 3, "manifests: " + understood);
  }

  private static Path directory() {
    try {
      Path directory = Files.createTempDirectory("sluice-fuzz");
      for (String name :
          new String[] {CaptureFormat.MANIFEST, segment(), CaptureFormat.indexName(0)}) {
        directory.resolve(name).toFile().deleteOnExit();
      }
      return directory;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String segment() {
    return CaptureFormat.segmentName(0);
  }

  /** Entry point for Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    int flags = input.length == 0 ? 0 : input[0];
    byte[] rest = input.length == 0 ? input : Arrays.copyOfRange(input, 1, input.length);
    if ((flags & MANIFEST) != 0) {
      readManifest(rest);
      return;
    }
    CaptureManifest manifest =
        (flags & FOREIGN) != 0 ? CaptureBuilder.withoutContent(SYNTHETIC) : SYNTHETIC;
    Files.write(DIRECTORY.resolve(CaptureFormat.MANIFEST), ManifestFile.bytes(manifest));
    Path index = DIRECTORY.resolve(CaptureFormat.indexName(0));
    Files.deleteIfExists(index);
    ByteBuffer bytes =
        ByteBuffer.allocate(SegmentHeader.SIZE_BYTES + rest.length).order(ByteOrder.LITTLE_ENDIAN);
    SegmentHeader.put(bytes, 0, manifest.id(), 0, 1, new Checksum());
    bytes.put(SegmentHeader.SIZE_BYTES, rest);
    SegmentIndex.Builder entries = new SegmentIndex.Builder();
    entries.clear();
    boolean isWhole = (flags & (DAMAGED | PAYLOADS_DAMAGED)) == 0;
    int whole = 0;
    if ((flags & DAMAGED) == 0) {
      boolean hasPayloads = (flags & PAYLOADS_DAMAGED) == 0;
      whole = mend(bytes, CaptureFormat.captureTag(manifest.id()), hasPayloads, entries);
    }
    Files.write(DIRECTORY.resolve(segment()), bytes.array());
    if ((flags & INDEXED) != 0) {
      byte[] file =
          new byte[SegmentIndex.HEADER_BYTES + entries.entries() * SegmentIndex.ENTRY_BYTES];
      entries.finish(manifest.id(), 0, bytes.capacity()).get(file);
      Files.write(index, file);
    }
    List<Integer> shown = readAll((flags & INDEXED) != 0 && isWhole);
    if (isWhole) {
      assertEquals(IntStream.range(0, whole).boxed().toList(), shown, "frames");
    }
  }

  /**
   * Turns the bytes into frames: repairs the header at each frame's position. Returns the number of
   * frames before a footer.
   */
  private static int mend(
      ByteBuffer bytes, int tag, boolean hasPayloads, SegmentIndex.Builder index) {
    Checksum checksum = new Checksum();
    int number = 0;
    int at = SegmentHeader.SIZE_BYTES;
    while (at + FrameHeader.SIZE_BYTES <= bytes.capacity()) {
      int room = bytes.capacity() - at - FrameHeader.SIZE_BYTES;
      int payload = Math.floorMod(bytes.getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET), room + 1);
      bytes.putInt(at + FrameHeader.MAGIC_OFFSET, FrameHeader.MAGIC);
      bytes.putInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET, payload);
      if (hasPayloads) {
        bytes.putInt(
            at + FrameHeader.PAYLOAD_CRC_OFFSET,
            payload == 0 ? 0 : checksum.of(bytes, at + FrameHeader.SIZE_BYTES, payload));
      }
      FrameHeader.finish(bytes, at, 0, tag, number, checksum);
      if (FrameType.ofNumber(bytes.get(at + FrameHeader.TYPE_OFFSET)) == FrameType.FOOTER) {
        return number;
      }
      number++;
      index.add(bytes, at, at);
      at += FrameHeader.frameBytes(payload);
    }
    return number;
  }

  /** Returns the frame numbers in order. */
  private static List<Integer> readAll(boolean isIndexed) throws IOException {
    List<Integer> shown = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(DIRECTORY)) {
      reader.forEach(
          frame -> {
            CRC32C checksum = new CRC32C();
            checksum.update(frame.payload());
            assertEquals(frame.payloadCrc(), (int) checksum.getValue(), "checksum of a payload");
            shown.add(frame.number());
          });
      CaptureVerifier.verify(reader);
      List<Integer> indexed = new ArrayList<>();
      reader.forEach(FrameFilter.ALL, frame -> indexed.add(frame.number()));
      if (isIndexed) {
        assertEquals(shown, indexed, "frames by the index");
      }
    }
    frames += shown.size();
    try (CaptureFrames all = CaptureFrames.open(DIRECTORY)) {
      ByteBuffer into = null;
      for (BufferKind kind : BufferKind.ALL) {
        for (int instance = 0; instance < all.instances(kind); instance++) {
          for (int frame = 0; frame < all.frameCount(kind, instance); frame++) {
            try {
              into = all.read(kind, instance, frame, into);
              decoded += all.recordCount(kind, instance, frame);
            } catch (IOException ignored) {
              // undecodable frame
            }
          }
        }
      }
    }
    return shown;
  }

  private static void readManifest(byte[] text) throws IOException {
    try {
      CaptureManifest manifest = ManifestFile.parse(text);
      understood++;
      ManifestFile.parse(ManifestFile.bytes(manifest));
    } catch (CaptureException e) {
      assertTrue(!e.getMessage().isBlank());
    }
  }
}

package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredCapturesTest {
  @TempDir private Path root;

  private final StoredCaptures captures = new StoredCaptures();

  private Path directory;

  @BeforeEach
  void makeACapture() throws IOException {
    directory = Files.createDirectory(root.resolve("one"));
    write(CaptureFormat.MANIFEST, 10);
    write("000000.seg", 1000);
    write("000000.idx", 100);
    write("000001.seg", 500);
  }

  private void write(String name, int bytes) throws IOException {
    Files.write(directory.resolve(name), new byte[bytes]);
  }

  /** Asserts that the cached result equals a fresh scan. */
  private StoredCapture look() throws IOException {
    List<StoredCapture> all = captures.all(root, (directory, e) -> fail(e));
    assertEquals(new StoredCaptures().all(root, (directory, e) -> fail(e)), all);
    return all.get(0);
  }

  @Test
  void shouldAskAgainForWhatIsOpen() throws IOException {
    assertEquals(1610, look().bytes());
    write("000001.seg", 700);
    write(CaptureFormat.MANIFEST, 20);
    assertEquals(1820, look().bytes());
    write("000001.idx", 50);
    assertEquals(List.of(1100L, 750L), sizes(look()));
    write("000002.seg", 1);
    assertEquals(List.of(1100L, 750L, 1L), sizes(look()));
  }

  private static List<Long> sizes(StoredCapture capture) {
    return capture.segments().stream().map(StoredCapture.Segment::bytes).toList();
  }

  @Test
  void shouldSeeWhatIsRemovedAndCountTheSegmentsOfFormat1() throws IOException {
    look();
    Files.delete(directory.resolve("000000.seg"));
    write("000000.seg.zst", 200);
    assertEquals(List.of(300L, 500L), sizes(look()));
    Files.delete(directory.resolve("000000.seg.zst"));
    assertEquals(610, look().bytes(), "an index without its segment is a file all the same");
    Files.delete(directory.resolve("000000.idx"));
    assertEquals(510, look().bytes());
  }

  /**
   * Sealed segments are not examined again, which keeps a round cheap: their new size goes
   * unnoticed.
   */
  @Test
  void shouldNotAskForWhatIsSealed() throws IOException {
    look();
    write("000000.seg", 2000);
    write("000000.idx", 200);
    assertEquals(1610, captures.all(root, (directory, e) -> fail(e)).get(0).bytes());
  }
}

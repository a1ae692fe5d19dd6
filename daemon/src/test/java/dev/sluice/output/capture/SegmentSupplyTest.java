package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.CaptureSettings;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SegmentSupplyTest {
  private static final long MIB = 1 << 20;

  @TempDir Path root;
  private final FaultyFiles files = new FaultyFiles();
  private SegmentSupply supply;
  private CaptureSettings settings;

  @BeforeEach
  void open() {
    settings = settings("3MiB");
    supply = new SegmentSupply(settings, files);
  }

  private CaptureSettings settings(String spareBytes) {
    return TestSettings.with(
            "sluice.capture.directory=" + root,
            "sluice.capture.segment-bytes=1536KiB",
            "sluice.capture.free-space-floor=1MiB",
            "sluice.capture.spare-bytes=" + spareBytes)
        .capture();
  }

  private List<String> spares() throws IOException {
    Path folder = SegmentSupply.folder(settings);
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (var all = Files.list(folder)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private Path segment(String name) throws IOException {
    return Files.write(root.resolve(name), new byte[(int) MIB]);
  }

  @Test
  void shouldMakeWhatIsMissingInFullSize() throws IOException {
    supply.retire(segment("a.seg"));
    supply.prepare(() -> true);
    assertEquals(List.of("1.spare", "2.spare"), spares());
    assertEquals(1536 << 10, Files.size(root.resolve(".spare/2.spare")));
    supply.prepare(() -> true);
    assertEquals(2, spares().size());
  }

  @Test
  void shouldMakeThemBeforeTheFirstCapture() throws IOException {
    Path captures = root.resolve("captures");
    CaptureSettings fresh =
        TestSettings.with(
                "sluice.capture.directory=" + captures,
                "sluice.capture.segment-bytes=1MiB",
                "sluice.capture.free-space-floor=1MiB",
                "sluice.capture.spare-bytes=1MiB")
            .capture();
    new SegmentSupply(fresh, files).prepare(() -> true);
    assertEquals(MIB, Files.size(captures.resolve(".spare/1.spare")));
  }

  @Test
  void shouldGiveTheSpareThatCameLast() throws IOException {
    supply.retire(segment("a.seg"));
    supply.prepare(() -> true);
    supply.open(root.resolve("000000.seg")).close();
    assertEquals(List.of("1.spare"), spares());
    assertEquals(1536 << 10, Files.size(root.resolve("000000.seg")));
  }

  @Test
  void shouldDeleteWhatItHasNoPlaceFor() throws IOException {
    for (String name : List.of("a.seg", "b.seg", "c.seg")) {
      supply.retire(segment(name));
    }
    assertEquals(2, spares().size());
    supply.apply(settings("1536KiB"));
    supply.trim();
    assertEquals(List.of("2.spare"), spares());
    supply.apply(settings("0"));
    supply.trim();
    supply.retire(segment("d.seg"));
    supply.prepare(() -> true);
    assertEquals(List.of(), spares());
    assertEquals(0, root.toFile().list((folder, name) -> name.endsWith(".seg")).length);
  }

  @Test
  void shouldNeverWriteOverAFileThatASnapshotHolds() throws IOException {
    Path shared = segment("a.seg");
    Files.createLink(root.resolve("snapshot.seg"), shared);
    supply.retire(shared);
    assertEquals(List.of(), spares());
    assertTrue(Files.exists(root.resolve("snapshot.seg")));
  }

  @Test
  void shouldLeaveTheFreeSpaceThatIsToBeKept() throws IOException {
    files.usable(2 * MIB + MIB / 2);
    supply.prepare(() -> true);
    assertEquals(List.of(), spares());
    files.usable(2 * MIB + MIB / 2 + 1);
    supply.prepare(() -> true);
    assertEquals(List.of("1.spare", "2.spare"), spares());
  }

  @Test
  void shouldLeaveNoHalfFileWhenASessionComes() throws IOException {
    int[] asked = new int[1];
    supply.prepare(() -> asked[0]++ < 3);
    // The first file took two questions, the second one was given up at its second.
    assertEquals(List.of("1.spare"), spares());
  }

  @Test
  void shouldNeverGiveAFileThatTheDiskFailedToTake() throws IOException {
    // The folder, the file and one write.
    files.failAfter(3, new IOException("no space left on device"));
    assertThrows(IOException.class, () -> supply.prepare(() -> true));
    files.failWith(null);
    supply.open(root.resolve("000000.seg")).close();
    assertEquals(0, Files.size(root.resolve("000000.seg")));
    supply.prepare(() -> true);
    supply.open(root.resolve("000001.seg")).close();
    assertEquals(1536 << 10, Files.size(root.resolve("000001.seg")));
  }

  @Test
  void shouldTakeAtMostHalfOfWhatMayBeKept() {
    CaptureSettings small =
        TestSettings.with(
                "sluice.capture.segment-bytes=1MiB",
                "sluice.capture.spare-bytes=1GiB",
                "sluice.capture.retention-bytes=5MiB")
            .capture();
    assertEquals(2, small.spares());
    assertEquals(3 * MIB, small.quotaBytes());
  }
}

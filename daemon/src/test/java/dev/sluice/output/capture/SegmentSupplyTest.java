package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
  private static final int MIB = 1 << 20;

  @TempDir Path root;
  private final FaultyFiles files = new FaultyFiles();
  private SegmentSupply supply;
  private CaptureSettings settings;

  @BeforeEach
  void open() {
    settings = settings("5MiB");
    supply = new SegmentSupply(settings, files);
  }

  private CaptureSettings settings(String retentionBytes, String... overrides) {
    String[] all = new String[overrides.length + 3];
    all[0] = "sluice.capture.directory=" + root;
    all[1] = "sluice.capture.segment-bytes=1MiB";
    all[2] = "sluice.capture.retention-bytes=" + retentionBytes;
    System.arraycopy(overrides, 0, all, 3, overrides.length);
    return TestSettings.with(all).capture();
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
    return Files.write(root.resolve(name), new byte[MIB]);
  }

  @Test
  void shouldWriteOverTheFileOfARemovedSegment() throws IOException {
    supply.retire(segment("a.seg"));
    supply.retire(segment("b.seg"));
    assertEquals(List.of("1.spare", "2.spare"), spares());
    supply.open(root.resolve("000000.seg")).close();
    assertEquals(List.of("1.spare"), spares());
    assertEquals(MIB, Files.size(root.resolve("000000.seg")));
    supply.open(root.resolve("000001.seg")).close();
    supply.open(root.resolve("000002.seg")).close();
    assertEquals(0, Files.size(root.resolve("000002.seg")), "a new file");
  }

  @Test
  void shouldKeepNoMoreThanHalfOfWhatMayBeKept() throws IOException {
    for (String name : List.of("a.seg", "b.seg", "c.seg")) {
      supply.retire(segment(name));
    }
    assertEquals(2, settings.spares());
    assertEquals(3 * MIB, settings.quotaBytes());
    assertEquals(2, spares().size());
    assertEquals(0, root.toFile().list((folder, name) -> name.endsWith(".seg")).length);
    assertEquals(4, settings("1GiB").spares());
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
  void shouldMakeANewFileWhereTheSpareIsGone() throws IOException {
    supply.retire(segment("a.seg"));
    Files.delete(root.resolve(".spare/1.spare"));
    supply.open(root.resolve("000000.seg")).close();
    assertEquals(0, Files.size(root.resolve("000000.seg")));
  }

  /** A refusal at open leaves no file behind and does not waste a spare. */
  @Test
  void shouldOpenThroughThePageCacheWhereDirectIsRefused() throws IOException {
    files.become(FaultyFiles.Disk.REFUSED_AT_OPEN);
    supply.open(root.resolve("000000.seg")).close();
    assertEquals("Invalid argument", supply.direct().refusal());
    supply = new SegmentSupply(settings, files);
    supply.retire(segment("a.seg"));
    supply.open(root.resolve("000001.seg")).close();
    assertEquals(MIB, Files.size(root.resolve("000001.seg")));
    assertEquals("Invalid argument", supply.direct().refusal());
  }

  @Test
  void shouldNotTryDirectWhereItIsSwitchedOff() throws IOException {
    supply = new SegmentSupply(settings("5MiB", "sluice.capture.direct-io=false"), files);
    try (CaptureFiles.SegmentFile file = supply.open(root.resolve("000000.seg"))) {
      // Neither offset nor length is aligned.
      file.write(java.nio.ByteBuffer.wrap(new byte[100]), 7);
    }
    assertEquals(0, files.directWrites());
    assertEquals("sluice.capture.direct-io = false", supply.direct().refusal());
  }
}

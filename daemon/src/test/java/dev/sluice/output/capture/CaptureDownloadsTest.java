package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureDownloadsTest {
  @TempDir private Path root;

  private CaptureRig rig(String... settings) throws IOException {
    String[] all = Arrays.copyOf(settings, settings.length + 3);
    all[settings.length] = "segment-bytes=1MiB";
    all[settings.length + 1] = "free-space-floor=0B";
    all[settings.length + 2] = "retention-age=3650d";
    CaptureRig rig = new CaptureRig(root, 1 << 20, all);
    for (int i = 0; i < 4; i++) {
      rig.write(AICPU_TASK, 0, 30);
    }
    return rig;
  }

  private CaptureDownloads downloads(CaptureRig rig) {
    return downloads(rig, new CaptureRetention(rig.settings, rig.files, rig.supply, 0));
  }

  private CaptureDownloads downloads(CaptureRig rig, CaptureRetention retention) {
    return new CaptureDownloads(rig.files, retention, root.resolve(".downloads"));
  }

  private static Map<String, byte[]> content(Path directory) throws IOException {
    Map<String, byte[]> content = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        content.put(directory.getFileName() + "/" + file.getFileName(), Files.readAllBytes(file));
      }
    }
    return content;
  }

  /** Reads tar independently of the code under test. */
  private static Map<String, byte[]> untar(byte[] tar) {
    Map<String, byte[]> content = new TreeMap<>();
    int at = 0;
    while (tar[at] != 0) {
      byte[] header = Arrays.copyOfRange(tar, at, at + 512);
      int sum = Integer.parseInt(text(header, 148, 6), 8);
      Arrays.fill(header, 148, 156, (byte) ' ');
      int actual = 0;
      for (byte each : header) {
        actual += each & 0xFF;
      }
      assertEquals(sum, actual);
      assertEquals("ustar", text(header, 257, 6));
      int size = Integer.parseInt(text(header, 124, 12), 8);
      content.put(
          text(header, 345, 155) + "/" + text(header, 0, 100),
          Arrays.copyOfRange(tar, at + 512, at + 512 + size));
      at += 512 + (size + 511) / 512 * 512;
    }
    assertEquals(at + 1024, tar.length);
    return content;
  }

  private static String text(byte[] bytes, int at, int room) {
    String text = new String(bytes, at, room, StandardCharsets.US_ASCII);
    int end = text.indexOf(0);
    return end < 0 ? text : text.substring(0, end);
  }

  private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, bytes) -> assertArrayEquals(bytes, actual.get(name), name));
  }

  private List<Path> links() throws IOException {
    try (Stream<Path> all = Files.list(root.resolve(".downloads"))) {
      return all.toList();
    }
  }

  @Test
  void shouldGiveEveryFileOfTheCaptureAndLeaveNothingBehind() throws IOException {
    CaptureRig rig = rig();
    rig.end();
    Files.writeString(rig.directory().resolve("notes.txt"), "none of ours");
    Files.createSymbolicLink(rig.directory().resolve("000099.seg"), Path.of("/etc/passwd"));
    Map<String, byte[]> expected = content(rig.directory());
    expected.remove("capture/notes.txt");
    expected.remove("capture/000099.seg");
    assertTrue(expected.size() > 6, expected.keySet()::toString);
    try (InputStream tar = downloads(rig).open(rig.directory())) {
      byte[] all = tar.readAllBytes();
      assertEquals("capture/manifest.json", text(all, 345, 155) + "/" + text(all, 0, 100));
      assertSame(expected, untar(all));
      assertEquals(1, links().size());
    }
    assertEquals(List.of(), links());
  }

  @Test
  void shouldGoOnWhenRetentionRemovesTheCaptureMeanwhile() throws IOException {
    CaptureRig rig = rig("retention-bytes=1MiB");
    rig.end();
    Map<String, byte[]> expected = content(rig.directory());
    CaptureRetention retention = new CaptureRetention(rig.settings, rig.files, rig.supply, 0);
    try (InputStream tar = downloads(rig, retention).open(rig.directory())) {
      byte[] first = tar.readNBytes(1000);
      retention.enforce(List.of(), System.currentTimeMillis(), 0);
      assertTrue(content(rig.directory()).size() < expected.size(), "something was removed");
      // The file of a removed segment is reused for a new one, but not while it is read.
      CaptureFiles.SegmentFile next = rig.supply.open(root.resolve("next.seg"));
      next.write(BlockFile.allocate(), 0);
      next.close();
      byte[] rest = tar.readAllBytes();
      byte[] all = Arrays.copyOf(first, first.length + rest.length);
      System.arraycopy(rest, 0, all, first.length, rest.length);
      assertSame(expected, untar(all));
    }
    assertEquals(List.of(), links());
  }

  @Test
  void shouldTidyUpAfterADaemonThatWasKilled() throws IOException {
    CaptureRig rig = rig();
    rig.end();
    CaptureDownloads killed = downloads(rig);
    InputStream forgotten = killed.open(rig.directory());
    CaptureDownloads next = downloads(rig);
    next.tidy();
    assertEquals(List.of(), links());
    try (InputStream tar = next.open(rig.directory())) {
      next.tidy();
      assertEquals(1, links().size());
      assertFalse(tar.readAllBytes().length == 0);
    }
    forgotten.close();
    assertEquals(List.of(), links());
  }

  @Test
  void shouldFindCapturesByTheNameThatIsListedAndNoOther() throws IOException {
    CaptureRig rig = rig();
    rig.end();
    Files.createDirectories(root.resolve("snapshots"));
    assertEquals(Optional.of(rig.directory()), CaptureCatalog.find(root, "capture"));
    for (String trick :
        List.of(
            "",
            ".",
            "..",
            "./capture",
            "capture/",
            "capture/..",
            "/capture",
            "snapshots",
            "../" + root.getFileName() + "/capture",
            rig.directory().toString(),
            "capture\0",
            ".downloads",
            "CAPTURE",
            "*")) {
      assertEquals(Optional.empty(), CaptureCatalog.find(root, trick), trick);
    }
    CaptureCatalog.Newest newest = CaptureCatalog.newest(root, 10);
    assertEquals(1, newest.total());
    assertEquals("capture", newest.entries().get(0).name());
    assertEquals("detached", newest.entries().get(0).state());
    assertEquals("2026-09-01T12:01:00Z", newest.entries().get(0).endedAt());
    assertEquals(List.of(), CaptureCatalog.newest(root.resolve("none"), 10).entries());
  }
}

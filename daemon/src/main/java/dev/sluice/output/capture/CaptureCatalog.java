package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** What captures there are, by their manifests. */
public final class CaptureCatalog {
  private CaptureCatalog() {}

  /**
   * One capture or snapshot.
   *
   * @param name its directory, below the directory of captures
   * @param state its ending, or that its manifest is damaged
   * @param startedAt ISO 8601, empty if unknown
   * @param bytes on disk
   */
  public record Entry(
      String name,
      Path directory,
      String layout,
      String state,
      String startedAt,
      long capturedRecords,
      long droppedRecords,
      long lostRecords,
      long bytes,
      int segments) {}

  /** Captures, oldest first, then snapshots. */
  public static List<Entry> list(Path root) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (Path folder : List.of(root, root.resolve(CaptureRetention.SNAPSHOTS))) {
      for (StoredCapture stored : StoredCapture.all(folder)) {
        entries.add(entry(root, stored));
      }
    }
    return entries;
  }

  private static Entry entry(Path root, StoredCapture stored) {
    String name = root.relativize(stored.directory()).toString();
    int segments = stored.segments().size();
    try {
      CaptureManifest manifest = ManifestFile.read(stored.directory()).manifest();
      return new Entry(
          name,
          stored.directory(),
          manifest.layout().id(),
          manifest.outcome().ending(),
          manifest.clock().startedAt().toString(),
          sum(manifest, CaptureManifest.KindBooks::captured),
          sum(manifest, CaptureManifest.KindBooks::droppedRecords),
          sum(manifest, CaptureManifest.KindBooks::lostRecords),
          stored.bytes(),
          segments);
    } catch (CaptureException e) {
      return new Entry(
          name, stored.directory(), "?", "damaged", "", 0, 0, 0, stored.bytes(), segments);
    }
  }

  private static long sum(
      CaptureManifest manifest, ToLongFunction<CaptureManifest.KindBooks> count) {
    return BufferKind.ALL.stream()
        .mapToLong(kind -> count.applyAsLong(manifest.outcome().kind(kind)))
        .sum();
  }
}

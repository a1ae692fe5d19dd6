package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Lists captures by their manifests. */
public final class CaptureCatalog {
  private static final Pattern NAME = Pattern.compile("[0-9]{8}-[0-9]{6}\\.[0-9]{3}-d.*");

  private CaptureCatalog() {}

  /**
   * One capture or snapshot.
   *
   * @param name directory, relative to the directory of captures
   * @param device number; -1 if unknown
   * @param producer name that the producer attached with
   * @param state ending, or that the manifest is damaged or unreadable
   * @param startedAt ISO 8601, empty if unknown
   * @param endedAt like {@code startedAt}; empty while the capture runs
   * @param bytes size on disk
   */
  public record Entry(
      String name,
      Path directory,
      String layout,
      int device,
      String producer,
      String state,
      String startedAt,
      String endedAt,
      long capturedRecords,
      long droppedRecords,
      long lostRecords,
      long bytes,
      int segments) {}

  /** Lists captures, oldest first, then snapshots. */
  public static List<Entry> list(Path root) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (Path folder : List.of(root, root.resolve(CaptureRetention.SNAPSHOTS))) {
      for (StoredCapture stored :
          new StoredCaptures()
              .all(
                  folder,
                  (directory, e) -> entries.add(unknown(root, directory, "unreadable", 0, 0)))) {
        entries.add(entry(root, stored));
      }
      for (Path closed : closed(folder)) {
        entries.add(unknown(root, closed, "unreadable", 0, 0));
      }
    }
    return entries;
  }

  /** Finds captures of another user by name: their directories cannot be read. */
  private static List<Path> closed(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(each -> NAME.matcher(each.getFileName().toString()).matches())
          .filter(each -> Files.isDirectory(each) && !Files.isExecutable(each))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /**
   * The newest entries.
   *
   * @param total number of all captures and snapshots
   */
  public record Newest(int total, List<Entry> entries) {
    public Newest {
      entries = List.copyOf(entries);
    }
  }

  /** Lists the newest captures and snapshots by name, newest first; reads only their manifests. */
  public static Newest newest(Path root, int limit) throws IOException {
    List<Path> all = directories(root);
    // Names of captures and of snapshots both begin with the start time of the capture.
    all.sort(Comparator.comparing((Path directory) -> directory.getFileName()).reversed());
    List<Entry> entries = new ArrayList<>();
    for (Path directory : all.subList(0, Math.min(limit, all.size()))) {
      entries.add(entry(root, StoredCapture.of(directory)));
    }
    return new Newest(all.size(), entries);
  }

  /** Returns the directory of the capture listed under this name. */
  public static Optional<Path> find(Path root, String name) throws IOException {
    return directories(root).stream()
        .filter(directory -> root.relativize(directory).toString().equals(name))
        .findFirst();
  }

  private static List<Path> directories(Path root) throws IOException {
    List<Path> all = new ArrayList<>(StoredCapture.directories(root));
    all.addAll(StoredCapture.directories(root.resolve(CaptureRetention.SNAPSHOTS)));
    return all;
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
          manifest.origin().device(),
          manifest.origin().producer(),
          manifest.outcome().ending(),
          manifest.clock().startedAt().toString(),
          manifest.outcome().endedAt().map(Instant::toString).orElse(""),
          sum(manifest, CaptureManifest.KindBooks::captured),
          sum(manifest, CaptureManifest.KindBooks::droppedRecords),
          sum(manifest, CaptureManifest.KindBooks::lostRecords),
          stored.bytes(),
          segments);
    } catch (CaptureException e) {
      return unknown(root, stored.directory(), "damaged", stored.bytes(), segments);
    }
  }

  private static Entry unknown(Path root, Path directory, String state, long bytes, int segments) {
    String name = root.relativize(directory).toString();
    return new Entry(name, directory, "?", -1, "", state, "", "", 0, 0, 0, bytes, segments);
  }

  private static long sum(
      CaptureManifest manifest, ToLongFunction<CaptureManifest.KindBooks> count) {
    return BufferKind.ALL.stream()
        .mapToLong(kind -> count.applyAsLong(manifest.outcome().kind(kind)))
        .sum();
  }
}

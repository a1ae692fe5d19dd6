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

/** What captures there are, by their manifests. */
public final class CaptureCatalog {
  private static final Pattern NAME = Pattern.compile("[0-9]{8}-[0-9]{6}\\.[0-9]{3}-d.*");

  private CaptureCatalog() {}

  /**
   * One capture or snapshot.
   *
   * @param name its directory, below the directory of captures
   * @param device number; -1 if unknown
   * @param producer the name that it attached with
   * @param state its ending, or that its manifest is damaged
   * @param startedAt ISO 8601, empty if unknown
   * @param endedAt as startedAt; empty while it runs
   * @param bytes on disk
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

  /** Captures, oldest first, then snapshots. */
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

  /** Captures of another user, by their names: nothing in them can be seen. */
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
   * Some of what there is.
   *
   * @param total captures and snapshots that there are
   */
  public record Newest(int total, List<Entry> entries) {
    public Newest {
      entries = List.copyOf(entries);
    }
  }

  /** The newest captures and snapshots by name, newest first; only their manifests are read. */
  public static Newest newest(Path root, int limit) throws IOException {
    List<Path> all = directories(root);
    // Both kinds of names begin with the time at which the capture began.
    all.sort(Comparator.comparing((Path directory) -> directory.getFileName()).reversed());
    List<Entry> entries = new ArrayList<>();
    for (Path directory : all.subList(0, Math.min(limit, all.size()))) {
      entries.add(entry(root, StoredCapture.of(directory)));
    }
    return new Newest(all.size(), entries);
  }

  /** The directory of the capture that is listed under this name. */
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

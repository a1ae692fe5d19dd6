package dev.sluice;

import dev.sluice.output.capture.CaptureCatalog;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.service.CaptureArchive;
import dev.sluice.service.CaptureInUseException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** The captures of this daemon's directory, for its HTTP servers. */
final class StoredCaptures implements CaptureArchive {
  private final CaptureStore store;

  StoredCaptures(CaptureStore store) {
    this.store = store;
  }

  @Override
  public Listing newest(int limit) throws IOException {
    CaptureCatalog.Newest newest = CaptureCatalog.newest(store.directory(), limit);
    return new Listing(
        newest.total(), newest.entries().stream().map(StoredCaptures::entry).toList());
  }

  private static Entry entry(CaptureCatalog.Entry entry) {
    return new Entry(
        entry.name(),
        entry.layout(),
        entry.device(),
        entry.producer(),
        entry.state(),
        entry.startedAt(),
        entry.endedAt(),
        entry.capturedRecords(),
        entry.droppedRecords(),
        entry.lostRecords(),
        entry.bytes(),
        entry.segments());
  }

  @Override
  public InputStream download(String name) throws IOException {
    // Compared with what is there, never made into a path.
    Path directory =
        CaptureCatalog.find(store.directory(), name)
            .orElseThrow(
                () -> new FileNotFoundException("no capture has this name; see /api/v1/captures"));
    if (store.isOpen(directory)) {
      throw new CaptureInUseException(
          name
              + " is still being written; take a snapshot (POST /v1/snapshot) and download that, or"
              + " wait for its end");
    }
    return store.download(directory);
  }
}

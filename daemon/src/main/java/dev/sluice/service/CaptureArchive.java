package dev.sluice.service;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The captures on disk. Methods read files: do not call them on an event loop. Thread-safe. */
public interface CaptureArchive {
  /** For a daemon that captures nothing. */
  CaptureArchive NONE =
      new CaptureArchive() {
        @Override
        public Listing newest(int limit) {
          return new Listing(0, List.of());
        }

        @Override
        public InputStream download(String name) throws IOException {
          throw new FileNotFoundException("no capture " + name);
        }
      };

  /**
   * Main facts of one capture or snapshot.
   *
   * @param name below the captures directory
   * @param state how it ended, or that it is running or damaged
   * @param startedAt ISO 8601; empty if unknown
   * @param endedAt as startedAt; empty while it runs
   * @param bytes on disk
   */
  record Entry(
      String name,
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

  /**
   * A page of captures.
   *
   * @param total number of all captures
   */
  record Listing(int total, List<Entry> newest) {
    public Listing {
      newest = List.copyOf(newest);
    }
  }

  /** Returns the newest captures and snapshots, newest first. */
  Listing newest(int limit) throws IOException;

  /**
   * Opens a capture as a tar file. Its content stays stable while it is read, even if retention
   * removes the capture; closing the stream releases it.
   *
   * @param name exactly as in a listing
   * @throws FileNotFoundException if no capture has this name
   * @throws CaptureInUseException if it is still being written
   */
  InputStream download(String name) throws IOException;
}

package dev.sluice.service;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The captures on disk. Methods read files: not for an event loop. Any thread. */
public interface CaptureArchive {
  /** Where nothing is ever captured. */
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
   * The main facts of one capture or snapshot.
   *
   * @param name below the directory of captures
   * @param state how it ended, or that it is running, or damaged
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
   * Some of the captures.
   *
   * @param total how many there are
   */
  record Listing(int total, List<Entry> newest) {
    public Listing {
      newest = List.copyOf(newest);
    }
  }

  /** The newest captures and snapshots, newest first. */
  Listing newest(int limit) throws IOException;

  /**
   * A capture as a tar file. It stays as it is while it is read, even if retention removes the
   * capture; closing the stream lets go of it.
   *
   * @param name as in a listing, nothing else
   * @throws FileNotFoundException if no capture has this name
   * @throws CaptureInUseException if it is still being written
   */
  InputStream download(String name) throws IOException;
}

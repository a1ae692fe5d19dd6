package dev.sluice.config;

import java.nio.file.Path;

/**
 * {@code sluice.capture}: what is written to disk, and how long it stays there.
 *
 * @param stageBytes memory between collectors and disk, per session
 * @param flushNanos longest delay until an unfinished block is written to disk
 * @param stallLimitNanos a disk that does not respond for this long counts as failed
 */
public record CaptureSettings(
    boolean enabled,
    Path directory,
    long segmentBytes,
    long stageBytes,
    Overload overload,
    long stallLimitNanos,
    boolean directIo,
    long flushNanos,
    Fsync fsync,
    Retention retention,
    Recorder recorder,
    Snapshots snapshots) {

  private static final int MAX_SPARES = 4;

  /** Returns these settings, switched on or off. */
  CaptureSettings withEnabled(boolean isEnabled) {
    return new CaptureSettings(
        isEnabled,
        directory,
        segmentBytes,
        stageBytes,
        overload,
        stallLimitNanos,
        directIo,
        flushNanos,
        fsync,
        retention,
        recorder,
        snapshots);
  }

  /** Returns these settings with another stall limit. */
  public CaptureSettings withStallLimit(long nanos) {
    return new CaptureSettings(
        enabled,
        directory,
        segmentBytes,
        stageBytes,
        overload,
        nanos,
        directIo,
        flushNanos,
        fsync,
        retention,
        recorder,
        snapshots);
  }

  /** Returns how many removed segment files are kept for reuse; they count towards retention. */
  public int spares() {
    return (int) Math.min(MAX_SPARES, retention.bytes() / 2 / segmentBytes);
  }

  /** Returns the size of all captures above which the oldest go: retention minus spares. */
  public long quotaBytes() {
    return retention.bytes() - spares() * segmentBytes;
  }

  /** Returns whether closed segments survive a power loss, names and content. */
  public boolean isForced() {
    return fsync != Fsync.NEVER;
  }

  /** What happens if the memory stage is full. */
  public enum Overload {
    /** The device waits; the capture loses nothing. */
    WAIT,
    /** The capture loses records; the device does not wait. */
    DISCARD
  }

  /** What survives a power loss on the disk. */
  public enum Fsync {
    /** Whatever the system has written back. */
    NEVER,
    /** Every closed segment. */
    SEAL,
    /** Everything but about the last second. */
    SECOND
  }

  /**
   * Limits of all captures together.
   *
   * @param freeSpaceFloor bytes of the file system to keep free
   */
  public record Retention(long bytes, long ageNanos, long freeSpaceFloor) {}

  /** Limits of a flight recorder, per session. */
  public record Recorder(boolean enabled, long bytes, long ageNanos) {}

  /** Time range of a snapshot around its trigger, and limits of all snapshots together. */
  public record Snapshots(
      long beforeNanos, long afterNanos, boolean onDrop, long retentionBytes, long ageNanos) {}
}

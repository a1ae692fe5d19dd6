package dev.sluice.config;

import java.nio.file.Path;

/**
 * {@code sluice.capture}: what is written to disk, and how long it stays there.
 *
 * @param stageBytes memory between collectors and disk, per session
 * @param flushNanos after so long at the latest an unfinished block goes to disk
 * @param stallLimitNanos after so long without an answer a disk counts as failed
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

  /** The same, switched on or off. */
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

  /** The same with another patience for a silent disk. */
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

  /** How many files of removed segments wait to be written over: part of what may be kept. */
  public int spares() {
    return (int) Math.min(MAX_SPARES, retention.bytes() / 2 / segmentBytes);
  }

  /** What all captures may take before the oldest are removed: what the spares leave of it. */
  public long quotaBytes() {
    return retention.bytes() - spares() * segmentBytes;
  }

  /** Whether closed segments survive a loss of power, by names and content. */
  public boolean isForced() {
    return fsync != Fsync.NEVER;
  }

  /** What happens when the memory stage is full. */
  public enum Overload {
    /** The device is held back; the capture loses nothing. */
    WAIT,
    /** The capture loses records; the device is left alone. */
    DISCARD
  }

  /** What is on the device if the machine loses power. */
  public enum Fsync {
    /** What the system happened to write. */
    NEVER,
    /** Every closed segment. */
    SEAL,
    /** All but about the last second. */
    SECOND
  }

  /**
   * What all captures together may take.
   *
   * @param freeSpaceFloor bytes that the file system keeps free
   */
  public record Retention(long bytes, long ageNanos, long freeSpaceFloor) {}

  /** What a flight recorder keeps of each session. */
  public record Recorder(boolean enabled, long bytes, long ageNanos) {}

  /** What a snapshot holds around its moment, and what all snapshots together may take. */
  public record Snapshots(
      long beforeNanos, long afterNanos, boolean onDrop, long retentionBytes, long ageNanos) {}
}

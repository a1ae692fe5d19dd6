package dev.sluice.output.capture;

/**
 * Load of one capture's writer at one moment. Counters start at the beginning of the capture.
 *
 * @param recordBytes size of the written records as the device wrote them, which is also how the
 *     offered load is measured
 * @param writingNanos time that the capture's thread spent writing them
 * @param fill highest fill of the fullest memory stage since the last call, 0 to 1
 * @param lostRecords records lost on the way to disk, for any reason
 */
public record CaptureLoad(long recordBytes, long writingNanos, double fill, long lostRecords) {}

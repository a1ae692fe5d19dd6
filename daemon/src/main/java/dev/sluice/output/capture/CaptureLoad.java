package dev.sluice.output.capture;

/**
 * What one capture takes and how much of it it could take, at one moment. Counters count since the
 * capture began.
 *
 * @param recordBytes of the records that were written, as the device wrote them: what is offered is
 *     measured likewise
 * @param writingNanos time in which the capture's thread wrote them
 * @param fill of the fullest memory stage, 0 to 1, the highest since this was asked last
 * @param lostRecords on the way to the disk, for any reason
 */
public record CaptureLoad(long recordBytes, long writingNanos, double fill, long lostRecords) {}

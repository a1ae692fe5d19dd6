/**
 * Captures: all records that a session's collectors took, on disk, provably complete. A capture is
 * a directory with a manifest and append-only segments of frames; docs/capture-format.md specifies
 * the bytes.
 *
 * <p>Path of a record: a collector encodes it into the {@link
 * dev.sluice.output.capture.CaptureStage}. The {@link dev.sluice.output.capture.CaptureWriter}
 * writes the stage into segments, which it seals, indexes and rolls. A {@link
 * dev.sluice.output.capture.CaptureReader} reads it back. Only the writer's thread touches segments
 * being written; collectors never wait for a disk here.
 */
package dev.sluice.output.capture;

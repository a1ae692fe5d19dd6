/**
 * Captures: everything that a session's collectors took, on disk, provably complete. A capture is a
 * directory with a manifest and append-only segments of frames; docs/capture-format.md shows the
 * bytes.
 *
 * <p>The way of a record: a collector copies it into the {@link
 * dev.sluice.output.capture.CaptureStage}, the {@link dev.sluice.output.capture.CaptureWriter}
 * writes the stage into segments, and seals, indexes and rolls them; a {@link
 * dev.sluice.output.capture.CaptureReader} gives it back. Only the writer's thread touches files;
 * nothing here ever makes a collector wait for a disk.
 */
package dev.sluice.output.capture;

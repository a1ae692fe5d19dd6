package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Walks the frames of one segment. Skips frames with a damaged payload; after damaged bytes,
 * continues at the next valid header and records what it skipped. One thread.
 */
final class SegmentWalk {
  private final SegmentSource source;
  private final SegmentWindow window;
  private final String file;
  private final int segment;
  private final int captureTag;
  private final Checksum checksum = new Checksum();
  private final Frame frame;
  private final Damages damages = new Damages();
  private long next;
  private boolean isSealed;
  private boolean hasEnded;

  SegmentWalk(
      SegmentSource source,
      SegmentWindow window,
      String file,
      CaptureManifest manifest,
      int segment)
      throws IOException {
    this.source = source;
    this.window = window;
    this.file = file;
    this.segment = segment;
    this.captureTag = CaptureFormat.captureTag(manifest.id());
    this.frame = new Frame(manifest.format().codecs());
    window.open(source);
    start(manifest.id());
  }

  private void start(UUID captureId) throws IOException {
    int at = window.indexOf(0, SegmentHeader.SIZE_BYTES);
    next = SegmentHeader.SIZE_BYTES;
    if (at < 0) {
      damages.add(new Damage(file, 0, "ends within its header", true));
      hasEnded = true;
      return;
    }
    String refusal = SegmentHeader.refusal(window.buffer(), at, captureId, segment, checksum);
    if (!refusal.isEmpty()) {
      // Each frame names its segment itself, so the walk can still be tried.
      damages.add(new Damage(file, 0, refusal, false));
    }
  }

  /** Returns the offset at which the next frame is expected. */
  long position() {
    return next;
  }

  /** Jumps to a frame from the index. */
  void seek(long offset) {
    next = offset;
    hasEnded = false;
  }

  /** Continues where {@link #next} returned null, since the segment may have grown. */
  void resume() {
    window.refresh();
    damages.forgetTornTail();
    hasEnded = isSealed;
  }

  /** Returns the next whole frame, without the footer; null at the end. */
  Frame next() throws IOException {
    while (!hasEnded) {
      long at = next;
      int index = window.indexOf(at, FrameHeader.SIZE_BYTES);
      if (index < 0) {
        return end(at, at == source.size() ? "" : "ends within a frame header");
      }
      ByteBuffer buffer = window.buffer();
      if (!FrameHeader.isValid(buffer, index, segment, captureTag, checksum)) {
        if (!resync(at, at + FrameHeader.ALIGNMENT, "no frame starts here")) {
          return null;
        }
        continue;
      }
      frame.point(buffer, index);
      int payload = frame.payloadBytes();
      index = window.indexOf(at, FrameHeader.SIZE_BYTES + payload);
      if (index < 0) {
        return end(at, "ends within a frame of " + payload + " bytes");
      }
      frame.point(window.buffer(), index);
      if (checksum.of(window.buffer(), index + FrameHeader.SIZE_BYTES, payload)
          != frame.payloadCrc()) {
        // The header is valid, so its length can be trusted. Headers within the payload are not
        // tried: a crafted capture could otherwise make the reader read the same bytes over and
        // over.
        if (!resync(at, at + frame.sizeBytes(), "the payload has a wrong checksum")) {
          return null;
        }
        continue;
      }
      next = at + frame.sizeBytes();
      if (frame.type() == FrameType.FOOTER) {
        isSealed = true;
        hasEnded = true;
        return null;
      }
      return frame;
    }
    return null;
  }

  /**
   * Finds the next valid header after damaged bytes; returns false if none.
   *
   * @param from offset of the damage
   * @param first first possible offset of the next header
   */
  private boolean resync(long from, long first, String what) throws IOException {
    for (long at = first; ; at += FrameHeader.ALIGNMENT) {
      int index = window.indexOf(at, FrameHeader.SIZE_BYTES);
      if (index < 0) {
        end(from, what);
        return false;
      }
      if (FrameHeader.isValid(window.buffer(), index, segment, captureTag, checksum)) {
        damages.add(new Damage(file, from, what + "; " + (at - from) + " bytes skipped", false));
        next = at;
        return true;
      }
    }
  }

  private Frame end(long at, String what) {
    hasEnded = true;
    next = at;
    if (!what.isEmpty()) {
      damages.add(new Damage(file, at, what, true));
    }
    return null;
  }

  /** Returns whether the footer was reached. */
  boolean isSealed() {
    return isSealed;
  }

  /** Damage skipped so far; a torn tail comes last. */
  Damages damages() {
    return damages;
  }
}

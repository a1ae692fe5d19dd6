package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Walks the frames of one segment. A frame whose payload is damaged is left out, and after damaged
 * bytes the walk continues at the next whole header and notes what it skipped. One thread.
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
      // Each frame names its segment by itself, so the walk may try all the same.
      damages.add(new Damage(file, 0, refusal, false));
    }
  }

  /** Where the next frame is looked for. */
  long position() {
    return next;
  }

  /** Jumps to a frame that the index knows. */
  void seek(long offset) {
    next = offset;
    hasEnded = false;
  }

  /** The segment may have grown since {@link #next} returned null: look again from there. */
  void resume() {
    window.refresh();
    damages.forgetTornTail();
    hasEnded = isSealed;
  }

  /** The next whole frame, the footer not among them; null at the end. */
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
        // The header is whole and so its length is right. Headers within the payload are none: if
        // they were tried, a capture could be made that is read over and over again.
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
   * Looks for the next whole header behind damaged bytes; false if there is none.
   *
   * @param from where the damage begins
   * @param first where the next header can be
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

  /** Whether the footer was reached. */
  boolean isSealed() {
    return isSealed;
  }

  /** What was passed over so far; a torn tail is the last. */
  Damages damages() {
    return damages;
  }
}

package dev.sluice.output.capture;

import java.io.IOException;

/** Takes the frames of a capture, one after the other. */
@FunctionalInterface
public interface FrameVisitor {
  /**
   * @param frame valid during this call only
   */
  void visit(Frame frame) throws IOException;
}

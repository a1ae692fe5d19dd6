package dev.sluice.output.capture;

import java.io.IOException;

/** Receives the frames of a capture in order. */
@FunctionalInterface
public interface FrameVisitor {
  /**
   * @param frame valid during this call only
   */
  void visit(Frame frame) throws IOException;
}

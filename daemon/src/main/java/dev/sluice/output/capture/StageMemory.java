package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where the memory of the stages comes from, touched and ready. Any thread. */
public interface StageMemory {
  /** At least so many bytes, of direct memory. */
  ByteBuffer take(long bytes) throws IOException;

  /** Gives memory back that nobody uses any more. */
  void give(ByteBuffer memory);
}

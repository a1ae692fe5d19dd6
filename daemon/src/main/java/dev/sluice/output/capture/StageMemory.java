package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where the memory of the stages comes from, touched and ready. Any thread. */
public interface StageMemory {
  /** At least so many bytes, of direct memory. */
  ByteBuffer take(long bytes) throws IOException;

  /** The descriptor of memory that was taken; -1 if it ends with this process. */
  default int descriptor(ByteBuffer memory) {
    return -1;
  }

  /** Gives back memory that is not used any more. */
  void give(ByteBuffer memory);
}

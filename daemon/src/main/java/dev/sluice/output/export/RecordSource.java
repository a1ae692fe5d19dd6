package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A capture for random access, pool by pool. A pool is a kind and an instance (core or thread); its
 * frames are numbered from 0 in the order in which they were collected. One thread.
 */
public interface RecordSource {
  TraceFacts facts();

  /** Instances of a kind that may have frames are numbered below this. */
  int instances(BufferKind kind);

  int frameCount(BufferKind kind, int instance);

  /** Records in one frame, from the index alone. */
  int recordCount(BufferKind kind, int instance, int frame);

  /** In which run of the device a frame was collected: dispatch tokens start over with each. */
  default int run(BufferKind kind, int instance, int frame) {
    return 0;
  }

  /**
   * The records of a frame: little endian, from position 0 to the limit, nothing else. Valid until
   * the next frame of the same pool is asked for; other pools do not disturb it.
   *
   * @throws IOException if the frame cannot be read or its checksum is wrong
   */
  ByteBuffer frame(BufferKind kind, int instance, int frame) throws IOException;

  /** Records of a pool. */
  default long records(BufferKind kind, int instance) {
    long records = 0;
    for (int frame = 0; frame < frameCount(kind, instance); frame++) {
      records += recordCount(kind, instance, frame);
    }
    return records;
  }

  /** Records of a kind. */
  default long records(BufferKind kind) {
    long records = 0;
    for (int instance = 0; instance < instances(kind); instance++) {
      records += records(kind, instance);
    }
    return records;
  }
}

package dev.sluice.output.capture;

import java.util.Arrays;

/** Locations of the frames of one pool, in the order of writing. */
final class PoolFrames {
  private static final int OFFSET_BITS = 40;

  // Segment number in the high bits, offset / 64 in the low ones: no segment reaches 64 TiB.
  private long[] places = new long[16];
  private int[] records = new int[16];
  private int[] runs = new int[16];
  private int count;

  void add(int segment, long offset, int recordCount, int run) {
    if (count == places.length) {
      places = Arrays.copyOf(places, 2 * count);
      records = Arrays.copyOf(records, 2 * count);
      runs = Arrays.copyOf(runs, 2 * count);
    }
    places[count] = ((long) segment << OFFSET_BITS) | (offset / FrameHeader.ALIGNMENT);
    records[count] = recordCount;
    runs[count] = run;
    count++;
  }

  int count() {
    return count;
  }

  int segment(int frame) {
    return (int) (places[frame] >>> OFFSET_BITS);
  }

  long offset(int frame) {
    return (places[frame] & ((1L << OFFSET_BITS) - 1)) * FrameHeader.ALIGNMENT;
  }

  int records(int frame) {
    return records[frame];
  }

  int run(int frame) {
    return runs[frame];
  }
}

package dev.sluice.output.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * All streams as one, in the order of keys; a binary heap with one row of each stream. Equal keys
 * come in the order of the streams.
 */
final class RowMerge {
  private final RowStream[] streams;
  private final Row[] heads;
  // Heap of stream numbers; the keys lie beside it, so that sifting touches one array.
  private final int[] heap;
  private final long[] keys;
  private int size;

  RowMerge(List<RowStream> all) throws IOException {
    List<RowStream> open = new ArrayList<>();
    List<Row> first = new ArrayList<>();
    for (RowStream stream : all) {
      Row row = stream.next();
      if (row != null) {
        open.add(stream);
        first.add(row);
      }
    }
    streams = open.toArray(new RowStream[0]);
    heads = first.toArray(new Row[0]);
    heap = new int[heads.length];
    keys = new long[heads.length];
    for (int stream = 0; stream < heads.length; stream++) {
      heap[size] = stream;
      keys[size] = heads[stream].key;
      size++;
    }
    for (int at = size / 2 - 1; at >= 0; at--) {
      siftDown(at);
    }
  }

  /** The earliest row of all, or null when everything was given. */
  Row next() throws IOException {
    if (size == 0) {
      return null;
    }
    int stream = heap[0];
    Row earliest = heads[stream];
    Row following = streams[stream].next();
    heads[stream] = following;
    if (following != null) {
      keys[0] = following.key;
    } else {
      size--;
      heap[0] = heap[size];
      keys[0] = keys[size];
    }
    siftDown(0);
    return earliest;
  }

  private void siftDown(int from) {
    if (from >= size) {
      return;
    }
    int at = from;
    int stream = heap[at];
    long key = keys[at];
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && isBefore(keys[child + 1], heap[child + 1], child)) {
        child++;
      }
      if (!isBefore(keys[child], heap[child], key, stream)) {
        break;
      }
      heap[at] = heap[child];
      keys[at] = keys[child];
      at = child;
    }
    heap[at] = stream;
    keys[at] = key;
  }

  private boolean isBefore(long key, int stream, int at) {
    return isBefore(key, stream, keys[at], heap[at]);
  }

  private static boolean isBefore(long key, int stream, long otherKey, int otherStream) {
    return key == otherKey ? stream < otherStream : Long.compareUnsigned(key, otherKey) < 0;
  }
}

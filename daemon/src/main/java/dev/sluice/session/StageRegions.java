package dev.sluice.session;

import dev.sluice.bridge.SharedRegion;
import dev.sluice.output.capture.StageMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;

/**
 * Memory for capture stages, outside the heap and its limits, prefaulted on creation. Retains a few
 * regions for the next session, since prefaulting takes longer than the rest of an attach.
 */
public final class StageRegions implements StageMemory, AutoCloseable {
  private static final int MAX_KEPT = 2;

  // Guarded by this.
  private final IdentityHashMap<ByteBuffer, SharedRegion> lent = new IdentityHashMap<>();
  private final Deque<SharedRegion> kept = new ArrayDeque<>();

  @Override
  public synchronized ByteBuffer take(long bytes) throws IOException {
    SharedRegion region = null;
    for (SharedRegion candidate : kept) {
      if (candidate.bytes() >= bytes && candidate.bytes() <= 2 * bytes) {
        region = candidate;
        break;
      }
    }
    if (region == null) {
      region =
          SharedRegion.create(
              "sluice-stage", bytes, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
    } else {
      kept.remove(region);
    }
    ByteBuffer memory = region.buffer();
    lent.put(memory, region);
    return memory;
  }

  @Override
  public synchronized int descriptor(ByteBuffer memory) {
    SharedRegion region = lent.get(memory);
    return region == null ? -1 : region.fd();
  }

  /** Takes over a stage of another process; returned like those of {@link #take}. */
  synchronized void adopt(SharedRegion region) {
    lent.put(region.buffer(), region);
  }

  @Override
  public synchronized void give(ByteBuffer memory) {
    SharedRegion region = lent.remove(memory);
    if (region == null) {
      return;
    }
    kept.addFirst(region);
    if (kept.size() > MAX_KEPT) {
      kept.removeLast().close();
    }
  }

  /** Unmaps idle regions; a region that a hung disk still reads stays until the process ends. */
  @Override
  public synchronized void close() {
    kept.forEach(SharedRegion::close);
    kept.clear();
  }
}

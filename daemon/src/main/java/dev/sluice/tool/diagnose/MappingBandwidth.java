package dev.sluice.tool.diagnose;

import dev.sluice.bridge.SharedRegion;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Unit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measures how fast one thread reads, and copies out of, an arena of the {@code sim} placement, by
 * block size: an upper bound for a collector that reads payload. Single-threaded.
 */
final class MappingBandwidth {
  /** Far larger than any cache of one core, so that the test measures memory. */
  private static final int REGION_BYTES = 64 << 20;

  static final List<Integer> BLOCK_BYTES = List.of(4 << 10, 32 << 10, 256 << 10, 4 << 20);

  /** Sink for the reads, so that they are not optimised away. */
  private static volatile long sum;

  private final long budgetNs;
  private final int repeats;

  /**
   * @param budgetNs for each repeat of each experiment
   */
  MappingBandwidth(long budgetNs, int repeats) {
    this.budgetNs = budgetNs;
    this.repeats = repeats;
  }

  /** Measures read and copy for every block size. */
  List<Figure> measure() throws ToolException {
    try (SharedRegion region =
        SharedRegion.create(
            "sluice-diagnose", REGION_BYTES, SharedRegion.Extra.TRY, SharedRegion.Extra.OFF)) {
      ByteBuffer from = region.buffer().order(ByteOrder.nativeOrder());
      for (int at = 0; at < REGION_BYTES; at += Long.BYTES) {
        from.putLong(at, at);
      }
      ByteBuffer into = ByteBuffer.allocateDirect(4 << 20).order(ByteOrder.nativeOrder());
      List<Figure> terms = new ArrayList<>();
      for (int block : BLOCK_BYTES) {
        terms.add(term("read", block, () -> read(from, block)));
        terms.add(term("copy", block, () -> copy(from, into, block)));
      }
      return terms;
    } catch (IOException e) {
      throw new ToolException("no shared memory for an arena: " + e.getMessage(), e);
    }
  }

  private interface Pass {
    /** Passes over the region once. */
    void run();
  }

  private Figure term(String what, int block, Pass pass) {
    pass.run(); // compiles the pass and touches every page
    if (sum == 0) {
      throw new IllegalStateException(what + " of the region read nothing");
    }
    List<Double> rates = new ArrayList<>();
    for (int repeat = 0; repeat < repeats; repeat++) {
      long startNs = System.nanoTime();
      long elapsedNs;
      long bytes = 0;
      do {
        pass.run();
        bytes += REGION_BYTES;
        elapsedNs = System.nanoTime() - startNs;
      } while (elapsedNs < budgetNs);
      rates.add(bytes * 1e9 / elapsedNs);
    }
    return Figure.term(
        "mapping_" + what + "_" + (block >> 10) + "k",
        Unit.BYTES_PER_SECOND,
        String.format(
            Locale.ROOT,
            "one thread %s 64 MiB of shared memory in blocks of %d KiB, placement sim",
            what.equals("read") ? "reads" : "copies",
            block >> 10),
        rates);
  }

  private static void read(ByteBuffer from, int block) {
    long seen = 0;
    for (int begin = 0; begin < REGION_BYTES; begin += block) {
      for (int at = begin; at < begin + block; at += Long.BYTES) {
        seen += from.getLong(at);
      }
    }
    sum = seen;
  }

  private static void copy(ByteBuffer from, ByteBuffer into, int block) {
    for (int begin = 0; begin < REGION_BYTES; begin += block) {
      into.put(0, from, begin, block);
    }
    sum = into.getLong(Long.BYTES);
  }
}

package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.testkit.Seeds;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

class FinishHeapTest {
  @Test
  void shouldGiveTheEarliestAsAPriorityQueueDoes() {
    Seeds.forEach(
        20,
        random -> {
          FinishHeap heap = new FinishHeap(4);
          PriorityQueue<TaskRow> expected =
              new PriorityQueue<>(
                  Comparator.comparingLong((TaskRow row) -> row.finish + Long.MIN_VALUE));
          for (int i = 0; i < 2_000; i++) {
            if (random.nextInt(5) < 3) {
              TaskRow row = new TaskRow();
              // Unsigned, and often equal.
              row.finish = random.nextBoolean() ? random.nextInt(50) : -1L - random.nextInt(50);
              heap.add(row);
              expected.add(row);
            } else {
              long upTo = random.nextBoolean() ? random.nextInt(60) : -1;
              TaskRow first = expected.peek();
              if (first != null && Long.compareUnsigned(first.finish, upTo) <= 0) {
                assertEquals(expected.poll().finish, heap.pollUpTo(upTo).finish);
              } else {
                assertNull(heap.pollUpTo(upTo));
              }
            }
            assertEquals(expected.size(), heap.size());
          }
        });
  }
}

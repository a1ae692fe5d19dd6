package dev.sluice.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Allocations;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpscRingTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 1024})
  void shouldTakeExactlyItsCapacity(int capacity) {
    SpscRing ring = new SpscRing(capacity);
    assertEquals(capacity, ring.capacity());
    for (int i = 0; i < capacity; i++) {
      assertTrue(ring.hasRoom());
      assertTrue(ring.offer(i));
      assertEquals(i + 1, ring.size());
    }
    assertFalse(ring.hasRoom());
    assertFalse(ring.offer(99));
    for (int i = 0; i < capacity; i++) {
      assertEquals(i, ring.poll());
    }
    assertEquals(SpscRing.EMPTY, ring.poll());
    assertEquals(0, ring.size());
    assertTrue(ring.offer(7));
  }

  @Test
  void shouldLeaveAPeekedValueInPlace() {
    SpscRing ring = new SpscRing(2);
    assertEquals(SpscRing.EMPTY, ring.peek());
    ring.offer(5);
    ring.offer(6);
    assertEquals(5, ring.peek());
    assertEquals(5, ring.peek());
    assertEquals(2, ring.size());
    ring.advance();
    assertEquals(6, ring.poll());
  }

  @Test
  void shouldCarryAnyValueButTheEmptyMark() {
    SpscRing ring = new SpscRing(4);
    for (long value : new long[] {0, -1, Long.MAX_VALUE, Long.MIN_VALUE + 1}) {
      ring.offer(value);
      assertEquals(value, ring.poll());
    }
  }

  @Test
  void shouldRefuseCapacitiesThatAreNoPowerOfTwo() {
    for (int capacity : new int[] {0, -1, 3, 6, Integer.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> new SpscRing(capacity));
    }
  }

  @Test
  void shouldRoundUpToAPowerOfTwo() {
    int[][] expected = {{0, 1}, {1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {992, 1024}, {1025, 2048}};
    for (int[] pair : expected) {
      assertEquals(pair[1], SpscRing.forAtLeast(pair[0]).capacity());
    }
  }

  /** Compares with a trivially correct queue over many laps. */
  @Test
  void shouldBehaveLikeABoundedQueue() {
    Random random = new Random(3);
    for (int capacity = 1; capacity <= 16; capacity *= 2) {
      SpscRing ring = new SpscRing(capacity);
      Deque<Long> model = new ArrayDeque<>();
      for (long i = 0; i < 20_000; i++) {
        if (random.nextBoolean()) {
          boolean fits = model.size() < capacity;
          assertEquals(fits, ring.hasRoom());
          assertEquals(fits, ring.offer(i));
          if (fits) {
            model.add(i);
          }
        } else {
          Long expected = model.poll();
          assertEquals(expected == null ? SpscRing.EMPTY : expected, ring.poll());
        }
        assertEquals(model.size(), ring.size());
      }
    }
  }

  /**
   * Two threads on a tiny ring, constantly full, empty and wrapping. Contents travel with the
   * values.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 256})
  @Timeout(30)
  void shouldKeepOrderAndContentBetweenTwoThreads(int capacity) throws Exception {
    long count = 300_000;
    SpscRing ring = new SpscRing(capacity);
    // Plain memory, ordered only by the ring's release and acquire; more cells than slots.
    long[] cells = new long[4 * capacity];
    ExecutorService producer = Executors.newSingleThreadExecutor();
    try {
      Future<?> produced =
          producer.submit(
              () -> {
                for (long i = 0; i < count; i++) {
                  while (!ring.hasRoom()) {
                    Thread.yield();
                  }
                  cells[(int) (i % cells.length)] = i * 31;
                  assertTrue(ring.offer(i), "room does not go away");
                }
              });
      for (long i = 0; i < count; i++) {
        long value;
        while ((value = ring.poll()) == SpscRing.EMPTY) {
          int size = ring.size();
          assertTrue(size >= 0 && size <= capacity);
          Thread.yield();
        }
        assertEquals(i, value);
        assertEquals(i * 31, cells[(int) (i % cells.length)]);
      }
      produced.get();
      assertEquals(SpscRing.EMPTY, ring.poll());
    } finally {
      producer.shutdownNow();
    }
  }

  @Test
  void shouldNotAllocate() {
    SpscRing ring = new SpscRing(64);
    Runnable laps =
        () -> {
          for (int i = 0; i < 100_000; i++) {
            ring.offer(i);
            ring.peek();
            ring.poll();
          }
        };
    assertEquals(0, Allocations.leastBytesOf(laps));
  }
}

package dev.sluice.handoff;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A bounded ring of longs between exactly one producer thread and one consumer thread.
 *
 * <p>Assumptions: {@link #offer} is called by one thread at a time and {@link #poll} by one thread
 * at a time; a change of thread is ordered by other means, such as a join. Guarantees: values come
 * out once, in order; writes of the producer before {@code offer} are visible after the {@code
 * poll} that returns the value, and actions of the consumer before {@code poll} are visible to the
 * producer that reuses the slot. Progress: both are wait-free.
 *
 * <p>The four indices (tail, the producer's copy of head, head, the consumer's copy of tail) share
 * one {@code long[]}, 16 longs apart for padding. Each side rereads the other's index only when its
 * copy indicates full or empty, so a busy ring costs about one shared cache line per batch, not per
 * value.
 */
public final class SpscRing {
  /** Returned by {@link #poll} when the ring is empty; not a legal value. */
  public static final long EMPTY = Long.MIN_VALUE;

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;
  private static final int TAIL = PAD;
  private static final int HEAD_COPY = TAIL + PAD;
  private static final int HEAD = HEAD_COPY + PAD;
  private static final int TAIL_COPY = HEAD + PAD;

  private final long[] indices = new long[TAIL_COPY + PAD];
  private final long[] slots;
  private final int mask;

  /**
   * @param capacity number of values; a power of two
   */
  public SpscRing(int capacity) {
    if (capacity < 1 || Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("ring capacity " + capacity + " is not a power of two");
    }
    slots = new long[capacity];
    mask = capacity - 1;
  }

  /** Creates the smallest ring for this many values. */
  public static SpscRing forAtLeast(int values) {
    return new SpscRing(values <= 1 ? 1 : Integer.highestOneBit(values - 1) << 1);
  }

  public int capacity() {
    return slots.length;
  }

  /** Adds a value, or returns false if the ring is full. Producer thread only. */
  public boolean offer(long value) {
    long tail = indices[TAIL];
    if (tail - indices[HEAD_COPY] == slots.length) {
      long head = (long) ELEMENT.getAcquire(indices, HEAD);
      indices[HEAD_COPY] = head;
      if (tail - head == slots.length) {
        return false;
      }
    }
    slots[(int) tail & mask] = value;
    ELEMENT.setRelease(indices, TAIL, tail + 1);
    return true;
  }

  /** Whether {@link #offer} would succeed now. Producer thread only. */
  public boolean hasRoom() {
    long tail = indices[TAIL];
    if (tail - indices[HEAD_COPY] < slots.length) {
      return true;
    }
    indices[HEAD_COPY] = (long) ELEMENT.getAcquire(indices, HEAD);
    return tail - indices[HEAD_COPY] < slots.length;
  }

  /** Takes the oldest value, or returns {@link #EMPTY}. Consumer thread only. */
  public long poll() {
    long value = peek();
    if (value != EMPTY) {
      advance();
    }
    return value;
  }

  /** Reads the oldest value without removing it, or returns {@link #EMPTY}. Consumer only. */
  public long peek() {
    long head = indices[HEAD];
    if (head == indices[TAIL_COPY]) {
      long tail = (long) ELEMENT.getAcquire(indices, TAIL);
      indices[TAIL_COPY] = tail;
      if (head == tail) {
        return EMPTY;
      }
    }
    return slots[(int) head & mask];
  }

  /** Removes the value that {@link #peek} returned. Consumer thread only. */
  public void advance() {
    ELEMENT.setRelease(indices, HEAD, indices[HEAD] + 1);
  }

  /** Returns the number of values in the ring at some moment during the call. Any thread. */
  public int size() {
    long head = (long) ELEMENT.getAcquire(indices, HEAD);
    long tail = (long) ELEMENT.getAcquire(indices, TAIL);
    // Head is read first, so the difference is never negative but may exceed the capacity.
    return (int) Math.min(tail - head, slots.length);
  }
}

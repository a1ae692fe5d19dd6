package dev.sluice.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The host's words for each buffer, one cache line each: those of the ledger and of the lease. Kept
 * in the {@link HostState}, so that they survive this process; docs/host-state.md defines their
 * order.
 */
final class BufferRows {
  static final int BYTES = 64;

  static final int STATE = 0;
  static final int POOL = 4;
  static final int PUSH_INDEX = 8;
  static final int QUEUE = 12;
  static final int SEQUENCE = 16;
  static final int INSTANCE = 20;
  static final int SALVAGED_COUNT = 24;
  static final int ANNOUNCED = 28;
  static final int EPOCH = 32;
  static final int READY_NS = 40;

  /** Queue of a buffer that was lent and whose entry has not been described. */
  static final int UNDESCRIBED = -2;

  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer memory;
  private final int count;

  /**
   * @param memory direct, little endian, {@link #BYTES} per buffer
   */
  BufferRows(ByteBuffer memory) {
    this.memory = memory;
    this.count = memory.capacity() / BYTES;
  }

  /** Creates rows that end with this process. */
  static BufferRows of(int buffers) {
    return new BufferRows(HostState.memory(buffers * BYTES));
  }

  int count() {
    return count;
  }

  /** Resets all rows to never lent. */
  void clear() {
    for (int at = 0; at < count * BYTES; at += Long.BYTES) {
      memory.putLong(at, 0);
    }
    for (int buffer = 0; buffer < count; buffer++) {
      putInt(buffer, POOL, -1);
    }
  }

  int getInt(int buffer, int field) {
    return memory.getInt(buffer * BYTES + field);
  }

  void putInt(int buffer, int field, int value) {
    memory.putInt(buffer * BYTES + field, value);
  }

  long getLong(int buffer, int field) {
    return memory.getLong(buffer * BYTES + field);
  }

  void putLong(int buffer, int field, long value) {
    memory.putLong(buffer * BYTES + field, value);
  }

  int getAcquire(int buffer, int field) {
    return (int) INT.getAcquire(memory, buffer * BYTES + field);
  }

  void setRelease(int buffer, int field, int value) {
    INT.setRelease(memory, buffer * BYTES + field, value);
  }

  boolean compareAndSet(int buffer, int field, int expected, int value) {
    return INT.compareAndSet(memory, buffer * BYTES + field, expected, value);
  }
}

package dev.sluice.session.run;

import dev.sluice.device.DeviceMemory;
import java.nio.ByteBuffer;

/** Memory that fails one access and every later one, as if the host had died. */
final class MortalMemory implements DeviceMemory {
  private final DeviceMemory memory;
  private long left = Long.MAX_VALUE;

  /** Unwinds the dying host. */
  static final class Death extends Error {
    private static final long serialVersionUID = 1L;
  }

  MortalMemory(DeviceMemory memory) {
    this.memory = memory;
  }

  /** Dies after the given number of further accesses. */
  void dieIn(int accesses) {
    left = accesses;
  }

  private void live() {
    if (left-- <= 0) {
      left = 0;
      throw new Death();
    }
  }

  @Override
  public long sizeBytes() {
    return memory.sizeBytes();
  }

  @Override
  public boolean fetch(int offset, int length) {
    return memory.fetch(offset, length);
  }

  @Override
  public boolean isCopied() {
    return memory.isCopied();
  }

  @Override
  public int failure() {
    return memory.failure();
  }

  @Override
  public int loadInt(int offset) {
    live();
    return memory.loadInt(offset);
  }

  @Override
  public long loadLong(int offset) {
    live();
    return memory.loadLong(offset);
  }

  @Override
  public int loadIntAcquire(int offset) {
    live();
    return memory.loadIntAcquire(offset);
  }

  @Override
  public long loadLongAcquire(int offset) {
    live();
    return memory.loadLongAcquire(offset);
  }

  @Override
  public void storeInt(int offset, int value) {
    live();
    memory.storeInt(offset, value);
  }

  @Override
  public void storeLong(int offset, long value) {
    live();
    memory.storeLong(offset, value);
  }

  @Override
  public void storeIntRelease(int offset, int value) {
    live();
    memory.storeIntRelease(offset, value);
  }

  @Override
  public void zero(int offset, int length) {
    memory.zero(offset, length);
  }

  @Override
  public ByteBuffer payload() {
    live();
    return memory.payload();
  }
}

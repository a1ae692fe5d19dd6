package dev.sluice.handoff;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import java.nio.ByteBuffer;

/**
 * The right to read one full buffer, from the moment a collector opens it until it releases it.
 *
 * <p>A lease is a flyweight: one object per collector, pointed at one buffer after the other, used
 * by that collector's thread alone. Keep nothing of it after the release, least of all its bytes.
 */
public final class Lease {
  private ByteBuffer memory;
  private BufferLayout layout;
  private int number;
  private int offset;
  private int pool;
  private int instance;
  private int queue;
  private int sequence;
  private int countUntrusted;
  private long readyNs;
  private boolean isSalvaged;

  /** Points the lease at a buffer. Called by the {@link LeaseTable}. */
  public Lease point(
      ByteBuffer memory,
      BufferLayout layout,
      int number,
      int offset,
      int pool,
      int instance,
      int queue,
      int sequence,
      int countUntrusted,
      long readyNs,
      boolean isSalvaged) {
    this.memory = memory;
    this.layout = layout;
    this.number = number;
    this.offset = offset;
    this.pool = pool;
    this.instance = instance;
    this.queue = queue;
    this.sequence = sequence;
    this.countUntrusted = countUntrusted;
    this.readyNs = readyNs;
    this.isSalvaged = isSalvaged;
    return this;
  }

  /** The buffer's number within its arena. */
  public int number() {
    return number;
  }

  public BufferKind kind() {
    return layout.kind();
  }

  public BufferLayout layout() {
    return layout;
  }

  /** Little-endian view of the arena; read only from {@link #offset} on, absolutely. */
  public ByteBuffer memory() {
    return memory;
  }

  /** Where the records of this buffer start in {@link #memory}. */
  public int offset() {
    return offset;
  }

  /** The pool's number within the session, over all kinds. */
  public int pool() {
    return pool;
  }

  /** Core for task kinds, thread for phases. */
  public int instance() {
    return instance;
  }

  /** The ready queue it came from; -1 if it was salvaged. */
  public int queue() {
    return queue;
  }

  /** The device's number of this buffer within its pool, u32. */
  public int sequence() {
    return sequence;
  }

  /** The count word as the device left it: any value at all. */
  public int countUntrusted() {
    return countUntrusted;
  }

  /** The last moment at which the host knows that the buffer was not ready yet, monotonic. */
  public long readyNs() {
    return readyNs;
  }

  /** Whether it was recovered from a producer that stopped, not published by it. */
  public boolean isSalvaged() {
    return isSalvaged;
  }
}

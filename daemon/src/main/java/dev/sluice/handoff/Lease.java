package dev.sluice.handoff;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import java.nio.ByteBuffer;

/**
 * The right to read one full buffer, from the moment a collector opens it until it releases it.
 *
 * <p>A lease is a flyweight: one object per collector, pointed at successive buffers, used by that
 * collector's thread only. Keep no part of it after the release, in particular not its bytes.
 */
public final class Lease {
  /** Queue of a buffer that was salvaged from a stopped producer instead of published by it. */
  public static final int SALVAGED_QUEUE = -1;

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
  private int announcedUntrusted;
  private long runEpoch;
  private int run;
  private int loan;

  /**
   * Points the lease at a buffer, for the {@link LeaseTable}; {@link #of}, {@link #published},
   * {@link #holding} and {@link #announced} follow.
   */
  public Lease at(ByteBuffer memory, BufferLayout layout, int offset) {
    this.memory = memory;
    this.layout = layout;
    this.offset = offset;
    return this;
  }

  /** Sets the buffer and its pool. */
  public Lease of(int number, int pool, int instance) {
    this.number = number;
    this.pool = pool;
    this.instance = instance;
    return this;
  }

  /**
   * Sets the loan number, which identifies this loan of the buffer, for the {@link ShardJournal}.
   */
  public Lease loan(int number) {
    this.loan = number;
    return this;
  }

  /** Sets how the buffer was published. */
  public Lease published(int queue, int sequence, long readyNs) {
    this.queue = queue;
    this.sequence = sequence;
    this.readyNs = readyNs;
    return this;
  }

  /** Sets the count word of the buffer. */
  public Lease holding(int countUntrusted) {
    this.countUntrusted = countUntrusted;
    return this;
  }

  /**
   * Sets what the ready entry states about the content, where entries do.
   *
   * @param run its place among the {@link OpenRuns}
   */
  public Lease announced(int announcedUntrusted, long runEpoch, int run) {
    this.announcedUntrusted = announcedUntrusted;
    this.runEpoch = runEpoch;
    this.run = run;
    return this;
  }

  /** Returns the buffer's number within its arena. */
  public int number() {
    return number;
  }

  /** Returns the number that identifies this loan of the buffer. */
  public int loan() {
    return loan;
  }

  public BufferKind kind() {
    return layout.kind();
  }

  public BufferLayout layout() {
    return layout;
  }

  /**
   * Returns a little-endian view of the arena; read only from {@link #offset} on, by absolute
   * index.
   */
  public ByteBuffer memory() {
    return memory;
  }

  /** Returns where the records of this buffer start in {@link #memory}. */
  public int offset() {
    return offset;
  }

  /** Returns the pool's number within the session, over all kinds. */
  public int pool() {
    return pool;
  }

  /** Returns the core for task kinds, the thread for phases. */
  public int instance() {
    return instance;
  }

  /** Returns the ready queue it came from, or {@link #SALVAGED_QUEUE}. */
  public int queue() {
    return queue;
  }

  /** Returns the device's sequence number of this buffer within its pool, u32. */
  public int sequence() {
    return sequence;
  }

  /** Returns the count word as the device left it; any value is possible. */
  public int countUntrusted() {
    return countUntrusted;
  }

  /** Returns the record count of the ready entry, where entries have one; any value is possible. */
  public int announcedUntrusted() {
    return announcedUntrusted;
  }

  /** Returns the run epoch of the buffer, where buffers have one; otherwise 0. */
  public long runEpoch() {
    return runEpoch;
  }

  /** Returns the place of that run; {@link OpenRuns#OTHER} if entry or buffer name no open run. */
  public int run() {
    return run;
  }

  /**
   * Returns the last moment at which the host knows that the buffer was not ready yet, monotonic.
   */
  public long readyNs() {
    return readyNs;
  }

  /** Whether it was salvaged from a stopped producer instead of published by it. */
  public boolean isSalvaged() {
    return queue == SALVAGED_QUEUE;
  }
}

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
  /** The queue of a buffer that was recovered from a stopped producer, not published by it. */
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

  /** Which buffer it is, and whose. */
  public Lease of(int number, int pool, int instance) {
    this.number = number;
    this.pool = pool;
    this.instance = instance;
    return this;
  }

  /** For the {@link ShardJournal}: tells this loan of the buffer from all others. */
  public Lease loan(int number) {
    this.loan = number;
    return this;
  }

  /** How it came here. */
  public Lease published(int queue, int sequence, long readyNs) {
    this.queue = queue;
    this.sequence = sequence;
    this.readyNs = readyNs;
    return this;
  }

  /** What is in it. */
  public Lease holding(int countUntrusted) {
    this.countUntrusted = countUntrusted;
    return this;
  }

  /**
   * What the entry said of the content, where entries say it.
   *
   * @param run its place among the {@link OpenRuns}
   */
  public Lease announced(int announcedUntrusted, long runEpoch, int run) {
    this.announcedUntrusted = announcedUntrusted;
    this.runEpoch = runEpoch;
    this.run = run;
    return this;
  }

  /** The buffer's number within its arena. */
  public int number() {
    return number;
  }

  /** What tells this loan of the buffer from all others. */
  public int loan() {
    return loan;
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

  /** The ready queue it came from, or {@link #SALVAGED_QUEUE}. */
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

  /** The record count of the ready entry, where entries have one: any value at all. */
  public int announcedUntrusted() {
    return announcedUntrusted;
  }

  /** The run that the buffer names, where buffers do; else 0. */
  public long runEpoch() {
    return runEpoch;
  }

  /** The place of that run; {@link OpenRuns#OTHER} if entry or buffer name none that is open. */
  public int run() {
    return run;
  }

  /** The last moment at which the host knows that the buffer was not ready yet, monotonic. */
  public long readyNs() {
    return readyNs;
  }

  /** Whether it was recovered from a producer that stopped, not published by it. */
  public boolean isSalvaged() {
    return queue == SALVAGED_QUEUE;
  }
}

package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;

/** Receives waits of device threads, at short intervals. */
public interface StallListener {
  /** The free queue of a pool was empty. */
  void waitedForBuffer(BufferKind kind, int instance, long times, long nanos);

  /** The ready queue of a device thread was full. */
  void waitedForQueue(int queue, long times, long nanos);
}

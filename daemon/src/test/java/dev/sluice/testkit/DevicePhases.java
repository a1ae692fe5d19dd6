package dev.sluice.testkit;

import dev.sluice.abi.Generation;
import java.nio.ByteBuffer;

/** Phase records of a {@link ScriptedDevice} (abi.md, Phases). */
final class DevicePhases {
  private final ByteBuffer memory;
  private final Generation generation;
  private final SyntheticRecords content;
  private final DeviceQueues queues;

  DevicePhases(
      ByteBuffer memory, Generation generation, SyntheticRecords content, DeviceQueues queues) {
    this.memory = memory;
    this.generation = generation;
    this.content = content;
    this.queues = queues;
  }

  /** Writes one record. A step. */
  boolean record(DeviceThread thread, DevicePool pool) {
    long index = pool.attempts();
    pool.attempt();
    Runnable write = () -> writePhase(thread, pool, index);
    boolean isFirst = generation == Generation.L2_2026_06;
    if (pool.pointer() == 0) {
      thread.then(
          queues.whenFree(
              thread, pool, () -> queues.pop(thread, pool, isFirst, write), () -> pool.drop(1)));
    } else if (pool.count(pool.pointer()) == pool.capacity()) {
      thread.then(() -> switchPhases(thread, pool, write));
    } else {
      thread.then(write);
    }
    return true;
  }

  private void switchPhases(DeviceThread thread, DevicePool pool, Runnable write) {
    long full = pool.pointer();
    Runnable next =
        switch (generation) {
          case L2_2026_06 ->
              () -> {
                if (pool.hasFreeBuffer()) {
                  queues.pop(thread, pool, true, write);
                } else {
                  thread.then(() -> pool.setPointer(0));
                  thread.then(() -> pool.drop(1));
                }
              };
          case L2_2026_07 ->
              // During this wait the pointer still names the published buffer.
              () ->
                  thread.then(
                      queues.whenFree(
                          thread,
                          pool,
                          () -> queues.pop(thread, pool, true, write),
                          () -> {
                            thread.then(() -> pool.setPointer(0));
                            thread.then(() -> pool.setSequence(pool.sequence() + 1));
                            thread.then(() -> pool.drop(1));
                          }));
          case CHIP_2026_08, CHIP_2026_09 ->
              () -> {
                thread.then(() -> pool.setPointer(0));
                thread.then(() -> pool.setSequence(pool.sequence() + 1));
                thread.then(
                    queues.whenFree(
                        thread,
                        pool,
                        () -> queues.pop(thread, pool, false, write),
                        () -> pool.drop(1)));
              };
        };
    Runnable discard =
        () -> {
          throw new AssertionError("a ready queue is never full (C4)");
        };
    queues.publish(thread, pool, full, pool.sequence(), next, discard);
  }

  private void writePhase(DeviceThread thread, DevicePool pool, long index) {
    long pointer = pool.pointer();
    int slot = pool.count(pointer);
    // The count precedes the fields: a current buffer may show one record too many.
    pool.setCount(pointer, slot + 1);
    pool.setLive(slot + 1);
    thread.then(
        () ->
            content.write(
                pool.kind(), pool.instance(), index, memory, pool.recordOffset(pointer, slot)));
  }

  /** Flushes the pool at the end of the run (abi.md, Flush). A step. */
  boolean flush(DeviceThread thread, DevicePool pool) {
    long pointer = pool.pointer();
    if (pointer != 0 && pool.count(pointer) > 0) {
      Runnable clear = () -> DeviceQueues.clearPointer(thread, pool);
      queues.publish(thread, pool, pointer, pool.sequence(), clear, clear);
    } else {
      DeviceQueues.clearPointer(thread, pool);
    }
    return true;
  }
}

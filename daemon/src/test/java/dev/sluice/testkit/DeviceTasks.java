package dev.sluice.testkit;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Platform;
import dev.sluice.device.ArenaPlan;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Tasks of a {@link ScriptedDevice}: dispatch with AICore rotation, the AICore record, commit of
 * the AICPU record with its switch, and flush (abi.md, AICPU tasks to Flush).
 */
final class DeviceTasks {
  private final ByteBuffer memory;
  private final ArenaPlan plan;
  private final Generation generation;
  private final int level;
  private final boolean hasAckGate;
  private final SyntheticRecords content;
  private final DeviceQueues queues;
  private final DevicePool[] pools;
  private final List<Deque<Long>> inFlight = new ArrayList<>();

  DeviceTasks(
      ByteBuffer memory,
      ArenaPlan plan,
      SyntheticRecords content,
      DeviceQueues queues,
      DevicePool[] pools) {
    this.memory = memory;
    this.plan = plan;
    this.generation = plan.layout().generation();
    this.level = plan.geometry().level();
    this.hasAckGate =
        generation.isChip()
            || (generation == Generation.L2_2026_07 && plan.layout().platform() == Platform.A2A3);
    this.content = content;
    this.queues = queues;
    this.pools = pools;
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      inFlight.add(new ArrayDeque<>());
    }
  }

  private DevicePool pool(BufferKind kind, int instance) {
    return pools[plan.pool(kind, instance)];
  }

  /** Dispatches the next task to a core. Called within a step. */
  void dispatch(DeviceThread thread, int core) {
    DevicePool pool = pool(BufferKind.AICORE_TASK, core);
    long index = pool.dispatches;
    if (pool.attempts() > 0 && pool.attempts() % pool.capacity() == 0) {
      rotate(thread, pool, index);
    }
    thread.then(
        () -> {
          pool.dispatches++;
          pool.attempt();
          if (pool.hasCounters() && pool.pointer() == 0) {
            pool.drop(1);
          } else {
            pool.setLive(pool.live() + 1);
          }
        });
    thread.then(
        () -> {
          inFlight.get(core).addLast(index);
          if (inFlight.get(core).size() == 1) {
            pickUp(thread, pool, index);
          }
        });
  }

  /** Finishes tasks until the given number remains on the core. Called within a step. */
  void completeDownTo(DeviceThread thread, int core, int remaining) {
    Deque<Long> running = inFlight.get(core);
    if (running.size() <= remaining) {
      return;
    }
    DevicePool pool = pool(BufferKind.AICORE_TASK, core);
    thread.then(
        () -> {
          long index = running.removeFirst();
          writeAicoreRecord(pool, index);
          if (!running.isEmpty()) {
            pickUp(thread, pool, running.peekFirst());
          }
          if (level >= 2) {
            DevicePool tasks = pool(BufferKind.AICPU_TASK, core);
            thread.then(() -> commitTask(thread, tasks, index));
          }
        });
    thread.then(() -> completeDownTo(thread, core, remaining));
  }

  /**
   * The AICore starts a task: acknowledges it and, in the chip generations, reads the head first.
   */
  private void pickUp(DeviceThread thread, DevicePool pool, long index) {
    if (generation.isChip()) {
      readHead(pool);
    }
    if (hasAckGate && pool.stashPointer != 0 && pool.stashGate == index) {
      thread.then(() -> releaseStash(thread, pool));
    }
  }

  private void readHead(DevicePool pool) {
    if (pool.sequence() != pool.cachedSequence) {
      pool.cachedSequence = pool.sequence();
      pool.cachedPointer = pool.pointer();
      pool.nextSlot = 0;
    }
  }

  private void writeAicoreRecord(DevicePool pool, long index) {
    if (!generation.isChip()) {
      readHead(pool);
    }
    if (pool.cachedPointer == 0 || pool.nextSlot >= pool.capacity()) {
      if (!pool.hasCounters()) {
        pool.loseSilently(); // with counters, the excess is charged later
      }
      return;
    }
    int at = pool.recordOffset(pool.cachedPointer, pool.nextSlot++);
    content.write(BufferKind.AICORE_TASK, pool.instance(), index, memory, at);
    pool.noteWritten(pool.cachedPointer);
  }

  private void rotate(DeviceThread thread, DevicePool pool, long gate) {
    if (generation == Generation.L2_2026_06) {
      if (!pool.hasFreeBuffer()) {
        return;
      }
      long old = pool.pointer();
      if (old == 0) {
        thread.then(() -> install(thread, pool));
        return;
      }
      thread.then(() -> pool.setCount(old, pool.capacity()));
      thread.then(
          () ->
              queues.publish(
                  thread, pool, old, pool.sequence(), () -> install(thread, pool), () -> {}));
      return;
    }
    thread.then(
        queues.whenFree(
            thread,
            pool,
            () -> {
              thread.then(() -> releaseStash(thread, pool));
              thread.then(
                  () -> {
                    pool.stashPointer = pool.pointer();
                    pool.stashSequence = pool.sequence();
                    pool.stashMark = takeMark(pool, pool.capacity());
                    pool.stashGate = gate;
                  });
              thread.then(() -> install(thread, pool));
            },
            () -> {}));
  }

  /** Returns the count for the current buffer; where counts are exact, drops the excess. */
  private int takeMark(DevicePool pool, int nominal) {
    if (!plan.layout().facts().hasExactAicoreCount()) {
      return nominal;
    }
    int live = pool.live();
    if (live > pool.capacity()) {
      pool.drop(live - pool.capacity());
    }
    pool.setLive(0);
    return Math.min(live, pool.capacity());
  }

  private void releaseStash(DeviceThread thread, DevicePool pool) {
    long old = pool.stashPointer;
    if (old == 0) {
      return;
    }
    thread.then(() -> pool.setCount(old, pool.stashMark));
    thread.then(
        () ->
            queues.publish(
                thread,
                pool,
                old,
                pool.stashSequence,
                () -> pool.stashPointer = 0,
                () -> pool.stashPointer = 0));
  }

  private void install(DeviceThread thread, DevicePool pool) {
    long fresh = pool.take();
    thread.then(() -> pool.acquire(fresh, pool.sequence() + 1));
    thread.then(() -> pool.setPointer(fresh));
    thread.then(() -> pool.setSequence(pool.sequence() + 1));
  }

  private void commitTask(DeviceThread thread, DevicePool pool, long index) {
    pool.attempt();
    if (pool.pointer() != 0) {
      thread.then(() -> writeTask(thread, pool, index));
    } else if (generation == Generation.L2_2026_06) {
      thread.then(() -> pool.drop(1));
    } else {
      thread.then(
          queues.whenFree(
              thread,
              pool,
              () -> queues.pop(thread, pool, false, () -> writeTask(thread, pool, index)),
              () -> pool.drop(1)));
    }
  }

  private void writeTask(DeviceThread thread, DevicePool pool, long index) {
    long pointer = pool.pointer();
    int slot = pool.count(pointer);
    content.write(pool.kind(), pool.instance(), index, memory, pool.recordOffset(pointer, slot));
    thread.then(
        () -> {
          pool.setCount(pointer, slot + 1);
          pool.setLive(slot + 1);
        });
    if (slot + 1 == pool.capacity()) {
      thread.then(() -> switchTasks(thread, pool));
    }
  }

  private void switchTasks(DeviceThread thread, DevicePool pool) {
    long full = pool.pointer();
    Runnable discard =
        () -> {
          thread.then(() -> pool.drop(pool.count(full)));
          thread.then(() -> pool.setCount(full, 0));
          thread.then(() -> pool.setLive(0));
        };
    if (generation == Generation.L2_2026_06) {
      if (!pool.hasFreeBuffer()) {
        discard.run();
      } else {
        Runnable next = () -> queues.pop(thread, pool, true, () -> {});
        queues.publish(thread, pool, full, pool.sequence(), next, discard);
      }
      return;
    }
    Runnable next =
        () -> {
          thread.then(() -> pool.setPointer(0));
          thread.then(() -> pool.setSequence(pool.sequence() + 1));
          thread.then(
              queues.whenFree(
                  thread, pool, () -> queues.pop(thread, pool, false, () -> {}), () -> {}));
        };
    queues.publish(thread, pool, full, pool.sequence(), next, discard);
  }

  /** Publishes the AICPU records of a core. Called within a step. */
  void flushTasks(DeviceThread thread, int core) {
    if (level < 2) {
      return;
    }
    DevicePool pool = pool(BufferKind.AICPU_TASK, core);
    long pointer = pool.pointer();
    if (pointer != 0 && pool.count(pointer) > 0) {
      queues.publish(
          thread,
          pool,
          pointer,
          pool.sequence(),
          () -> DeviceQueues.clearPointer(thread, pool),
          () -> {});
    }
  }

  /** Publishes the AICore records of a core, the stash first. Called within a step. */
  void flushAicore(DeviceThread thread, DevicePool pool) {
    thread.then(() -> releaseStash(thread, pool));
    thread.then(
        () -> {
          long pointer = pool.pointer();
          int nominal =
              level >= 2
                  ? Math.min(pool.capacity(), pool.total() - pool.sequence() * pool.capacity())
                  : pool.capacity();
          int mark = pointer == 0 ? 0 : takeMark(pool, nominal);
          if (mark == 0) {
            return;
          }
          thread.then(() -> pool.setCount(pointer, mark));
          thread.then(
              () ->
                  queues.publish(
                      thread,
                      pool,
                      pointer,
                      pool.sequence(),
                      () -> DeviceQueues.clearPointer(thread, pool),
                      () -> {}));
        });
  }
}

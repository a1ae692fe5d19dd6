package dev.sluice.testkit;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Layout;
import dev.sluice.abi.Platform;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.agent.NanoClock;
import dev.sluice.device.ArenaPlan;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * The device side of an arena, played on the test's thread exactly as abi.md section 4 has it, per
 * generation: init pops, commit and switch in the order of each generation, drops, waits and
 * blocks, AICore rotation with the stash and with failed rotations, phases, flush.
 *
 * <p>Work is queued ({@link #task}, {@link #phase}, {@link #orch}, {@link #flush}) and done one
 * store at a time by {@link #step}. A device that is not stepped any more has died. It also holds
 * the host to its side of the contract: {@link DevicePool#take}.
 */
public final class ScriptedDevice {
  private static final long WAIT_NANOS = 20_000;

  private final ByteBuffer memory;
  private final ArenaPlan plan;
  private final Layout layout;
  private final Generation generation;
  private final int level;
  private final boolean hasAckGate;
  private final SyntheticRecords content;
  private final NanoClock clock;
  private final DeviceThread[] threads;
  private final DevicePool[] pools;
  private final int[] tails;
  private final List<Deque<Long>> inFlight = new ArrayList<>();

  private int tasksInFlight = 1;
  private Random tearing;
  private int tornEntries;

  public ScriptedDevice(TestArena arena, SyntheticRecords content, NanoClock clock) {
    this.memory = arena.bytes();
    this.plan = arena.plan();
    this.layout = plan.layout();
    this.generation = layout.generation();
    this.level = plan.geometry().level();
    this.hasAckGate =
        generation == Generation.CHIP_2026_08
            || (generation == Generation.L2_2026_07 && layout.platform() == Platform.A2A3);
    this.content = content;
    this.clock = clock;
    int sched = plan.geometry().schedThreads();
    // The orchestrator is the last AICPU thread; with none to spare it shares one.
    int count = Math.min(layout.queueCount(), sched + plan.geometry().orchThreads());
    threads = new DeviceThread[count];
    for (int thread = 0; thread < count; thread++) {
      threads[thread] = new DeviceThread(thread);
    }
    pools = new DevicePool[plan.poolCount()];
    for (int pool = 0; pool < pools.length; pool++) {
      pools[pool] = new DevicePool(memory, plan, plan.kindOfPool(pool), plan.instanceOfPool(pool));
    }
    tails = new int[layout.queueCount()];
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      inFlight.add(new ArrayDeque<>());
    }
  }

  /** Dispatches a second task to a core before the first has finished, if 2. */
  public void setTasksInFlight(int tasks) {
    tasksInFlight = tasks;
  }

  /**
   * Makes the tail of a ready queue visible before the entry, whose fields follow one by one in any
   * order: what the first generation's missing barrier allows.
   */
  public void tearEntries(Random random) {
    tearing = generation.mayTearEntries() ? random : null;
  }

  /** Lets a core's dispatch tokens begin elsewhere, say near their wrap; before {@link #launch}. */
  public void setFirstDispatch(int core, long dispatches) {
    pool(BufferKind.AICORE_TASK, core).dispatches = dispatches;
  }

  /** Init by the leader thread (4.1): pops the first current buffers, without waiting. */
  public void launch() {
    require(memory.getInt(layout.numCoresOffset()) == plan.geometry().numCores(), "num_cores");
    require(memory.getInt(layout.levelOffset()) == level, "level");
    for (DevicePool pool : pools) {
      if (pool.hasFreeBuffer()) {
        long pointer = pool.take();
        pool.setPointer(pointer);
        pool.setSequence(0);
        pool.setCount(pointer, 0);
      }
    }
    if (level >= 3) {
      memory.putInt(layout.numSchedPhaseThreadsOffset(), plan.geometry().schedThreads());
      memory.putInt(layout.numOrchPhaseThreadsOffset(), 1);
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("the host did not prepare the header: " + what);
    }
  }

  public int threadCount() {
    return threads.length;
  }

  /** The pools in the order of the plan's pool numbers. */
  public DevicePool[] pools() {
    return pools.clone();
  }

  public DevicePool pool(BufferKind kind, int instance) {
    return pools[plan.pool(kind, instance)];
  }

  /** The thread that serves a core. */
  public int threadOfCore(int core) {
    return core % plan.geometry().schedThreads();
  }

  public boolean isIdle(int thread) {
    return threads[thread].isIdle();
  }

  public boolean isIdle() {
    for (DeviceThread thread : threads) {
      if (!thread.isIdle()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether an entry is visible and not yet complete; a store buffer takes nanoseconds for that.
   */
  public boolean hasTornEntry() {
    return tornEntries > 0;
  }

  /** One store of one thread; false if it has nothing to do or waits for the host. */
  public boolean step(int thread) {
    return threads[thread].step();
  }

  /** Steps all threads until each is idle or waits. */
  public void runUntilBlocked() {
    boolean moved = true;
    while (moved) {
      moved = false;
      for (DeviceThread thread : threads) {
        moved |= thread.step();
      }
    }
  }

  // What the threads are asked to do.

  /** One task on a core: dispatch, run, finish; records by level. */
  public void task(int core) {
    DeviceThread thread = threads[threadOfCore(core)];
    thread.append(
        () -> {
          dispatch(thread, core);
          thread.then(() -> completeDownTo(thread, core, tasksInFlight - 1));
          return true;
        });
  }

  /** One scheduler phase of a thread; nothing below level 3. */
  public void phase(int schedThread) {
    if (level >= 3) {
      DeviceThread thread = threads[schedThread];
      DevicePool pool = pool(BufferKind.SCHED_PHASE, schedThread);
      thread.append(() -> record(thread, pool));
    }
  }

  /** One submission by the orchestrator; nothing below level 4. */
  public void orch() {
    if (level >= 4 && plan.geometry().orchThreads() > 0) {
      DeviceThread thread = threads[threads.length - 1];
      DevicePool pool = pool(BufferKind.ORCH_PHASE, 0);
      thread.append(() -> record(thread, pool));
    }
  }

  /** The end of the run (4.5), on every thread. */
  public void flush() {
    if (level >= 4 && plan.geometry().orchThreads() > 0) {
      DeviceThread thread = threads[threads.length - 1];
      thread.append(() -> flushPhases(thread, pool(BufferKind.ORCH_PHASE, 0)));
    }
    for (int sched = 0; sched < plan.geometry().schedThreads(); sched++) {
      DeviceThread thread = threads[sched];
      for (int c = sched; c < plan.geometry().numCores(); c += plan.geometry().schedThreads()) {
        int core = c;
        thread.append(
            () -> {
              completeDownTo(thread, core, 0);
              thread.then(() -> flushTasks(thread, core));
              thread.then(() -> flushAicore(thread, pool(BufferKind.AICORE_TASK, core)));
              return true;
            });
      }
      if (level >= 3) {
        DevicePool phases = pool(BufferKind.SCHED_PHASE, sched);
        thread.append(() -> flushPhases(thread, phases));
      }
    }
  }

  // What a device may write that it should not.

  /** Publishes an entry of the test's making, in one piece; no buffer changes hands. */
  public void forge(int thread, int coreIndex, int kind, long pointer, int sequence) {
    DeviceThread forger = threads[thread];
    forger.append(
        () -> {
          enqueue(forger, coreIndex, kind, pointer, sequence, false, () -> {}, () -> {}, () -> {});
          return true;
        });
  }

  /** Shows a wrong ready-queue tail for one step. */
  public void showWildTail(int thread, int value) {
    int at = layout.queueTailOffset(threads[thread].queue());
    threads[thread].append(
        () -> {
          memory.putInt(at, value);
          threads[thread].then(() -> memory.putInt(at, tails[threads[thread].queue()]));
          return true;
        });
  }

  /** Runs any other mischief as a step of a thread. */
  public void then(int thread, Runnable mischief) {
    threads[thread].append(
        () -> {
          mischief.run();
          return true;
        });
  }

  // Tasks (4.2 and 4.4).

  private void dispatch(DeviceThread thread, int core) {
    DevicePool pool = pool(BufferKind.AICORE_TASK, core);
    long index = pool.dispatches;
    if (pool.attempts() > 0 && pool.attempts() % pool.capacity() == 0) {
      rotate(thread, pool, index);
    }
    thread.then(
        () -> {
          pool.dispatches++;
          pool.attempt();
        });
    thread.then(
        () -> {
          inFlight.get(core).addLast(index);
          if (inFlight.get(core).size() == 1) {
            pickUp(thread, pool, index);
          }
        });
  }

  private void completeDownTo(DeviceThread thread, int core, int remaining) {
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

  /** The AICore begins a task: it acknowledges it, and in the third generation has a slot first. */
  private void pickUp(DeviceThread thread, DevicePool pool, long index) {
    if (generation == Generation.CHIP_2026_08) {
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
    if (generation != Generation.CHIP_2026_08) {
      readHead(pool);
    }
    if (pool.cachedPointer == 0 || pool.nextSlot >= pool.capacity()) {
      pool.loseSilently();
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
          () -> publish(thread, pool, old, pool.sequence(), () -> install(thread, pool), () -> {}));
      return;
    }
    thread.then(
        whenFree(
            thread,
            pool,
            () -> {
              thread.then(() -> releaseStash(thread, pool));
              thread.then(
                  () -> {
                    pool.stashPointer = pool.pointer();
                    pool.stashSequence = pool.sequence();
                    pool.stashGate = gate;
                  });
              thread.then(() -> install(thread, pool));
            },
            () -> {}));
  }

  private void releaseStash(DeviceThread thread, DevicePool pool) {
    long old = pool.stashPointer;
    if (old == 0) {
      return;
    }
    thread.then(() -> pool.setCount(old, pool.capacity()));
    thread.then(
        () ->
            publish(
                thread,
                pool,
                old,
                pool.stashSequence,
                () -> pool.stashPointer = 0,
                () -> pool.stashPointer = 0));
  }

  private void install(DeviceThread thread, DevicePool pool) {
    long fresh = pool.take();
    thread.then(() -> pool.setCount(fresh, 0));
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
          whenFree(
              thread,
              pool,
              () -> pop(thread, pool, false, () -> writeTask(thread, pool, index)),
              () -> pool.drop(1)));
    }
  }

  private void writeTask(DeviceThread thread, DevicePool pool, long index) {
    long pointer = pool.pointer();
    int slot = pool.count(pointer);
    content.write(pool.kind(), pool.instance(), index, memory, pool.recordOffset(pointer, slot));
    thread.then(() -> pool.setCount(pointer, slot + 1));
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
        };
    if (generation == Generation.L2_2026_06) {
      if (!pool.hasFreeBuffer()) {
        discard.run();
      } else {
        Runnable next = () -> pop(thread, pool, true, () -> {});
        publish(thread, pool, full, pool.sequence(), next, discard);
      }
      return;
    }
    Runnable next =
        () -> {
          thread.then(() -> pool.setPointer(0));
          thread.then(() -> pool.setSequence(pool.sequence() + 1));
          thread.then(whenFree(thread, pool, () -> pop(thread, pool, false, () -> {}), () -> {}));
        };
    publish(thread, pool, full, pool.sequence(), next, discard);
  }

  // Phases (4.3).

  private boolean record(DeviceThread thread, DevicePool pool) {
    long index = pool.attempts();
    pool.attempt();
    Runnable write = () -> writePhase(thread, pool, index);
    boolean isFirst = generation == Generation.L2_2026_06;
    if (pool.pointer() == 0) {
      thread.then(
          whenFree(thread, pool, () -> pop(thread, pool, isFirst, write), () -> pool.drop(1)));
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
                  pop(thread, pool, true, write);
                } else {
                  thread.then(() -> pool.setPointer(0));
                  thread.then(() -> pool.drop(1));
                }
              };
          case L2_2026_07 ->
              // The pointer names the published buffer during this wait.
              () ->
                  thread.then(
                      whenFree(
                          thread,
                          pool,
                          () -> pop(thread, pool, true, write),
                          () -> {
                            thread.then(() -> pool.setPointer(0));
                            thread.then(() -> pool.setSequence(pool.sequence() + 1));
                            thread.then(() -> pool.drop(1));
                          }));
          case CHIP_2026_08 ->
              () -> {
                thread.then(() -> pool.setPointer(0));
                thread.then(() -> pool.setSequence(pool.sequence() + 1));
                thread.then(
                    whenFree(
                        thread, pool, () -> pop(thread, pool, false, write), () -> pool.drop(1)));
              };
        };
    Runnable discard =
        () -> {
          throw new AssertionError("a ready queue is never full (C4)");
        };
    publish(thread, pool, full, pool.sequence(), next, discard);
  }

  private void writePhase(DeviceThread thread, DevicePool pool, long index) {
    long pointer = pool.pointer();
    int slot = pool.count(pointer);
    // The count comes before the fields: a buffer that is still current may show one too many.
    pool.setCount(pointer, slot + 1);
    thread.then(
        () ->
            content.write(
                pool.kind(), pool.instance(), index, memory, pool.recordOffset(pointer, slot)));
  }

  // Flush (4.5).

  private void flushTasks(DeviceThread thread, int core) {
    if (level < 2) {
      return;
    }
    DevicePool pool = pool(BufferKind.AICPU_TASK, core);
    long pointer = pool.pointer();
    if (pointer != 0 && pool.count(pointer) > 0) {
      publish(thread, pool, pointer, pool.sequence(), () -> clearPointer(thread, pool), () -> {});
    }
  }

  private void flushAicore(DeviceThread thread, DevicePool pool) {
    thread.then(() -> releaseStash(thread, pool));
    thread.then(
        () -> {
          long pointer = pool.pointer();
          int mark =
              level >= 2
                  ? Math.min(pool.capacity(), pool.total() - pool.sequence() * pool.capacity())
                  : pool.capacity();
          if (pointer == 0 || mark == 0) {
            return;
          }
          thread.then(() -> pool.setCount(pointer, mark));
          thread.then(
              () ->
                  publish(
                      thread,
                      pool,
                      pointer,
                      pool.sequence(),
                      () -> clearPointer(thread, pool),
                      () -> {}));
        });
  }

  private boolean flushPhases(DeviceThread thread, DevicePool pool) {
    long pointer = pool.pointer();
    if (pointer != 0 && pool.count(pointer) > 0) {
      Runnable clear = () -> clearPointer(thread, pool);
      publish(thread, pool, pointer, pool.sequence(), clear, clear);
    } else {
      clearPointer(thread, pool);
    }
    return true;
  }

  private static void clearPointer(DeviceThread thread, DevicePool pool) {
    thread.then(() -> pool.setPointer(0));
  }

  // Queues.

  /** Pops and installs; the order of stores differs between the first generation and the others. */
  private void pop(DeviceThread thread, DevicePool pool, boolean raisesSequence, Runnable next) {
    long fresh = pool.take();
    int sequence = pool.sequence() + (raisesSequence ? 1 : 0);
    if (generation == Generation.L2_2026_06) {
      thread.then(() -> pool.setPointer(fresh));
      thread.then(() -> pool.setSequence(sequence));
      thread.then(() -> pool.setCount(fresh, 0));
    } else {
      thread.then(() -> pool.setCount(fresh, 0));
      thread.then(() -> pool.setPointer(fresh));
      thread.then(() -> pool.setSequence(sequence));
    }
    thread.then(next);
  }

  private void publish(
      DeviceThread thread,
      DevicePool pool,
      long pointer,
      int sequence,
      Runnable published,
      Runnable refused) {
    enqueue(
        thread,
        pool.instance(),
        pool.kind().ordinal(),
        pointer,
        sequence,
        tearing != null,
        () -> pool.giveAway(pointer),
        published,
        refused);
  }

  private void enqueue(
      DeviceThread thread,
      int coreIndex,
      int kind,
      long pointer,
      int sequence,
      boolean mayTear,
      Runnable atTail,
      Runnable published,
      Runnable refused) {
    int queue = thread.queue();
    int next = (tails[queue] + 1) % layout.queueEntries();
    thread.then(
        when(
            thread,
            () -> next != memory.getInt(layout.queueHeadOffset(queue)),
            false,
            () -> {
              writeEntry(thread, coreIndex, kind, pointer, sequence, mayTear, atTail);
              thread.then(published);
            },
            refused));
  }

  private void writeEntry(
      DeviceThread thread,
      int coreIndex,
      int kind,
      long pointer,
      int sequence,
      boolean mayTear,
      Runnable atTail) {
    int queue = thread.queue();
    int entry = layout.entryOffset(queue, tails[queue]);
    if (generation == Generation.L2_2026_06
        && memory.getLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET) != 0) {
      throw new AssertionError("the host left the pointer of a consumed entry (C10)");
    }
    List<Runnable> fields = new ArrayList<>();
    fields.add(() -> memory.putInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET, coreIndex));
    fields.add(() -> memory.putInt(entry + ReadyEntryLayout.KIND_OFFSET, kind));
    fields.add(() -> memory.putLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET, pointer));
    fields.add(() -> memory.putInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET, sequence));
    Runnable tail =
        () -> {
          tails[queue] = (tails[queue] + 1) % layout.queueEntries();
          atTail.run();
          memory.putInt(layout.queueTailOffset(queue), tails[queue]);
        };
    if (mayTear) {
      Collections.shuffle(fields, tearing);
      thread.then(
          () -> {
            tornEntries++;
            tail.run();
          });
      fields.forEach(thread::then);
      thread.then(() -> tornEntries--);
    } else {
      thread.then(() -> fields.forEach(Runnable::run));
      thread.then(tail);
    }
    if (generation.hasBackpressureBlock()) {
      thread.then((DeviceThread.Step) () -> memory.getInt(layout.rqFreezeActiveOffset()) == 0);
    }
  }

  private DeviceThread.Step whenFree(
      DeviceThread thread, DevicePool pool, Runnable go, Runnable giveUp) {
    return when(thread, pool::hasFreeBuffer, true, go, giveUp);
  }

  /** Goes on when the condition holds; what happens until then is the generation's policy. */
  private DeviceThread.Step when(
      DeviceThread thread,
      BooleanSupplier condition,
      boolean isFreeQueue,
      Runnable go,
      Runnable giveUp) {
    return () -> {
      boolean holds = condition.getAsBoolean();
      if (!holds) {
        switch (generation.overflowPolicy()) {
          case WAIT_THEN_DROP -> {
            if (!thread.hasWaited(clock.nanoTime(), WAIT_NANOS)) {
              return false;
            }
          }
          case BLOCK -> {
            if (thread.raisesContended()) {
              memory.putInt(
                  isFreeQueue ? layout.fqContendedOffset() : layout.rqContendedOffset(), 1);
            }
            return false;
          }
          default -> {}
        }
      }
      thread.endWait();
      (holds ? go : giveUp).run();
      return true;
    };
  }
}

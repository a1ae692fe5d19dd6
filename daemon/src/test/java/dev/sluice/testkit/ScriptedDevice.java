package dev.sluice.testkit;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Layout;
import dev.sluice.agent.NanoClock;
import dev.sluice.device.ArenaPlan;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.ObjIntConsumer;

/**
 * The device side of an arena, run on the test's thread per abi.md, Protocol, for each generation:
 * init pops, commit and switch order, drops, waits and blocking, AICore rotation with stash and
 * failed rotations, phases, flush.
 *
 * <p>Work is queued ({@link #task}, {@link #phase}, {@link #orch}, {@link #flush}) and executed one
 * store at a time by {@link #step}. A device that is no longer stepped is dead. It also checks the
 * host's side of the contract: {@link DevicePool#take}.
 */
public final class ScriptedDevice {
  /** Run epoch in entries and buffers, where the layout has one. */
  public static final long RUN_EPOCH = 0x5EED_0001L;

  private final ByteBuffer memory;
  private final ArenaPlan plan;
  private final Layout layout;
  private final int level;
  private final DeviceQueues queues;
  private final DeviceTasks tasks;
  private final DevicePhases phases;
  private final DeviceThread[] threads;
  private final DevicePool[] pools;

  private int tasksInFlight = 1;

  public ScriptedDevice(TestArena arena, SyntheticRecords content, NanoClock clock) {
    this.memory = arena.bytes();
    this.plan = arena.plan();
    this.layout = plan.layout();
    this.level = plan.geometry().level();
    int sched = plan.geometry().schedThreads();
    // The orchestrator is the last AICPU thread; without a spare queue it shares one.
    int count = Math.min(layout.queueCount(), sched + plan.geometry().orchThreads());
    threads = new DeviceThread[count];
    for (int thread = 0; thread < count; thread++) {
      threads[thread] = new DeviceThread(thread);
    }
    pools = new DevicePool[plan.poolCount()];
    for (int pool = 0; pool < pools.length; pool++) {
      pools[pool] = new DevicePool(memory, plan, plan.kindOfPool(pool), plan.instanceOfPool(pool));
    }
    queues = new DeviceQueues(memory, plan, clock);
    tasks = new DeviceTasks(memory, plan, content, queues, pools);
    phases = new DevicePhases(memory, layout.generation(), content, queues);
  }

  /** With 2, dispatches a second task to a core before the first has finished. */
  public void setTasksInFlight(int tasks) {
    tasksInFlight = tasks;
  }

  /**
   * Makes the tail of a ready queue visible before the entry, whose fields follow one by one in any
   * order: the first generation lacks the barrier.
   */
  public void tearEntries(Random random) {
    queues.tearEntries(random);
  }

  /** Calls this at the moment when the device counts records as dropped. */
  public void onDrop(ObjIntConsumer<DevicePool> listener) {
    for (DevicePool pool : pools) {
      pool.setDropListener(listener);
    }
  }

  /** Sets a core's first dispatch token, e.g. close to the wrap; before {@link #launch}. */
  public void setFirstDispatch(int core, long dispatches) {
    pool(BufferKind.AICORE_TASK, core).dispatches = dispatches;
  }

  /** Initializes on the leader thread: pops the first current buffers without waiting. */
  public void launch() {
    require(memory.getInt(layout.numCoresOffset()) == plan.geometry().numCores(), "num_cores");
    require(memory.getInt(layout.levelOffset()) == level, "level");
    if (layout.facts().hasCountedEntries()) {
      memory.putInt(layout.handoffSchemaOffset(), 1);
    }
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      long head = TestArena.DEVICE_BASE + plan.geometry().poolOffset(BufferKind.AICORE_TASK, core);
      memory.putLong(plan.rotationOffset() + core * Long.BYTES, head);
    }
    for (DevicePool pool : pools) {
      boolean isPopped = pool.kind() != BufferKind.SCOPE_STATS; // popped at first record
      if (isPopped && pool.hasFreeBuffer()) {
        long pointer = pool.take();
        pool.setPointer(pointer);
        pool.setSequence(0);
        pool.acquire(pointer, 0);
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

  /** Returns the pools in the order of the plan's pool numbers. */
  public DevicePool[] pools() {
    return pools.clone();
  }

  public DevicePool pool(BufferKind kind, int instance) {
    return pools[plan.pool(kind, instance)];
  }

  /** Returns the thread that serves a core. */
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

  /** Returns whether an entry is visible but incomplete; on hardware that lasts nanoseconds. */
  public boolean hasTornEntry() {
    return queues.hasTornEntry();
  }

  /** Executes one store of one thread; returns false if it is idle or waits for the host. */
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

  // Work for the threads.

  /** Queues one task on a core: dispatch, run, finish; records depend on the level. */
  public void task(int core) {
    DeviceThread thread = threads[threadOfCore(core)];
    thread.append(
        () -> {
          tasks.dispatch(thread, core);
          thread.then(() -> tasks.completeDownTo(thread, core, tasksInFlight - 1));
          return true;
        });
  }

  /** Queues one scheduler phase of a thread; no-op below level 3. */
  public void phase(int schedThread) {
    if (level >= 3) {
      DeviceThread thread = threads[schedThread];
      DevicePool pool = pool(BufferKind.SCHED_PHASE, schedThread);
      thread.append(() -> phases.record(thread, pool));
    }
  }

  /** Queues one submission by the orchestrator; no-op below level 4. */
  public void orch() {
    if (level >= 4 && plan.geometry().orchThreads() > 0) {
      DeviceThread thread = threads[threads.length - 1];
      DevicePool pool = pool(BufferKind.ORCH_PHASE, 0);
      thread.append(() -> phases.record(thread, pool));
    }
  }

  /** Queues the counters of a task on a core, written by the thread that saw it end. */
  public void pmu(int core) {
    DeviceThread thread = threads[threadOfCore(core)];
    thread.append(() -> phases.record(thread, pool(BufferKind.PMU, core)));
  }

  /** Queues a scope begin or end by the orchestrator. */
  public void scope() {
    DeviceThread thread = threads[threads.length - 1];
    thread.append(() -> phases.record(thread, pool(BufferKind.SCOPE_STATS, 0)));
  }

  /** Queues the flush at the end of the run on every thread. */
  public void flush() {
    for (DevicePool pool : pools) {
      if (!pool.kind().isTimed()) {
        DeviceThread thread =
            threads[pool.kind().isPerCore() ? threadOfCore(pool.instance()) : threads.length - 1];
        thread.append(() -> phases.flush(thread, pool));
      }
    }
    if (level >= 4 && plan.geometry().orchThreads() > 0) {
      DeviceThread thread = threads[threads.length - 1];
      thread.append(() -> phases.flush(thread, pool(BufferKind.ORCH_PHASE, 0)));
      then(threads.length - 1, pool(BufferKind.ORCH_PHASE, 0)::writeTerminal);
    }
    for (int sched = 0; sched < plan.geometry().schedThreads(); sched++) {
      DeviceThread thread = threads[sched];
      for (int c = sched; c < plan.geometry().numCores(); c += plan.geometry().schedThreads()) {
        int core = c;
        thread.append(
            () -> {
              tasks.completeDownTo(thread, core, 0);
              thread.then(() -> tasks.flushTasks(thread, core));
              thread.then(() -> tasks.flushAicore(thread, pool(BufferKind.AICORE_TASK, core)));
              return true;
            });
      }
      if (level >= 3) {
        DevicePool pool = pool(BufferKind.SCHED_PHASE, sched);
        thread.append(() -> phases.flush(thread, pool));
      }
      for (DevicePool pool : pools) {
        boolean isOwn =
            pool.kind().isPerCore()
                ? threadOfCore(pool.instance()) == sched
                : pool.kind() == BufferKind.SCHED_PHASE && pool.instance() == sched;
        if (isOwn) {
          then(sched, pool::writeTerminal);
        }
      }
    }
  }

  // Violations of the wire format.

  /** Publishes a forged entry in one step; no buffer changes owner. */
  public void forge(int thread, int coreIndex, int kind, long pointer, int sequence) {
    DeviceThread forger = threads[thread];
    forger.append(
        () -> {
          queues.forge(forger, coreIndex, kind, pointer, sequence);
          return true;
        });
  }

  /** Shows a wrong ready-queue tail for one step. */
  public void showWildTail(int thread, int value) {
    int at = layout.queueTailOffset(threads[thread].queue());
    threads[thread].append(
        () -> {
          memory.putInt(at, value);
          threads[thread].then(() -> memory.putInt(at, queues.tail(threads[thread].queue())));
          return true;
        });
  }

  /** Appends any other fault as a step of a thread. */
  public void then(int thread, Runnable mischief) {
    threads[thread].append(
        () -> {
          mischief.run();
          return true;
        });
  }
}

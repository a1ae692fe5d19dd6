package dev.sluice.testkit;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Layout;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.abi.Region;
import dev.sluice.agent.NanoClock;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ReadyQueue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Queues of a {@link ScriptedDevice}: pops from free queues, entries in ready queues, and the
 * reaction of a thread to an empty or full queue (abi.md, AICPU tasks and Freeze).
 */
final class DeviceQueues {
  private static final long WAIT_NANOS = 20_000;
  private static final long LONG_WAIT_NANOS = 30_000_000_000L;

  private final ByteBuffer memory;
  private final ArenaPlan plan;
  private final Layout layout;
  private final Generation generation;
  private final NanoClock clock;
  private final int[] tails;

  private Random tearing;
  private int tornEntries;

  DeviceQueues(ByteBuffer memory, ArenaPlan plan, NanoClock clock) {
    this.memory = memory;
    this.plan = plan;
    this.layout = plan.layout();
    this.generation = layout.generation();
    this.clock = clock;
    this.tails = new int[plan.readyQueues().size()];
  }

  void tearEntries(Random random) {
    tearing = layout.facts().mayTearEntries() ? random : null;
  }

  boolean hasTornEntry() {
    return tornEntries > 0;
  }

  /** Returns the device's own tail of a ready queue. */
  int tail(int queue) {
    return tails[queue];
  }

  /** Publishes an entry in one step; no buffer changes owner. */
  void forge(DeviceThread thread, int coreIndex, int kind, long pointer, int sequence) {
    Entry entry = new Entry(coreIndex, kind, pointer, sequence, 1);
    enqueue(thread, Region.SWIMLANE, entry, false, () -> {}, () -> {}, () -> {});
  }

  static void clearPointer(DeviceThread thread, DevicePool pool) {
    thread.then(() -> pool.setPointer(0));
  }

  /** Pops and installs a buffer; the first generation orders the stores differently. */
  void pop(DeviceThread thread, DevicePool pool, boolean raisesSequence, Runnable next) {
    long fresh = pool.take();
    int sequence = pool.sequence() + (raisesSequence ? 1 : 0);
    if (generation == Generation.L2_2026_06) {
      thread.then(() -> pool.setPointer(fresh));
      thread.then(() -> pool.setSequence(sequence));
      thread.then(() -> pool.acquire(fresh, sequence));
    } else {
      thread.then(() -> pool.acquire(fresh, sequence));
      thread.then(() -> pool.setPointer(fresh));
      thread.then(() -> pool.setSequence(sequence));
    }
    thread.then(next);
  }

  void publish(
      DeviceThread thread,
      DevicePool pool,
      long pointer,
      int sequence,
      Runnable published,
      Runnable refused) {
    int records = pool.count(pointer); // the host may reset it as soon as it sees the tail
    // Entries of a single-kind queue do not name the kind.
    boolean isNamed = pool.kind().region() == Region.SWIMLANE;
    int kind = isNamed ? pool.kind().wireNumber() : 0xABCD;
    enqueue(
        thread,
        pool.kind().region(),
        new Entry(pool.instance(), kind, pointer, sequence, records),
        tearing != null,
        () -> pool.giveAway(pointer),
        () -> {
          pool.countPublished(records);
          if (pool.kind() != BufferKind.AICORE_TASK) {
            pool.setLive(0);
          }
          published.run();
        },
        refused);
  }

  private record Entry(int coreIndex, int kind, long pointer, int sequence, int records) {}

  private void enqueue(
      DeviceThread thread,
      Region region,
      Entry entry,
      boolean mayTear,
      Runnable atTail,
      Runnable published,
      Runnable refused) {
    ReadyQueue queue = plan.readyQueues().get(plan.readyQueueOf(region) + thread.queue());
    int next = (tails[queue.number()] + 1) % queue.entries();
    thread.then(
        when(
            thread,
            () -> next != memory.getInt(queue.headOffset()),
            false,
            () -> {
              writeEntry(thread, queue, entry, mayTear, atTail);
              thread.then(published);
            },
            refused));
  }

  private void writeEntry(
      DeviceThread thread, ReadyQueue queue, Entry content, boolean mayTear, Runnable atTail) {
    int entry = queue.entryOffset(tails[queue.number()]);
    if (generation == Generation.L2_2026_06
        && memory.getLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET) != 0) {
      throw new AssertionError("the host left the pointer of a consumed entry (C10)");
    }
    List<Runnable> fields = new ArrayList<>();
    fields.add(() -> memory.putInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET, content.coreIndex));
    fields.add(() -> memory.putInt(entry + ReadyEntryLayout.KIND_OFFSET, content.kind));
    fields.add(() -> memory.putLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET, content.pointer));
    fields.add(() -> memory.putInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET, content.sequence));
    if (layout.facts().hasCountedEntries() && queue.region() == Region.SWIMLANE) {
      fields.add(
          () -> memory.putInt(entry + ReadyEntryLayout.RECORD_COUNT_OFFSET, content.records));
      fields.add(
          () ->
              memory.putLong(entry + ReadyEntryLayout.RUN_EPOCH_OFFSET, ScriptedDevice.RUN_EPOCH));
    }
    Runnable tail =
        () -> {
          tails[queue.number()] = (tails[queue.number()] + 1) % queue.entries();
          atTail.run();
          memory.putInt(queue.tailOffset(), tails[queue.number()]);
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
    if (layout.facts().hasBackpressureBlock()) {
      thread.then((DeviceThread.Step) () -> memory.getInt(layout.rqFreezeActiveOffset()) == 0);
    }
  }

  DeviceThread.Step whenFree(DeviceThread thread, DevicePool pool, Runnable go, Runnable giveUp) {
    return when(thread, pool::hasFreeBuffer, true, go, giveUp);
  }

  /** Continues when the condition holds; until then the generation's wait policy applies. */
  private DeviceThread.Step when(
      DeviceThread thread,
      BooleanSupplier condition,
      boolean isFreeQueue,
      Runnable go,
      Runnable giveUp) {
    return () -> {
      boolean holds = condition.getAsBoolean();
      if (!holds) {
        switch (layout.facts().patience()) {
          case "20us" -> {
            if (!thread.hasWaited(clock.nanoTime(), WAIT_NANOS)) {
              return false;
            }
          }
          case "30s" -> {
            if (!thread.hasWaited(clock.nanoTime(), LONG_WAIT_NANOS)) {
              return false;
            }
          }
          case "unlimited" -> {
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

package dev.sluice.abi;

import static dev.sluice.abi.SchedPhaseKind.ASYNC_POLL;
import static dev.sluice.abi.SchedPhaseKind.BOOTSTRAP;
import static dev.sluice.abi.SchedPhaseKind.COMPLETE;
import static dev.sluice.abi.SchedPhaseKind.DISPATCH;
import static dev.sluice.abi.SchedPhaseKind.DRAIN;
import static dev.sluice.abi.SchedPhaseKind.DRAIN_PREPARE;
import static dev.sluice.abi.SchedPhaseKind.DRAIN_PUBLISH;
import static dev.sluice.abi.SchedPhaseKind.DUMMY;
import static dev.sluice.abi.SchedPhaseKind.DUMMY_TASK;
import static dev.sluice.abi.SchedPhaseKind.EARLY_DISPATCH;
import static dev.sluice.abi.SchedPhaseKind.GRAPH_PREPARE;
import static dev.sluice.abi.SchedPhaseKind.IDLE;
import static dev.sluice.abi.SchedPhaseKind.PREDICATED_SKIP;
import static dev.sluice.abi.SchedPhaseKind.REFILL;
import static dev.sluice.abi.SchedPhaseKind.RELEASE;
import static dev.sluice.abi.SchedPhaseKind.RESOLVE;
import static dev.sluice.abi.SchedPhaseKind.RESOLVE_STANDALONE;
import static dev.sluice.abi.SchedPhaseKind.STATE_PROBE;
import static dev.sluice.abi.SchedPhaseKind.WIRE;
import static dev.sluice.abi.SchedPhaseKind.WORKSTEAL;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Scheduler phases by their number in a record; in the order of {@link WireFact#PHASE_KINDS}. */
public enum PhaseNumbering {
  L2_2026_06(
      Set.of(),
      EnumSet.noneOf(SchedPhaseKind.class),
      COMPLETE,
      DISPATCH,
      RELEASE,
      WIRE,
      DUMMY,
      EARLY_DISPATCH,
      RESOLVE,
      DUMMY_TASK),
  L2_2026_07(
      Set.of(3),
      EnumSet.noneOf(SchedPhaseKind.class),
      COMPLETE,
      DISPATCH,
      RELEASE,
      WIRE,
      DUMMY,
      EARLY_DISPATCH,
      RESOLVE,
      DUMMY_TASK),
  CHIP_2026_08(
      Set.of(3),
      EnumSet.of(DUMMY_TASK, PREDICATED_SKIP, GRAPH_PREPARE),
      COMPLETE,
      DISPATCH,
      RELEASE,
      WIRE,
      DUMMY,
      EARLY_DISPATCH,
      RESOLVE,
      DUMMY_TASK,
      DRAIN,
      DRAIN_PREPARE,
      DRAIN_PUBLISH,
      ASYNC_POLL,
      PREDICATED_SKIP,
      GRAPH_PREPARE),
  TENSORMAP_AND_RINGBUFFER(
      Set.of(),
      EnumSet.of(DUMMY_TASK, PREDICATED_SKIP),
      COMPLETE,
      DISPATCH,
      DUMMY,
      EARLY_DISPATCH,
      RESOLVE,
      DRAIN,
      DRAIN_PREPARE,
      DRAIN_PUBLISH,
      ASYNC_POLL,
      RELEASE,
      DUMMY_TASK,
      PREDICATED_SKIP),
  // 4 and 11 to 15 are used by a scheduler on an AICore, which does not write to this memory.
  HOST_BUILD_GRAPH(
      Set.of(4, 11, 12, 13, 14, 15),
      EnumSet.of(GRAPH_PREPARE),
      COMPLETE,
      DISPATCH,
      DUMMY,
      EARLY_DISPATCH,
      RESOLVE,
      DRAIN,
      DRAIN_PREPARE,
      DRAIN_PUBLISH,
      ASYNC_POLL,
      GRAPH_PREPARE,
      RESOLVE_STANDALONE,
      BOOTSTRAP,
      STATE_PROBE,
      WORKSTEAL,
      REFILL,
      IDLE);

  /** Runtimes with their own phase numbering, as attach and {@link WireFact} name them. */
  public static final List<String> RUNTIMES =
      List.of("tensormap_and_ringbuffer", "host_build_graph");

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<SchedPhaseKind> kinds;

  @SuppressWarnings("ImmutableEnumChecker") // made by Set.copyOf
  private final Set<Integer> neverWritten;

  @SuppressWarnings("ImmutableEnumChecker") // made by Set.copyOf
  private final Set<SchedPhaseKind> namingTask;

  PhaseNumbering(
      Set<Integer> neverWritten, Set<SchedPhaseKind> namingTask, SchedPhaseKind... kinds) {
    this.neverWritten = Set.copyOf(neverWritten);
    this.namingTask = Set.copyOf(namingTask);
    this.kinds = List.of(kinds);
  }

  /** Returns the kind with this number; null if the runtime's tools have no name for it. */
  public SchedPhaseKind kind(int numberUntrusted) {
    return numberUntrusted >= 0 && numberUntrusted < kinds.size()
        ? kinds.get(numberUntrusted)
        : null;
  }

  /** Number of named phases. */
  public int size() {
    return kinds.size();
  }

  /** Whether a device writes this number; others exist only in the runtime's tools. */
  public boolean isWritten(int number) {
    return kind(number) != null && !neverWritten.contains(number);
  }

  /** Whether the two words of the pop counters name a task instead. */
  public boolean namesTask(SchedPhaseKind kind) {
    return namingTask.contains(kind);
  }
}

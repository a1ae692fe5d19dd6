package dev.sluice.output.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Names and numbers the lanes (abi.md 6.4), and declares each to the sink when it is first drawn
 * on.
 */
final class Lanes {
  /** Lanes on which the tasks of one core can lie beside each other in the scheduler's view. */
  static final int OVERLAP_LANES = 10;

  private static final int ORCHESTRATOR_TID = 4000;
  private static final int SCHEDULER_TID = 3000;
  private static final int CHIP_SCHEDULER_TID = 30000;
  private static final int READY_QUEUE_TID = 3999;
  private static final int READY_QUEUE_SORT_INDEX = 100;
  private static final int CORE_TID = 10000;
  private static final int AICPU_TID = 19000;
  private static final int TIDS_PER_CORE = 10;

  private final TraceFacts facts;
  private final String orchestratorName;
  private final TraceSink sink;
  private final Set<View> declared = EnumSet.noneOf(View.class);
  private final List<Lane> workers = new ArrayList<>();
  private final List<Lane> scheduled = new ArrayList<>();
  private final List<Lane> orchestrators = new ArrayList<>();
  private final List<Lane> aicpus = new ArrayList<>();
  private final List<Lane> schedulers = new ArrayList<>();
  private final List<Lane> resolvers = new ArrayList<>();
  private Lane readyQueue;
  private int lanes;

  /**
   * @param orchestratorName from the name map; empty if it has none
   */
  Lanes(TraceFacts facts, String orchestratorName, TraceSink sink) {
    this.facts = facts;
    this.orchestratorName = orchestratorName;
    this.sink = sink;
  }

  Lane worker(int core) throws IOException {
    Lane known = at(workers, core);
    if (known != null) {
      return known;
    }
    return set(workers, core, View.WORKER, CORE_TID + TIDS_PER_CORE * core, coreName(core));
  }

  /**
   * @param overlap 0 for the first lane of the core
   */
  Lane scheduled(int core, int overlap) throws IOException {
    int number = core * OVERLAP_LANES + overlap;
    Lane known = at(scheduled, number);
    if (known != null) {
      return known;
    }
    int tid = CORE_TID + TIDS_PER_CORE * core + overlap;
    return set(scheduled, number, View.SCHEDULED, tid, coreName(core));
  }

  Lane orchestrator(int number) throws IOException {
    Lane known = at(orchestrators, number);
    if (known != null) {
      return known;
    }
    return set(
        orchestrators, number, View.ORCHESTRATOR, ORCHESTRATOR_TID + number, "Orch_" + number);
  }

  /** Where an AICPU thread's own work is drawn among the workers. */
  Lane aicpu(int thread) throws IOException {
    Lane known = at(aicpus, thread);
    if (known != null) {
      return known;
    }
    return set(aicpus, thread, View.WORKER, AICPU_TID + thread, "AICPU_" + thread);
  }

  Lane scheduler(int thread) {
    return schedulers.get(thread);
  }

  /** Resolve phases lie within others; the newest generation draws them on a lane beside. */
  Lane resolver(int thread) {
    return facts.isChip() ? resolvers.get(thread) : schedulers.get(thread);
  }

  Lane readyQueue() {
    return readyQueue;
  }

  /** All scheduler threads at once, as the runtime's tools do. */
  void declareSchedulers() throws IOException {
    for (int thread = 0; thread < facts.maxThreads(); thread++) {
      String name = "Sched_" + thread;
      if (facts.isChip()) {
        int tid = CHIP_SCHEDULER_TID + 10 * thread;
        set(schedulers, thread, View.SCHEDULER, tid, name);
        set(resolvers, thread, View.SCHEDULER, tid + 1, name);
      } else {
        set(schedulers, thread, View.SCHEDULER, SCHEDULER_TID + thread, name);
      }
    }
    readyQueue =
        declare(
            View.SCHEDULER, READY_QUEUE_TID, "shared_ready_queue (global)", READY_QUEUE_SORT_INDEX);
  }

  private String coreName(int core) {
    return (facts.isAic(core) ? "AIC_" : "AIV_") + core;
  }

  private static Lane at(List<Lane> known, int number) {
    return number < known.size() ? known.get(number) : null;
  }

  private Lane set(List<Lane> known, int number, View view, int tid, String name)
      throws IOException {
    while (known.size() <= number) {
      known.add(null);
    }
    Lane lane = declare(view, tid, name, TraceSink.NO_SORT_INDEX);
    known.set(number, lane);
    return lane;
  }

  private Lane declare(View view, int tid, String name, int sortIndex) throws IOException {
    if (declared.add(view)) {
      boolean isNamed = view == View.ORCHESTRATOR && !orchestratorName.isEmpty();
      sink.process(view.pid(), isNamed ? "AICPU " + orchestratorName : view.label(), view.pid());
    }
    Lane lane = new Lane(lanes++, view.pid(), tid, name);
    sink.lane(lane, sortIndex);
    return lane;
  }
}

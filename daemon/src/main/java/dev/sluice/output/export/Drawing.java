package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns the rows of one capture into bars on lanes (abi.md 6.4): four groups, and one for what is
 * missing. Processes and lanes are declared when something is first drawn on them.
 */
final class Drawing implements Row.Receiver {
  /** A shorter time between receipt and start is not worth a bar. */
  private static final long MIN_SETUP_NS = 20;

  /** A bar that is shorter cannot be seen. */
  private static final long MIN_BAR_NS = 20;

  /** An iteration with more phases is drawn in parts. */
  private static final int MAX_GROUP = 64;

  /** Lanes of one name beside each other; the runtime's numbers leave room for as many. */
  private static final int MAX_BESIDE = 10;

  private static final int PIDS_PER_CAPTURE = 10;
  private static final int FIRST_BESIDE_TID = 50000;

  private static final Comparator<Row.Phase> OUTER_FIRST =
      Comparator.<Row.Phase>comparingLong(phase -> phase.start)
          .thenComparing(Comparator.<Row.Phase>comparingLong(phase -> phase.end).reversed());

  /** A group of lanes, drawn as a process. */
  private enum View {
    ORCHESTRATOR("AICPU Orchestrator"),
    SCHEDULER("AICPU Scheduler"),
    SCHEDULED("Scheduler View"),
    WORKER("Worker View"),
    LOSSES("Lost records");

    private final String label;

    View(String label) {
      this.label = label;
    }

    int pid() {
      return ordinal() + 1;
    }
  }

  /** What all captures of a trace share: the sink, the numbers of lanes and names. */
  static final class Canvas {
    private final TraceSink sink;
    private final NameMap names;
    private final Map<String, Slice.Name> known = new HashMap<>();
    private int lanes;
    private int captures;

    Canvas(TraceSink sink, NameMap names) {
      this.sink = sink;
      this.names = names;
    }

    private Slice.Name name(String text) {
      return name(text, "");
    }

    private Slice.Name name(String text, String colour) {
      return known.computeIfAbsent(text, t -> new Slice.Name(known.size() + 1, t, colour));
    }
  }

  private final Canvas canvas;
  private final TraceSink sink;
  private final CaptureSource source;
  private final TraceClock clock;
  private final Exporter.Job job;
  private final String prefix;
  private final String label;
  private final int firstPid;
  private final Map<Integer, Lane> processes = new HashMap<>();
  private final Map<String, Lane> lanes = new HashMap<>();
  private final Lane[] workers;
  private final Lane[] scheduled;
  private final Lane[] schedulers;
  private final Lane[] resolvers;
  private final List<List<Row.Phase>> groups = new ArrayList<>();
  private final Map<Integer, Slice.Name> functions = new HashMap<>();
  private final Slice.Name[] kinds = new Slice.Name[SchedPhaseKind.ALL.size() + 1];
  private final Slice.Name[] coreTasks;
  private final Slice.Name setup;
  private final Slice.Name dummy;
  private final Slice.Name submit;
  private final Slice.Name alloc;
  private final Slice slice = new Slice();
  private Lane queue;
  private int besides;

  /**
   * @param prefix of the names of processes; empty if there is one capture
   * @param label says more of the capture
   */
  Drawing(Canvas canvas, Exporter.Job job, String prefix, String label) {
    this.canvas = canvas;
    this.sink = canvas.sink;
    this.job = job;
    this.source = job.source();
    this.clock = source.clock();
    this.prefix = prefix;
    this.label = label;
    firstPid = PIDS_PER_CAPTURE * canvas.captures++;
    int cores = source.geometry().numCores();
    workers = new Lane[cores];
    scheduled = new Lane[cores];
    schedulers = new Lane[source.maxThreads()];
    resolvers = new Lane[source.maxThreads()];
    for (int thread = 0; thread < source.maxThreads(); thread++) {
      groups.add(new ArrayList<>());
    }
    coreTasks = new Slice.Name[cores];
    for (int core = 0; core < cores; core++) {
      coreTasks[core] = canvas.name(source.isAic(core) ? "AIC task" : "AIV task");
    }
    for (SchedPhaseKind kind : SchedPhaseKind.ALL) {
      kinds[kind.ordinal()] = canvas.name(kind.jsonName(), colour(kind));
    }
    kinds[kinds.length - 1] = canvas.name("unknown");
    setup = canvas.name("setup");
    dummy = canvas.name("dummy");
    submit = canvas.name("submit", "rail_animation");
    alloc = canvas.name("alloc");
    slice.source = source;
  }

  /** The same as the runtime's converter uses. */
  private static String colour(SchedPhaseKind kind) {
    return switch (kind) {
      case COMPLETE -> "good";
      case DISPATCH -> "terrible";
      case RELEASE -> "olive";
      case WIRE -> "thread_state_running";
      case DUMMY -> "grey";
      case EARLY_DISPATCH, GRAPH_PREPARE -> "rail_animation";
      case RESOLVE -> "vsync_highlight_color";
      case DRAIN -> "cq_build_running";
      case DRAIN_PREPARE -> "cq_build_attempt_runnable";
      case DRAIN_PUBLISH -> "cq_build_attempt_passed";
      case ASYNC_POLL -> "yellow";
      default -> "";
    };
  }

  @Override
  public void accept(Row row) throws IOException {
    if (row instanceof Row.Task task) {
      draw(task);
    } else if (row instanceof Row.Phase phase) {
      List<Row.Phase> group = groups.get(phase.thread);
      if (!group.isEmpty()
          && (group.get(0).loopIter != phase.loopIter || group.size() == MAX_GROUP)) {
        drawGroup(group);
      }
      group.add(phase);
    } else if (row instanceof Row.Submit submitted) {
      draw(submitted);
    }
  }

  /** All rows were given. */
  void finish() throws IOException {
    for (List<Row.Phase> group : groups) {
      drawGroup(group);
    }
    drawLosses();
  }

  private void put(Lane first, boolean isBesideNumbered) throws IOException {
    // A format may have no time before its first.
    slice.beginNs = Math.max(slice.beginNs, clock.ns(0));
    slice.endNs = Math.max(slice.endNs, clock.ns(0));
    Lane lane = first;
    int beside = 0;
    while (!lane.takes(slice.beginNs, slice.endNs)) {
      beside++;
      if (beside == MAX_BESIDE) {
        job.counts().impossibleTimes++; // more than ten at a time on one core or thread
        slice.beginNs = lane.force(slice.beginNs);
        slice.endNs = slice.beginNs;
        break;
      }
      if (lane.next == null) {
        int tid = isBesideNumbered ? lane.tid + 1 : FIRST_BESIDE_TID + besides++;
        lane.next = new Lane(canvas.lanes++, lane.pid, tid, lane.name, lane.isNesting);
        sink.lane(lane.next);
      }
      lane = lane.next;
    }
    slice.lane = lane;
    job.counts().slices++;
    sink.slice(slice);
  }

  private void draw(Row.Task task) throws IOException {
    long startNs = clock.ns(task.start);
    long endNs = clock.ns(task.end);
    long receiveNs = clock.ns(task.receive);
    int funcId = job.function(task.node, task.core);
    Slice.Name name =
        funcId < 0
            ? coreTasks[task.core]
            : functions.computeIfAbsent(funcId, id -> canvas.name(canvas.names.function(id)));
    Lane worker = workers[task.core];
    if (worker == null) {
      worker = lane(View.WORKER, 10000 + 10 * task.core, coreName(task.core), false);
      workers[task.core] = worker;
    }
    boolean isChip = source.isChip();
    if (!isChip && startNs - receiveNs >= MIN_SETUP_NS) {
      slice.begin(Slice.Type.SETUP, setup, worker, receiveNs, startNs);
      slice.put(Slice.Arg.LOCAL_SETUP, startNs - receiveNs).put(Slice.Arg.TASK_ID, task.taskId);
      put(worker, true);
    }
    slice.begin(Slice.Type.KERNEL, name, worker, isChip ? receiveNs : startNs, endNs);
    slice.put(Slice.Arg.LOCAL_SETUP, startNs - receiveNs).put(Slice.Arg.TASK_ID, task.taskId);
    slice.task = task;
    slice.funcId = funcId;
    slice.kernelNs = endNs - startNs;
    slice.atBegin = task.worker;
    put(worker, true);
    if (task.isScheduled()) {
      Lane lane = scheduled[task.core];
      if (lane == null) {
        lane = lane(View.SCHEDULED, 10000 + 10 * task.core, coreName(task.core), false);
        scheduled[task.core] = lane;
      }
      slice.begin(Slice.Type.SCHEDULED, name, lane, clock.ns(task.dispatch), clock.ns(task.finish));
      slice.put(Slice.Arg.TASK_ID, task.taskId);
      slice.atBegin = task.scheduled;
      put(lane, true);
    }
  }

  private String coreName(int core) {
    return (source.isAic(core) ? "AIC_" : "AIV_") + core;
  }

  private void draw(Row.Submit row) throws IOException {
    Lane lane = lane(View.ORCHESTRATOR, 4000 + row.lane, "Orch_" + row.lane, true);
    long beginNs = clock.ns(row.start);
    long endNs = clock.ns(row.end);
    slice.begin(Slice.Type.SUBMIT, submit, lane, beginNs, endNs);
    describe(row);
    slice.atBegin = row.out;
    put(lane, false);
    if (!row.isClaimed) {
      // The chip generations keep the lanes of scheduler threads free of it.
      int thread = row.lane + (source.isChip() ? source.geometry().schedThreads() : 0);
      Lane aicpu = lane(View.WORKER, 19000 + thread, "AICPU_" + thread, true);
      slice.begin(Slice.Type.ALLOC, alloc, aicpu, beginNs, Math.max(endNs, beginNs + MIN_BAR_NS));
      describe(row);
      put(aicpu, false);
    }
  }

  private void describe(Row.Submit row) {
    slice.put(Slice.Arg.SUBMIT_IDX, Integer.toUnsignedLong(row.index));
    slice.put(Slice.Arg.TASK_ID, row.taskId);
  }

  /**
   * Phases come in the order of their ends, and some lie within others: those of one loop iteration
   * are held until it is over, and drawn by their beginnings.
   */
  private void drawGroup(List<Row.Phase> group) throws IOException {
    if (group.size() > 1) {
      group.sort(OUTER_FIRST);
    }
    for (Row.Phase phase : group) {
      if (phase.isDummy()) {
        drawDummy(phase);
      } else {
        draw(phase);
      }
    }
    group.clear();
  }

  private void draw(Row.Phase phase) throws IOException {
    boolean isChip = source.isChip();
    boolean isResolve = isChip && phase.kind == SchedPhaseKind.RESOLVE;
    Lane[] known = isResolve ? resolvers : schedulers;
    Lane lane = known[phase.thread];
    if (lane == null) {
      int tid = isChip ? 30000 + 10 * phase.thread : 3000 + phase.thread;
      lane = lane(View.SCHEDULER, tid + (isResolve ? 1 : 0), "Sched_" + phase.thread, true);
      known[phase.thread] = lane;
    }
    Slice.Name name = kinds[phase.kind == null ? kinds.length - 1 : phase.kind.ordinal()];
    slice.begin(Slice.Type.PHASE, name, lane, clock.ns(phase.start), clock.ns(phase.end));
    slice.put(Slice.Arg.LOOP_ITER, Integer.toUnsignedLong(phase.loopIter));
    slice.put(Slice.Arg.TASKS_PROCESSED, Integer.toUnsignedLong(phase.tasksProcessed));
    slice.put(Slice.Arg.AT_START, phase.depthsAtStart);
    slice.put(
        phase.hasQueueSample() ? Slice.Arg.AT_END_AS_CURVE : Slice.Arg.AT_END, phase.depthsAtEnd);
    if (phase.isCompleting()) {
      slice.put(Slice.Arg.FINISH_ROWS, phase.finishes);
    }
    slice.atBegin = phase.out;
    slice.atEnd = phase.in;
    put(lane, false);
    if (phase.hasQueueSample()) {
      if (queue == null) {
        queue = declare(View.SCHEDULER, 3999, "shared_ready_queue", true);
        sink.counter(queue, "AIC", "AIV", "MIX");
      }
      long depths = phase.depthsAtEnd;
      sink.values(
          queue,
          slice.endNs,
          Row.Phase.depth(depths, 0),
          Row.Phase.depth(depths, 1),
          Row.Phase.depth(depths, 2));
    }
  }

  private void drawDummy(Row.Phase phase) throws IOException {
    Lane lane = lane(View.WORKER, 19000 + phase.thread, "AICPU_" + phase.thread, true);
    long beginNs = clock.ns(phase.start);
    boolean isSkip = phase.kind == SchedPhaseKind.PREDICATED_SKIP;
    slice.begin(
        Slice.Type.DUMMY,
        isSkip ? kinds[phase.kind.ordinal()] : dummy,
        lane,
        beginNs,
        Math.max(beginNs + MIN_BAR_NS, clock.ns(phase.end)));
    slice.put(
        Slice.Arg.TASK_ID,
        source.isChip() ? phase.taskId() : Integer.toUnsignedLong(phase.tasksProcessed));
    if (isSkip) {
      slice.put(Slice.Arg.PREDICATED_PASS, 0);
    }
    put(lane, false);
  }

  /** What is missing, a lane for each kind and core or thread, and how much it is in all. */
  private void drawLosses() throws IOException {
    Map<Long, Long> missing = new TreeMap<>();
    int tid = 1;
    for (Losses.Loss gap : job.losses().gaps()) {
      String place = gap.instance() < 0 ? "" : placeOf(gap) + gap.instance();
      tid = drawLoss(gap, Slice.Type.LOST, gap.kindLabel() + place, tid);
      missing.merge(clock.ns(gap.to()), gap.records(), Long::sum);
    }
    for (Losses.Loss stall : job.losses().stalls()) {
      String place = stall.instance() < 0 ? "" : placeOf(stall) + stall.instance();
      String kind = stall.kind() == null ? "" : " " + stall.kindLabel();
      tid =
          drawLoss(
              stall, Slice.Type.STALL, "stalls, " + stall.cause() + " gate" + kind + place, tid);
    }
    if (!missing.isEmpty()) {
      Lane counter = declare(View.LOSSES, 9999, "lost records", true);
      sink.counter(counter, "records");
      long total = 0;
      for (Map.Entry<Long, Long> more : missing.entrySet()) {
        total += more.getValue();
        sink.values(counter, more.getKey(), total);
      }
    }
  }

  private static String placeOf(Losses.Loss gap) {
    return gap.kind() != null && gap.kind().isPerCore() ? " core " : " thread ";
  }

  private int drawLoss(Losses.Loss loss, Slice.Type type, String laneName, int tid)
      throws IOException {
    Lane lane = lanes.get(View.LOSSES + laneName);
    if (lane == null) {
      lane = declare(View.LOSSES, tid, laneName, false);
      lanes.put(View.LOSSES + laneName, lane);
      sink.lane(lane);
    }
    long beginNs = clock.ns(loss.from());
    slice.begin(
        type,
        canvas.name((type == Slice.Type.LOST ? "lost: " : "waited to ") + loss.cause(), "terrible"),
        lane,
        beginNs,
        Math.max(beginNs + MIN_BAR_NS, clock.ns(loss.to())));
    if (type == Slice.Type.LOST) {
      slice.put(Slice.Arg.RECORDS, loss.records()).put(Slice.Arg.BUFFERS, loss.count());
      slice.put(Slice.Arg.LOST_BY_DEVICE, loss.by().equals("device") ? 1 : 0);
    } else {
      slice.put(Slice.Arg.TIMES, loss.count()).put(Slice.Arg.WAITED, loss.waitedNs());
    }
    put(lane, false);
    return Math.max(tid, lane.tid + 1);
  }

  private Lane lane(View view, int tid, String name, boolean isNesting) throws IOException {
    Lane known = lanes.get(view + name);
    if (known == null) {
      known = declare(view, tid, name, isNesting);
      lanes.put(view + name, known);
      sink.lane(known);
    }
    return known;
  }

  /** A lane, and its process if it is the first one there. */
  private Lane declare(View view, int tid, String name, boolean isNesting) throws IOException {
    int pid = firstPid + view.pid();
    Lane lane = new Lane(canvas.lanes++, pid, tid, name, isNesting);
    if (processes.putIfAbsent(pid, lane) == null) {
      String orchestrator = canvas.names.orchestrator();
      boolean isNamed = view == View.ORCHESTRATOR && !orchestrator.isEmpty();
      sink.process(pid, prefix + (isNamed ? "AICPU " + orchestrator : view.label), pid, label);
    }
    return lane;
  }
}

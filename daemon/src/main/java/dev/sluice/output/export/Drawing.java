package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Draws the rows of one capture as bars on lanes (docs/exports.md, "The timeline"), in four groups
 * and one for losses. Processes and lanes are declared when first drawn on.
 */
final class Drawing implements Row.Receiver {
  /** Minimum time between receipt and start for a setup bar. */
  private static final long MIN_SETUP_NS = 20;

  /** Minimum length of a visible bar. */
  private static final long MIN_BAR_NS = 20;

  /** Iterations with more phases are drawn in parts. */
  private static final int MAX_GROUP = 64;

  /** Maximum parallel lanes of one name; the runtime's lane numbers leave room for this number. */
  private static final int MAX_BESIDE = 10;

  private static final int PIDS_PER_CAPTURE = 10;
  private static final int FIRST_BESIDE_TID = 50000;

  private static final Comparator<Row.Phase> OUTER_FIRST =
      Comparator.<Row.Phase>comparingLong(phase -> phase.start)
          .thenComparing(Comparator.<Row.Phase>comparingLong(phase -> phase.end).reversed());

  private static final Comparator<Losses.Loss> BY_PLACE =
      Comparator.<Losses.Loss>comparingInt(gap -> gap.kind() == null ? -1 : gap.kind().ordinal())
          .thenComparingInt(Losses.Loss::instance)
          .thenComparingLong(Losses.Loss::from);

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
  }

  /** State shared by all captures of a trace: the sink, lane numbers and names. */
  static final class Canvas {
    private final TraceSink sink;
    private final NameMap names;
    private final Map<String, Slice.Name> known = new HashMap<>();
    private final Map<Integer, Slice.Name> functions = new HashMap<>();
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
      Slice.Name name = known.get(text);
      if (name == null) {
        name = new Slice.Name(known.size() + 1, text, colour);
        known.put(text, name);
      }
      return name;
    }

    private Slice.Name function(int id) {
      return functions.computeIfAbsent(id, number -> name(names.function(number)));
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
  private final boolean isChip;

  /** Whether all tasks are drawn, so that a submission without a task is an allocation. */
  private final boolean hasAllTasks;

  private final Set<View> views = EnumSet.noneOf(View.class);
  private final Map<Long, TraceSink.Lane> lanes = new HashMap<>();
  private final Map<String, Integer> lossTids = new HashMap<>();
  private final List<List<Row.Phase>> groups = new ArrayList<>();
  private final Slice slice;
  private int besides;

  /**
   * @param prefix prefix of process names; empty if there is one capture
   * @param label description of the capture
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
    isChip = source.isChip();
    hasAllTasks =
        job.window().isAll()
            && job.request().selection().cores().isEmpty()
            && source.manifest().outcome().isEnded()
            && source.manifest().snapshot().isEmpty()
            && job.losses().gaps().stream()
                .allMatch(gap -> gap.kind() != null && !gap.kind().isPerCore());
    for (int thread = 0; thread < source.maxThreads(); thread++) {
      groups.add(new ArrayList<>());
    }
    slice = new Slice(source);
  }

  /** Same colours as the runtime's converter. */
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

  private Slice.Name name(SchedPhaseKind kind) {
    return kind == null ? canvas.name("unknown") : canvas.name(kind.jsonName(), colour(kind));
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

  /** Draws what is pending after the last row. */
  void finish() throws IOException {
    for (List<Row.Phase> group : groups) {
      drawGroup(group);
    }
    drawLosses();
  }

  /** Returns the lane of a number in a group; declares the lane and its group on first use. */
  private TraceSink.Lane lane(View view, int tid, String name, boolean isNesting, String... series)
      throws IOException {
    long key = ((long) view.ordinal() << Integer.SIZE) | tid;
    TraceSink.Lane lane = lanes.get(key);
    if (lane == null) {
      int pid = firstPid + view.ordinal() + 1;
      if (views.add(view)) {
        String orchestrator = canvas.names.orchestrator();
        boolean isNamed = view == View.ORCHESTRATOR && !orchestrator.isEmpty();
        sink.process(pid, prefix + (isNamed ? "AICPU " + orchestrator : view.label), pid, label);
      }
      lane = new TraceSink.Lane(canvas.lanes++, pid, tid, name, isNesting, series);
      lanes.put(key, lane);
      sink.lane(lane);
    }
    return lane;
  }

  private void put(boolean isBesideNumbered) throws IOException {
    // Some formats cannot represent times before the base.
    slice.beginNs = Math.max(slice.beginNs, clock.ns(0));
    slice.endNs = Math.max(slice.endNs, clock.ns(0));
    for (int beside = 1; !slice.lane.takes(slice.beginNs, slice.endNs); beside++) {
      TraceSink.Lane lane = slice.lane;
      if (beside == MAX_BESIDE) {
        job.counts().impossibleTimes++; // more than ten at a time on one core or thread
        slice.beginNs = lane.force(slice.beginNs);
        slice.endNs = slice.beginNs;
        break;
      }
      if (lane.next == null) {
        int tid = isBesideNumbered ? lane.tid + 1 : FIRST_BESIDE_TID + besides++;
        lane.next = new TraceSink.Lane(canvas.lanes++, lane.pid, tid, lane.name, lane.isNesting);
        lane.next.rank = lane.rank + 1;
        sink.lane(lane.next);
      }
      slice.lane = lane.next;
    }
    job.counts().slices++;
    sink.slice(slice);
  }

  private void draw(Row.Task task) throws IOException {
    long startNs = clock.ns(task.start);
    long receiveNs = clock.ns(task.receive);
    int funcId = job.function(task.node, task.core);
    String type = source.isAic(task.core) ? "AIC" : "AIV";
    Slice.Name name = funcId < 0 ? canvas.name(type + " task") : canvas.function(funcId);
    int tid = 10000 + 10 * task.core;
    TraceSink.Lane worker = lane(View.WORKER, tid, type + "_" + task.core, false);
    if (!isChip && startNs - receiveNs >= MIN_SETUP_NS) {
      slice.begin(Slice.Type.SETUP, canvas.name("setup"), worker, receiveNs, startNs);
      slice.put(Slice.Arg.LOCAL_SETUP, startNs - receiveNs).put(Slice.Arg.TASK_ID, task.taskId);
      put(true);
    }
    long beginNs = isChip ? receiveNs : startNs;
    slice.begin(Slice.Type.KERNEL, name, worker, beginNs, clock.ns(task.end));
    slice.put(Slice.Arg.LOCAL_SETUP, startNs - receiveNs).put(Slice.Arg.TASK_ID, task.taskId);
    slice.task = task;
    slice.funcId = funcId;
    slice.atBegin = task.worker;
    put(true);
    if (task.isScheduled()) {
      TraceSink.Lane lane = lane(View.SCHEDULED, tid, worker.name, false);
      slice.begin(Slice.Type.SCHEDULED, name, lane, clock.ns(task.dispatch), clock.ns(task.finish));
      slice.put(Slice.Arg.TASK_ID, task.taskId);
      slice.atBegin = task.scheduled;
      put(true);
    }
  }

  private TraceSink.Lane aicpu(int thread) throws IOException {
    return lane(View.WORKER, 19000 + thread, "AICPU_" + thread, true);
  }

  private void draw(Row.Submit row) throws IOException {
    TraceSink.Lane lane = lane(View.ORCHESTRATOR, 4000 + row.lane, "Orch_" + row.lane, true);
    long beginNs = clock.ns(row.start);
    long endNs = clock.ns(row.end);
    slice.begin(Slice.Type.SUBMIT, canvas.name("submit", "rail_animation"), lane, beginNs, endNs);
    slice.atBegin = row.out;
    putSubmit(row);
    if (!row.isClaimed && hasAllTasks) {
      // The chip generations keep allocations off the lanes of scheduler threads.
      lane = aicpu(row.lane + (isChip ? source.geometry().schedThreads() : 0));
      endNs = Math.max(endNs, beginNs + MIN_BAR_NS);
      slice.begin(Slice.Type.ALLOC, canvas.name("alloc"), lane, beginNs, endNs);
      putSubmit(row);
    }
  }

  private void putSubmit(Row.Submit row) throws IOException {
    slice.put(Slice.Arg.SUBMIT_IDX, Integer.toUnsignedLong(row.index));
    slice.put(Slice.Arg.TASK_ID, row.taskId);
    put(false);
  }

  /**
   * Draws the phases of one loop iteration by start time. Phases arrive in order of their ends and
   * some are nested, so they are held until the iteration is over.
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
    int beside = isChip && phase.kind == SchedPhaseKind.RESOLVE ? 1 : 0;
    int tid = isChip ? 30000 + 10 * phase.thread + beside : 3000 + phase.thread;
    TraceSink.Lane lane = lane(View.SCHEDULER, tid, "Sched_" + phase.thread, true);
    long beginNs = clock.ns(phase.start);
    slice.begin(Slice.Type.PHASE, name(phase.kind), lane, beginNs, clock.ns(phase.end));
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
    put(false);
    if (phase.hasQueueSample()) {
      lane = lane(View.SCHEDULER, 3999, "shared_ready_queue", true, "AIC", "AIV", "MIX");
      long depths = phase.depthsAtEnd;
      sink.values(
          lane,
          slice.endNs,
          Row.Phase.depth(depths, 0),
          Row.Phase.depth(depths, 1),
          Row.Phase.depth(depths, 2));
    }
  }

  private void drawDummy(Row.Phase phase) throws IOException {
    long beginNs = clock.ns(phase.start);
    long endNs = Math.max(beginNs + MIN_BAR_NS, clock.ns(phase.end));
    boolean isSkip = phase.kind == SchedPhaseKind.PREDICATED_SKIP;
    Slice.Name name = isSkip ? name(phase.kind) : canvas.name("dummy", "grey");
    slice.begin(Slice.Type.DUMMY, name, aicpu(phase.thread), beginNs, endNs);
    long number = Integer.toUnsignedLong(phase.tasksProcessed);
    slice.put(Slice.Arg.TASK_ID, isChip ? phase.taskId() : number);
    if (isSkip) {
      slice.put(Slice.Arg.PREDICATED_PASS, 0);
    }
    put(false);
  }

  /** Draws the losses on a lane per kind and core or thread, and their running total. */
  private void drawLosses() throws IOException {
    Map<Long, Long> missing = new TreeMap<>();
    List<Losses.Loss> gaps = new ArrayList<>(job.losses().gaps());
    gaps.sort(BY_PLACE);
    for (Losses.Loss gap : gaps) {
      drawLoss(gap, Slice.Type.LOST, gap.kindLabel() + place(gap), "lost: ");
      slice.put(Slice.Arg.RECORDS, gap.records()).put(Slice.Arg.BUFFERS, gap.count());
      slice.put(Slice.Arg.LOST_BY_DEVICE, gap.by().equals("device") ? 1 : 0);
      put(false);
      missing.merge(clock.ns(gap.to()), gap.records(), Long::sum);
    }
    for (Losses.Loss stall : job.losses().stalls()) {
      String kind = stall.kind() == null ? "" : " " + stall.kindLabel();
      String name = "stalls, " + stall.cause() + " gate" + kind + place(stall);
      drawLoss(stall, Slice.Type.STALL, name, "waited to ");
      slice.put(Slice.Arg.TIMES, stall.count()).put(Slice.Arg.WAITED, stall.waitedNs());
      put(false);
    }
    long total = 0;
    for (Map.Entry<Long, Long> more : missing.entrySet()) {
      total += more.getValue();
      sink.values(lane(View.LOSSES, 9999, "lost records", true, "records"), more.getKey(), total);
    }
  }

  private static String place(Losses.Loss loss) {
    boolean isCore = loss.kind() != null && loss.kind().isPerCore();
    return loss.instance() < 0 ? "" : (isCore ? " core " : " thread ") + loss.instance();
  }

  private void drawLoss(Losses.Loss loss, Slice.Type type, String laneName, String what)
      throws IOException {
    int tid = lossTids.computeIfAbsent(laneName, name -> lossTids.size() + 1);
    TraceSink.Lane lane = lane(View.LOSSES, tid, laneName, false);
    long beginNs = clock.ns(loss.from());
    long endNs = Math.max(beginNs + MIN_BAR_NS, clock.ns(loss.to()));
    slice.begin(type, canvas.name(what + loss.cause(), "terrible"), lane, beginNs, endNs);
  }
}

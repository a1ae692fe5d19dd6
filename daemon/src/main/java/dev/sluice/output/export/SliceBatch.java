package dev.sluice.output.export;

import static dev.sluice.output.export.Words.high;
import static dev.sluice.output.export.Words.pack;
import static dev.sluice.output.export.Words.pair;
import static dev.sluice.output.export.Words.unpack;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Calls of a {@link TraceSink} as numbers in one array, to be made later: what one thread writes
 * from front to back, another reads from front to back, which is what processors hand over best.
 *
 * <p>Lanes are told by their index; {@link Player} keeps those that were declared.
 */
final class SliceBatch {
  private static final int WORDS = 1 << 18;

  /** No call takes more, flows of a slice aside. */
  private static final int CALL_WORDS = 16;

  private static final int PROCESS = 0;
  private static final int LANE = 1;
  private static final int SLICE = 2;
  private static final int FLOW = 3;
  private static final int QUEUE_DEPTH = 4;

  private static final int SPMD = 1;
  private static final int PREDICATED_SKIP = 1 << 1;

  private static final List<Slice.Type> SLICE_TYPES = List.of(Slice.Type.values());
  private static final List<Flow.Type> FLOW_TYPES = List.of(Flow.Type.values());
  private static final int UNKNOWN_KIND = SchedPhaseKind.ALL.size();

  private record ProcessCall(int pid, String name, int sortIndex) {}

  private record LaneCall(Lane lane, int sortIndex) {}

  private final List<Object> declared = new ArrayList<>();
  private long[] words = new long[WORDS];
  private int size;

  void clear() {
    size = 0;
    declared.clear();
  }

  boolean isFull() {
    return size > WORDS - CALL_WORDS;
  }

  void process(int pid, String name, int sortIndex) {
    declared.add(new ProcessCall(pid, name, sortIndex));
    put(PROCESS);
  }

  void lane(Lane lane, int sortIndex) {
    declared.add(new LaneCall(lane, sortIndex));
    put(LANE);
  }

  private void put(long word) {
    words[size++] = word;
  }

  /** What is called, of which type, with which flags, on which lane. */
  private static long head(int call, int type, int flags, int lane) {
    return (long) lane << 24 | flags << 16 | type << 8 | call;
  }

  // The place is kept in a local variable: this runs for every bar.
  void slice(Slice slice) {
    LongList beginFlows = slice.beginFlows;
    LongList endFlows = slice.endFlows;
    ensure(CALL_WORDS + beginFlows.size() + endFlows.size());
    long[] to = words;
    int at = size;
    Slice.Type type = slice.type;
    int flags = (slice.isSpmd ? SPMD : 0) | (slice.isPredicatedSkip ? PREDICATED_SKIP : 0);
    to[at] = head(SLICE, type.ordinal(), flags, slice.lane.index());
    to[at + 1] = slice.beginNs;
    to[at + 2] = slice.endNs;
    to[at + 3] = pair(beginFlows.size(), endFlows.size());
    at += 4;
    if (type == Slice.Type.PHASE) {
      at = putPhase(to, at, slice.phase, slice.finishes);
    } else {
      to[at] = slice.taskId;
      to[at + 1] = type == Slice.Type.SUBMIT ? slice.submitIdx : slice.id;
      at += 2;
      if (type.hasCore()) {
        to[at] = pair(slice.core, slice.funcId);
        to[at + 1] = slice.node;
        at += 2;
      }
      if (type == Slice.Type.KERNEL || type == Slice.Type.SETUP) {
        to[at] = slice.setupNs;
        to[at + 1] = slice.kernelNs;
        at += 2;
      }
    }
    at = beginFlows.copyTo(to, at);
    size = endFlows.copyTo(to, at);
  }

  private static int putPhase(long[] to, int at, PhaseRow phase, int finishes) {
    int kind = phase.kind == null ? UNKNOWN_KIND : phase.kind.ordinal();
    to[at] = pair(kind, finishes);
    to[at + 1] = pair(phase.loopIter, phase.tasksProcessed);
    to[at + 2] = pack(phase.depthAtStart);
    to[at + 3] = pack(phase.depthAtEnd);
    return at + 4;
  }

  void flow(Flow flow) {
    put(head(FLOW, flow.type.ordinal(), 0, flow.from.index()));
    put(flow.fromNs);
    put(flow.to.index());
    put(flow.toNs);
    put(flow.bindId);
    put(pair(flow.inputTasks, flow.outputTasks));
  }

  void queueDepth(Lane queue, Lane phase, long timeNs, short[] depths) {
    put(head(QUEUE_DEPTH, 0, 0, queue.index()));
    put(phase.index());
    put(timeNs);
    put(pack(depths));
  }

  private void ensure(int more) {
    if (words.length - size < more) {
      words = Arrays.copyOf(words, size + more);
    }
  }

  /** Makes the calls of batches. One thread. */
  static final class Player {
    private final TraceSink sink;
    private final List<Lane> lanes = new ArrayList<>();
    private final Slice slice = new Slice();
    private final PhaseRow phase = new PhaseRow();
    private final Flow flow = new Flow();
    private final short[] depths = new short[3];
    private long[] words = {};
    private int at;

    Player(TraceSink sink) {
      this.sink = sink;
    }

    void play(SliceBatch batch) throws IOException {
      words = batch.words;
      at = 0;
      int declarations = 0;
      while (at < batch.size) {
        long head = words[at++];
        int type = (int) (head >> 8) & 0xFF;
        int lane = (int) (head >> 24);
        switch ((int) head & 0xFF) {
          case PROCESS -> {
            ProcessCall process = (ProcessCall) batch.declared.get(declarations++);
            sink.process(process.pid(), process.name(), process.sortIndex());
          }
          case LANE -> {
            LaneCall declaration = (LaneCall) batch.declared.get(declarations++);
            lanes.add(declaration.lane());
            sink.lane(declaration.lane(), declaration.sortIndex());
          }
          case SLICE -> playSlice(SLICE_TYPES.get(type), lanes.get(lane), (int) (head >> 16));
          case FLOW -> playFlow(FLOW_TYPES.get(type), lanes.get(lane));
          case QUEUE_DEPTH -> {
            Lane ofPhase = lanes.get((int) words[at]);
            unpack(words[at + 2], depths);
            sink.queueDepth(lanes.get(lane), ofPhase, words[at + 1], depths);
            at += 3;
          }
          default -> throw new IllegalStateException("no such call: " + head);
        }
      }
    }

    private void playSlice(Slice.Type type, Lane lane, int flags) throws IOException {
      slice.begin(type, lane, words[at], words[at + 1]);
      int beginFlows = high(words[at + 2]);
      int endFlows = (int) words[at + 2];
      at += 3;
      slice.isSpmd = (flags & SPMD) != 0;
      slice.isPredicatedSkip = (flags & PREDICATED_SKIP) != 0;
      switch (type) {
        case PHASE -> takePhase();
        case SUBMIT -> {
          slice.taskId = words[at++];
          slice.submitIdx = (int) words[at++];
        }
        case DUMMY, ALLOC -> takeTask();
        case SCHEDULED -> {
          takeTask();
          takeWhere();
        }
        case KERNEL, SETUP -> {
          takeTask();
          takeWhere();
          slice.setupNs = words[at++];
          slice.kernelNs = words[at++];
        }
      }
      slice.beginFlows.addAll(words, at, beginFlows);
      at += beginFlows;
      slice.endFlows.addAll(words, at, endFlows);
      at += endFlows;
      sink.slice(slice);
    }

    private void takeTask() {
      slice.taskId = words[at++];
      slice.id = words[at++];
    }

    private void takeWhere() {
      slice.core = high(words[at]);
      slice.funcId = (int) words[at++];
      slice.node = (int) words[at++];
    }

    private void takePhase() {
      int kind = high(words[at]);
      phase.kind = kind == UNKNOWN_KIND ? null : SchedPhaseKind.ALL.get(kind);
      slice.finishes = (int) words[at];
      phase.loopIter = high(words[at + 1]);
      phase.tasksProcessed = (int) words[at + 1];
      unpack(words[at + 2], phase.depthAtStart);
      unpack(words[at + 3], phase.depthAtEnd);
      slice.phase = phase;
      at += 4;
    }

    private void playFlow(Flow.Type type, Lane from) throws IOException {
      flow.set(type, from, words[at], lanes.get((int) words[at + 1]), words[at + 2]);
      flow.bindId = words[at + 3];
      flow.inputTasks = high(words[at + 4]);
      flow.outputTasks = (int) words[at + 4];
      at += 5;
      sink.flow(flow);
    }
  }
}

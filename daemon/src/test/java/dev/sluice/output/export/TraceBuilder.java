package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.output.capture.CaptureBuilder;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.LossReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/** Builds captures record by record. */
final class TraceBuilder {
  static final String CHIP = "chip-2026.08/a2a3";
  static final String L2 = "l2-2026.06/a2a3";
  static final String NEWEST = "chip-2026.09/a2a3";

  private static final long HOST_ORIGIN_NS = 1_000_000;

  /** Delay after a frame's last record until the host collects it. */
  static final long LATE_NS = 50_000_000;

  private static final long MAX_NS = 1_000_000_000_000_000L;

  private record Pool(BufferKind kind, int instance) {}

  /** One frame: its run and its records. */
  private record Block(int run, ByteBuffer records) {}

  private final Map<Pool, List<Block>> pools =
      new TreeMap<>(
          (a, b) ->
              a.kind() != b.kind()
                  ? Integer.compare(a.kind().ordinal(), b.kind().ordinal())
                  : Integer.compare(a.instance(), b.instance()));
  private final int recordsPerFrame;
  private final Geometry geometry;
  private final List<String> types;
  private List<Integer> threads = List.of();
  private final List<Note> notes = new ArrayList<>();
  private int run;
  private int device;
  private int session = 1;
  private String host = "test-host";
  private String bootId = "boot-a";
  private long hostShiftNs;
  private long bootOffsetNs = 5_000;
  private final List<CaptureManifest.RunWindow> windows = new ArrayList<>();

  /** A frame without records, after the frames of the pools. */
  private interface Note {
    void write(CaptureBuilder capture) throws IOException;
  }

  /**
   * Builds a capture of {@code aicCores} AIC cores, then AIV cores, without {@code core_to_thread}.
   */
  TraceBuilder(String layout, int level, int aicCores, int aivCores, int recordsPerFrame) {
    geometry =
        new Geometry(Layout.parse(layout), aicCores + aivCores, 2, level >= 4 ? 1 : 0, level);
    types = new ArrayList<>(Collections.nCopies(aicCores, "aic"));
    types.addAll(Collections.nCopies(aivCores, "aiv"));
    this.recordsPerFrame = recordsPerFrame;
  }

  TraceBuilder coreToThread(List<Integer> newThreads) {
    threads = newThreads;
    return this;
  }

  /** Sets the origin of the capture, and shifts its host clock. */
  TraceBuilder origin(String newHost, String newBootId, int newDevice, int newSession, long ns) {
    host = newHost;
    bootId = newBootId;
    device = newDevice;
    session = newSession;
    hostShiftNs = ns;
    return this;
  }

  /** Sets how far the host's CLOCK_BOOTTIME is ahead of its monotonic clock. */
  TraceBuilder boot(long offsetNs) {
    bootOffsetNs = offsetNs;
    return this;
  }

  /** Adds, after all records, records that the device dropped, observed at this tick. */
  TraceBuilder drop(BufferKind kind, int instance, DropCause cause, long records, long tick) {
    notes.add(capture -> capture.drop(kind, instance, cause, records, hostNs(tick)));
    return this;
  }

  /** Adds, after all records, records that the capture lost, observed at this tick. */
  TraceBuilder lost(BufferKind kind, int instance, LossReason reason, long records, long tick) {
    notes.add(capture -> capture.lost(kind, instance, reason, records, hostNs(tick)));
    return this;
  }

  /**
   * Adds a wait of the device for an empty buffer of a pool or, without a kind, for a ready queue.
   */
  TraceBuilder stall(BufferKind kind, int instance, int times, long waitedNs, long tick) {
    notes.add(capture -> capture.stall(kind, instance, times, waitedNs, hostNs(tick)));
    return this;
  }

  private long hostNs(long tick) {
    long ns = tick * (1_000_000_000L / geometry.layout().platform().clockHz());
    return HOST_ORIGIN_NS + hostShiftNs + (Math.abs(ns) > MAX_NS ? 0 : ns);
  }

  /** Sets start and end of the run by the client's own clock. */
  TraceBuilder window(long epoch, long startTick, long endTick) {
    windows.add(
        new CaptureManifest.RunWindow(
            windows.size() + 1,
            epoch,
            "",
            clientTime(startTick),
            Optional.of(clientTime(endTick))));
    return this;
  }

  private HostTime clientTime(long tick) {
    return new HostTime(hostNs(tick), hostNs(tick), bootId);
  }

  /** Starts a new run of the device. */
  TraceBuilder nextRun() {
    run++;
    return this;
  }

  TraceBuilder aicore(int core, long taskId, int token, long start, long end, int toStart) {
    return add(
        BufferKind.AICORE_TASK,
        core,
        record ->
            record
                .putLong(AicoreTaskRecord.START_TIME_OFFSET, start)
                .putLong(AicoreTaskRecord.END_TIME_OFFSET, end)
                .putLong(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET, taskId)
                .putInt(AicoreTaskRecord.REG_TASK_ID_OFFSET, token)
                .putInt(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET, toStart));
  }

  TraceBuilder aicpu(int core, int token, long dispatch, long finish) {
    return add(
        BufferKind.AICPU_TASK,
        core,
        record ->
            record
                .putLong(AicpuTaskRecord.DISPATCH_TIME_OFFSET, dispatch)
                .putLong(AicpuTaskRecord.FINISH_TIME_OFFSET, finish)
                .putInt(AicpuTaskRecord.REG_TASK_ID_OFFSET, token));
  }

  TraceBuilder phase(int thread, int kind, long start, long end, int loop, int tasks) {
    return phase(thread, kind, start, end, loop, tasks, 0, 0, new int[6]);
  }

  TraceBuilder phase(
      int thread,
      int kind,
      long start,
      long end,
      int loop,
      int tasks,
      int word28,
      int word32,
      int... depths) {
    return add(
        BufferKind.SCHED_PHASE,
        thread,
        record -> {
          SchedPhaseRecord fields = geometry.layout().facts().schedPhaseRecord();
          record
              .putLong(SchedPhaseRecord.START_TIME_OFFSET, start)
              .putLong(SchedPhaseRecord.END_TIME_OFFSET, end)
              .putInt(fields.loopIterOffset(), loop)
              .putInt(fields.kindOffset(), kind)
              .putInt(fields.tasksProcessedOffset(), tasks)
              .putInt(fields.popHitOffset(), word28)
              .putInt(fields.popMissOffset(), word32);
          for (int i = 0; i < depths.length; i++) {
            record.putShort(fields.sharedDepthAtStartOffset() + 2 * i, (short) depths[i]);
          }
        });
  }

  TraceBuilder phase(int thread, SchedPhaseKind kind, long start, long end, int loop, int tasks) {
    return phase(thread, kind.ordinal(), start, end, loop, tasks);
  }

  TraceBuilder submit(int lane, int index, long taskId, long start, long end) {
    return add(
        BufferKind.ORCH_PHASE,
        lane,
        record ->
            record
                .putLong(OrchPhaseRecord.START_TIME_OFFSET, start)
                .putLong(OrchPhaseRecord.END_TIME_OFFSET, end)
                .putLong(OrchPhaseRecord.TASK_ID_OFFSET, taskId)
                .putInt(OrchPhaseRecord.SUBMIT_IDX_OFFSET, index));
  }

  private TraceBuilder add(BufferKind kind, int instance, Consumer<ByteBuffer> content) {
    List<Block> blocks = pools.computeIfAbsent(new Pool(kind, instance), p -> new ArrayList<>());
    Block last = blocks.isEmpty() ? null : blocks.get(blocks.size() - 1);
    int bytes = kind.recordBytes();
    if (last == null || last.run() != run || last.records().position() == recordsPerFrame * bytes) {
      last =
          new Block(
              run, ByteBuffer.allocate(recordsPerFrame * bytes).order(ByteOrder.LITTLE_ENDIAN));
      blocks.add(last);
    }
    ByteBuffer records = last.records();
    content.accept(records.slice(records.position(), bytes).order(ByteOrder.LITTLE_ENDIAN));
    records.position(records.position() + bytes);
    return this;
  }

  /** Returns the level-4 example. */
  static TraceBuilder levelFour(String layout) {
    return new TraceBuilder(layout, 4, 1, 2, 100)
        .coreToThread(List.of(0, 0, 0))
        .aicore(0, 4294967296L, 0, 1000, 2000, 10)
        .aicore(1, 4294967297L, 0, 2500, 3000, 5)
        .aicpu(0, 0, 900, 2100)
        .aicpu(1, 0, 2300, 3100)
        .phase(0, 1, 850, 910, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0)
        .phase(0, 0, 2080, 2120, 7, 1, 0, 0, 0, 0, 0, 0, 1, 0)
        .submit(0, 0, 4294967296L, 700, 760);
  }

  /** Returns the level-1 example. */
  static TraceBuilder levelOne(String layout) {
    return new TraceBuilder(layout, 1, 1, 0, 100).aicore(0, 4294967296L, 0, 1000, 2000, 10);
  }

  /** Writes the capture and opens it for export. */
  CaptureSource build() throws IOException {
    Path directory = Exports.scratch();
    writeTo(directory);
    return CaptureSource.open(directory);
  }

  private CaptureManifest manifest() {
    CaptureManifest made =
        CaptureBuilder.manifest(
            geometry.layout().id(),
            geometry.numCores(),
            geometry.schedThreads(),
            geometry.orchThreads(),
            geometry.level());
    return new CaptureManifest(
        made.format(),
        new UUID((long) Objects.hash(device, hostShiftNs) << Integer.SIZE, session),
        new CaptureManifest.Origin("test", host, device, session, "test producer"),
        geometry,
        made.overrides(),
        new CaptureManifest.Cores(types, threads),
        new CaptureManifest.Clock(
            made.clock().startedAt().plusNanos(hostShiftNs),
            HOST_ORIGIN_NS + hostShiftNs,
            made.clock().clockHz(),
            bootId,
            bootOffsetNs),
        Optional.empty(),
        made.outcome(),
        made.snapshot(),
        windows);
  }

  /** Writes the capture to disk, with the frames of the pools interleaved. */
  void writeTo(Path directory) throws IOException {
    try (CaptureBuilder capture = new CaptureBuilder(directory, manifest())) {
      write(capture);
    }
  }

  /** Same, in the state before its end. */
  void writeWithoutEnd(Path directory) throws IOException {
    CaptureBuilder capture = new CaptureBuilder(directory, manifest());
    write(capture);
    capture.kill();
  }

  private void write(CaptureBuilder capture) throws IOException {
    for (int runNow = 0; runNow <= run; runNow++) {
      int now = runNow;
      List<Map.Entry<Pool, List<Block>>> all =
          pools.entrySet().stream()
              .map(
                  pool ->
                      Map.entry(
                          pool.getKey(),
                          pool.getValue().stream().filter(block -> block.run() == now).toList()))
              .toList();
      capture.run(runNow + 1, hostNs(0));
      for (int frame = 0, written = 1; written > 0; frame++) {
        written = 0;
        for (Map.Entry<Pool, List<Block>> pool : all) {
          if (frame < pool.getValue().size()) {
            Block block = pool.getValue().get(frame);
            BufferKind kind = pool.getKey().kind();
            int last = block.records().position() - kind.recordBytes();
            capture.records(
                kind,
                pool.getKey().instance(),
                0,
                frame,
                hostNs(RecordCursor.start(kind, block.records(), last)) + LATE_NS,
                block.records().duplicate().order(ByteOrder.LITTLE_ENDIAN).flip());
            written++;
          }
        }
        if (frame % 3 == 2) {
          capture.roll();
        }
      }
    }
    for (Note note : notes) {
      note.write(capture);
    }
  }
}

package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.output.capture.CaptureFrames;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A capture to export: its frames by pool, the facts about its device, and its clock. Holds one
 * frame of each pool in use. One thread.
 */
public final class CaptureSource implements AutoCloseable {
  private static final int AIV_PER_BLOCK = 2;
  private static final DateTimeFormatter SNAPSHOT_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss.SSS").withZone(ZoneOffset.UTC);

  private final CaptureFrames frames;
  private final CaptureManifest manifest;
  private final int onlyRun;
  private final boolean isBeingWritten;
  private final ByteBuffer[][] buffers = new ByteBuffer[BufferKind.COUNT][];
  private final TraceClock clock;
  // Number of AIC cores, which come before all AIV cores; also the number of blocks.
  private final int aicCores;

  private CaptureSource(Path directory, CaptureFrames frames, int run) throws IOException {
    this.frames = frames;
    this.onlyRun = run;
    this.isBeingWritten =
        !frames.manifest().outcome().isEnded() && CaptureStore.isInUse(directory.getParent());
    this.manifest = frames.manifest();
    for (BufferKind kind : BufferKind.ALL) {
      buffers[kind.ordinal()] = new ByteBuffer[frames.instances(kind)];
    }
    aicCores =
        Collections.frequency(manifest.cores().types(), Geometry.CORE_TYPES.get(Geometry.AIC));
    clock = new TraceClock(this);
  }

  /**
   * @throws IOException if the capture is missing or unreadable
   */
  public static CaptureSource open(Path directory) throws IOException {
    return open(directory, 0);
  }

  /** Opens one run of a capture as if it were the only one; 0 for all runs. */
  public static CaptureSource open(Path directory, int run) throws IOException {
    Path absolute = directory.toAbsolutePath();
    CaptureFrames frames = CaptureFrames.open(absolute, run);
    try {
      return new CaptureSource(absolute, frames, run);
    } catch (IOException | RuntimeException e) {
      frames.close();
      throw e;
    }
  }

  /** Parts of the capture that could not be read, one line each. */
  public List<String> damages() {
    // In a growing capture, a torn tail is just unfinished writing.
    return frames.damages().stream()
        .filter(damage -> !isBeingWritten || !damage.isTornTail())
        .map(String::valueOf)
        .toList();
  }

  /** Returns whether a running daemon is still writing the capture. */
  boolean isBeingWritten() {
    return isBeingWritten;
  }

  /** The exported run; 0 for all. */
  int run() {
    return onlyRun;
  }

  /** Returns the names of all runs with records in the capture, exported or not. */
  public Map<Integer, String> runs() {
    Map<Integer, String> names = new TreeMap<>();
    for (int run : frames.runs()) {
      CaptureManifest.RunWindow window = runWindow(run);
      names.put(run, window == null ? "" : window.name());
    }
    return names;
  }

  /** Returns whether the manifest records the end of a run, and so everything about it. */
  public boolean isRunEnded(int run) {
    CaptureManifest.RunWindow window = runWindow(run);
    return window != null && window.end().isPresent();
  }

  /** Returns whether the runtime's own file can hold only one run. */
  public boolean isOneRunAFile() {
    return runtime().isEmpty();
  }

  /** Id of the capture, plus the time for snapshots, since those of a session share the id. */
  public String name() {
    return manifest.id()
        + manifest.snapshot().map(of -> "-" + SNAPSHOT_TIME.format(of.takenAt())).orElse("");
  }

  CaptureManifest manifest() {
    return manifest;
  }

  public Geometry geometry() {
    return manifest.geometry();
  }

  /** Wall-clock time at the clock's base. */
  Instant wallBase() {
    return manifest.clock().wallTime(clock.baseHostNs());
  }

  long clockHz() {
    return manifest.clock().clockHz();
  }

  TraceClock clock() {
    return clock;
  }

  /** Returns whether the runtime is of the chip generations, which draw some things differently. */
  boolean isChip() {
    return geometry().layout().generation().isChip();
  }

  /** Field layout of a scheduler phase. */
  SchedPhaseRecord phaseRecord() {
    return geometry().layout().facts().schedPhaseRecord();
  }

  /** Meaning of the numbers of scheduler phases. */
  PhaseNumbering phaseNumbering() {
    return geometry().layout().facts().phaseNumbering();
  }

  /**
   * Returns the name of the runtime for the newest generation, which has two with different files;
   * empty for older ones.
   */
  String runtime() {
    PhaseNumbering numbering = phaseNumbering();
    boolean isNamed =
        numbering == PhaseNumbering.TENSORMAP_AND_RINGBUFFER
            || numbering == PhaseNumbering.HOST_BUILD_GRAPH;
    return isNamed ? numbering.name().toLowerCase(Locale.ROOT) : "";
  }

  /** Formats a task id like the runtime's tools: {@code r1t5}, {@code t5}, {@code g2t5}. */
  String taskName(long taskId) {
    String task = "t" + (taskId & 0xFFFFFFFFL);
    if (phaseNumbering() == PhaseNumbering.HOST_BUILD_GRAPH) {
      return switch ((int) (taskId >>> 62)) {
        case 0 -> task;
        case 1 -> "g" + ((taskId >>> Integer.SIZE) & 0xFFFFF) + task;
        default -> "p" + (taskId & 0xFFFFFFFFL);
      };
    }
    long ring = (taskId >>> Integer.SIZE) & 0xFF;
    return ring == 0 && runtime().isEmpty() ? task : "r" + ring + task;
  }

  /** Returns when a run took place, by the client's clock; null if unknown. */
  CaptureManifest.RunWindow runWindow(int run) {
    return manifest.runs().stream().filter(known -> known.number() == run).findFirst().orElse(null);
  }

  /** Returns the runtime's epoch of a run; its number in the capture if that is unknown. */
  long runEpoch(int run) {
    CaptureManifest.RunWindow window = runWindow(run);
    return window == null || window.epoch() == 0 ? run : window.epoch();
  }

  /** {@code aic} or {@code aiv}. */
  String coreType(int core) {
    return manifest.cores().types().get(core);
  }

  boolean isAic(int core) {
    return coreType(core).equals(Geometry.CORE_TYPES.get(Geometry.AIC));
  }

  /** Returns the function that a task of the dependency graph runs on a core, or -1. */
  int function(TaskGraph graph, int node, int core) {
    boolean isAic = isAic(core);
    return graph.kernel(node, isAic, isAic ? 0 : Math.max(0, core - aicCores) % AIV_PER_BLOCK);
  }

  /** Returns the scheduler thread that the device reported for a core; -1 if none. */
  int threadOf(int core) {
    List<Integer> threads = manifest.cores().threads();
    int thread = core < threads.size() ? threads.get(core) : -1;
    return thread < maxThreads() ? thread : -1;
  }

  /** Scheduler lanes in the runtime's files, whether used or not. */
  int maxThreads() {
    return geometry().layout().queueCount();
  }

  CaptureFrames frames() {
    return frames;
  }

  int instances(BufferKind kind) {
    return frames.instances(kind);
  }

  public int frameCount(BufferKind kind, int instance) {
    return frames.frameCount(kind, instance);
  }

  /** Returns the device run of a frame: dispatch tokens start over with each run. */
  public int run(BufferKind kind, int instance, int frame) {
    return frames.run(kind, instance, frame);
  }

  /**
   * Returns the records of a frame: little endian, from position 0 to the limit. Valid until the
   * next frame of the same pool is read; other pools do not affect it.
   */
  ByteBuffer frame(BufferKind kind, int instance, int frame) throws IOException {
    ByteBuffer[] ofKind = buffers[kind.ordinal()];
    ofKind[instance] = frames.read(kind, instance, frame, ofKind[instance]);
    return ofKind[instance];
  }

  /** Returns the number of records of a kind. */
  long records(BufferKind kind) {
    long records = 0;
    for (int instance = 0; instance < instances(kind); instance++) {
      for (int frame = 0; frame < frameCount(kind, instance); frame++) {
        records += frames.recordCount(kind, instance, frame);
      }
    }
    return records;
  }

  /** Returns the latest possible time in the capture, in ticks since its base. */
  long lastTicks() throws IOException {
    long last = 0;
    for (BufferKind kind : BufferKind.TIMED) {
      for (int instance = 0; instance < instances(kind); instance++) {
        int count = frameCount(kind, instance);
        if (count == 0) {
          continue;
        }
        ByteBuffer records = frame(kind, instance, count - 1);
        for (int at = 0; at < records.limit(); at += kind.recordBytes()) {
          last = Math.max(last, clock.sinceBase(RecordCursor.start(kind, records, at)));
          last = Math.max(last, clock.sinceBase(RecordCursor.end(kind, records, at)));
        }
      }
    }
    return last;
  }

  @Override
  public void close() throws IOException {
    frames.close();
  }
}

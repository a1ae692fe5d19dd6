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
 * A capture to export: its frames by pool, what is known of the device, and its clock. Holds one
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
  // Cores before the first AIV core, which is how many blocks there are.
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
   * @throws IOException if there is no capture, or one that cannot be understood
   */
  public static CaptureSource open(Path directory) throws IOException {
    return open(directory, 0);
  }

  /** Likewise of one run, as if the capture had no other; 0 for all. */
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

  /** What of the capture could not be read, one line each. */
  public List<String> damages() {
    // What its writer has begun and not finished is the end of a capture that grows.
    return frames.damages().stream()
        .filter(damage -> !isBeingWritten || !damage.isTornTail())
        .map(String::valueOf)
        .toList();
  }

  /** Whether a daemon that lives is still writing it. */
  boolean isBeingWritten() {
    return isBeingWritten;
  }

  /** The run that is exported; 0 for all. */
  int run() {
    return onlyRun;
  }

  /** The runs of which the capture has records, whichever are exported, with their names. */
  public Map<Integer, String> runs() {
    Map<Integer, String> names = new TreeMap<>();
    for (int run : frames.runs()) {
      CaptureManifest.RunWindow window = runWindow(run);
      names.put(run, window == null ? "" : window.name());
    }
    return names;
  }

  /** Whether the manifest has the end of a run, and with that all that is said of it. */
  public boolean isRunEnded(int run) {
    CaptureManifest.RunWindow window = runWindow(run);
    return window != null && window.end().isPresent();
  }

  /** Whether the runtime's own file has no place for more than one run. */
  public boolean isOneRunAFile() {
    return runtime().isEmpty();
  }

  /** The id of the capture; snapshots of one session share it, and have their time as well. */
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

  /** The wall's time at the clock's base. */
  Instant wallBase() {
    return manifest.clock().wallTime(clock.baseHostNs());
  }

  long clockHz() {
    return manifest.clock().clockHz();
  }

  TraceClock clock() {
    return clock;
  }

  /** Whether the runtime belongs to the chip generations, which draw some things differently. */
  boolean isChip() {
    return geometry().layout().generation().isChip();
  }

  /** Where the fields of a scheduler phase lie. */
  SchedPhaseRecord phaseRecord() {
    return geometry().layout().facts().schedPhaseRecord();
  }

  /** What the numbers of scheduler phases mean. */
  PhaseNumbering phaseNumbering() {
    return geometry().layout().facts().phaseNumbering();
  }

  /**
   * The name of the runtime, of which the newest generation has two with different files; empty for
   * older ones.
   */
  String runtime() {
    PhaseNumbering numbering = phaseNumbering();
    boolean isNamed =
        numbering == PhaseNumbering.TENSORMAP_AND_RINGBUFFER
            || numbering == PhaseNumbering.HOST_BUILD_GRAPH;
    return isNamed ? numbering.name().toLowerCase(Locale.ROOT) : "";
  }

  /** A task id as the runtime's tools write it: {@code r1t5}, {@code t5}, {@code g2t5}. */
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

  /** When a run was, by the client's clock; null if that is not known. */
  CaptureManifest.RunWindow runWindow(int run) {
    return manifest.runs().stream().filter(known -> known.number() == run).findFirst().orElse(null);
  }

  /** What the runtime calls a run; its number in the capture if that is not known. */
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

  /** The function that a task of the dependency graph runs on a core, or -1. */
  int function(TaskGraph graph, int node, int core) {
    boolean isAic = isAic(core);
    return graph.kernel(node, isAic, isAic ? 0 : Math.max(0, core - aicCores) % AIV_PER_BLOCK);
  }

  /** The scheduler thread that the device named for a core; -1 if it named none. */
  int threadOf(int core) {
    List<Integer> threads = manifest.cores().threads();
    int thread = core < threads.size() ? threads.get(core) : -1;
    return thread < maxThreads() ? thread : -1;
  }

  /** Scheduler lanes in the runtime's files, used or not. */
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

  /** In which run of the device a frame was collected: dispatch tokens start over with each. */
  public int run(BufferKind kind, int instance, int frame) {
    return frames.run(kind, instance, frame);
  }

  /**
   * The records of a frame: little endian, from position 0 to the limit. Valid until the next frame
   * of the same pool is asked for; other pools do not disturb it.
   */
  ByteBuffer frame(BufferKind kind, int instance, int frame) throws IOException {
    ByteBuffer[] ofKind = buffers[kind.ordinal()];
    ofKind[instance] = frames.read(kind, instance, frame, ofKind[instance]);
    return ofKind[instance];
  }

  /** Records of a kind. */
  long records(BufferKind kind) {
    long records = 0;
    for (int instance = 0; instance < instances(kind); instance++) {
      for (int frame = 0; frame < frameCount(kind, instance); frame++) {
        records += frames.recordCount(kind, instance, frame);
      }
    }
    return records;
  }

  /** The last possible time of the capture, in ticks since its base. */
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

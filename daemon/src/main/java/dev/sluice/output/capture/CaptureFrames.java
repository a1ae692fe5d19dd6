package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Random access to the record frames of a capture, by pool. Segments are walked once, or not at all
 * if they have an index. One thread.
 *
 * <p>Memory: 16 to 32 bytes per frame and some open segments. Frames written after opening are not
 * seen.
 */
public final class CaptureFrames implements AutoCloseable {
  /** Twice the peak of one frame while its arrays grow, to leave memory for other uses. */
  private static final int MAX_BYTES_PER_FRAME = 100;

  /** Minimum bound on the records of a frame: one frame of each pool must fit into memory. */
  private static final int MAX_RECORDS = 1 << 14;

  private final Path directory;
  private final CaptureManifest manifest;
  private final List<List<PoolFrames>> pools = new ArrayList<>();
  private final Damages damages = new Damages();
  private final OpenSegments segments;
  private final Checksum checksum = new Checksum();
  private final RecordCodec[] codecs;
  private final ByteBuffer header =
      ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final int captureTag;
  private final int onlyRun;
  private final Set<Integer> runs = new TreeSet<>();
  private final List<Note> notes = new ArrayList<>();
  private final Map<Integer, Long> epochs = new HashMap<>();
  private ByteBuffer payload;
  private final long maxFrames = Runtime.getRuntime().maxMemory() / MAX_BYTES_PER_FRAME;
  private long frames;

  /** Notes kept one by one; later ones are merged into the last one of their kind. */
  private static final int MAX_NOTES = 1 << 17;

  /**
   * A frame without records.
   *
   * @param kind null if the frame concerns no kind
   * @param instance core or thread; -1 if the frame concerns no single one. A STALL without a kind
   *     belongs to a thread that waited for room in its ready queue
   * @param cause cause of a GAP or a STALL
   * @param isDeviceLoss whether the device lost the records of a GAP, not the capture
   * @param count GAP: buffers, STALL: number of waits; summed over the merged frames
   * @param value GAP: records, STALL: nanoseconds, RUN: number; summed over the merged frames
   * @param untilNs host time of the last merged frame
   * @param poolFrame number of the pool's record frames before this one
   */
  public record Note(
      FrameType type,
      BufferKind kind,
      int instance,
      String cause,
      boolean isDeviceLoss,
      long count,
      long value,
      long hostTimeNs,
      long untilNs,
      int poolFrame) {
    private boolean isLike(Note other) {
      return type == other.type
          && kind == other.kind
          && instance == other.instance
          && cause.equals(other.cause);
    }

    private Note with(Note later) {
      return new Note(
          type,
          kind,
          instance,
          cause,
          isDeviceLoss,
          count + later.count,
          value + later.value,
          hostTimeNs,
          later.untilNs,
          poolFrame);
    }
  }

  private CaptureFrames(Path directory, CaptureManifest manifest, int onlyRun) {
    this.directory = directory;
    this.onlyRun = onlyRun;
    this.manifest = manifest;
    this.codecs = manifest.format().codecs();
    this.captureTag = CaptureFormat.captureTag(manifest.id());
    this.segments = new OpenSegments(directory);
    for (BufferKind kind : BufferKind.ALL) {
      List<PoolFrames> ofKind = new ArrayList<>();
      Geometry of = manifest.geometry();
      int instances = of.has(kind.region()) ? manifest.layout().poolCount(kind, of.numCores()) : 0;
      for (int instance = 0; instance < instances; instance++) {
        ofKind.add(new PoolFrames());
      }
      pools.add(ofKind);
    }
  }

  /** Opens a capture with the frames of all runs. */
  public static CaptureFrames open(Path directory) throws IOException {
    return open(directory, 0);
  }

  /**
   * Opens a capture and finds its frames; walks segments that have no index.
   *
   * @param onlyRun number of the wanted run; 0 for all
   * @throws CaptureException if the manifest is missing or unreadable, or the frames do not fit in
   *     memory
   */
  public static CaptureFrames open(Path directory, int onlyRun) throws IOException {
    CaptureFrames frames =
        new CaptureFrames(directory, ManifestFile.read(directory).manifest(), onlyRun);
    try {
      frames.findAll();
      return frames;
    } catch (IOException | RuntimeException e) {
      frames.close();
      throw e;
    }
  }

  private void findAll() throws IOException {
    int run = 0;
    SegmentWindow window = new SegmentWindow();
    for (int number : segmentNumbers(directory)) {
      SegmentIndex index =
          SegmentIndex.load(
              directory.resolve(CaptureFormat.indexName(number)), manifest.id(), number);
      try {
        run = index != null ? find(number, index, run) : walk(number, window, run);
      } catch (NoSuchFileException | CaptureException e) {
        if (frames == maxFrames) {
          throw e;
        }
        damages.add(new Damage(CaptureFormat.segmentName(number), -1, e.getMessage(), false));
      }
    }
  }

  private int find(int number, SegmentIndex index, int runBefore) throws IOException {
    int run = runBefore;
    Frame frame = new Frame(codecs);
    for (int entry = 0; entry < index.entries(); entry++) {
      FrameType type = index.type(entry);
      if (type == FrameType.RUN || type == FrameType.GAP || type == FrameType.STALL) {
        run = readHeader(number, index.offset(entry)) ? note(frame.point(header, 0), run) : run;
      } else if (index.type(entry) == FrameType.RECORDS) {
        add(
            index.kind(entry),
            index.instance(entry),
            number,
            index.offset(entry),
            index.records(entry),
            FrameHeader.run(run, index.reason(entry)));
      }
    }
    return run;
  }

  private int walk(int number, SegmentWindow window, int runBefore) throws IOException {
    int run = runBefore;
    String name = CaptureFormat.segmentName(number);
    SegmentWalk walk = new SegmentWalk(segments.get(number), window, name, manifest, number);
    for (Frame frame = walk.next(); frame != null; frame = walk.next()) {
      if (frame.type() == FrameType.RUN
          || frame.type() == FrameType.GAP
          || frame.type() == FrameType.STALL) {
        run = note(frame, run);
      } else if (frame.type() == FrameType.RECORDS) {
        long offset = walk.position() - frame.sizeBytes();
        int ofFrame = frame.run(run);
        add(frame.kind(), frame.instance(), number, offset, frame.recordCount(), ofFrame);
      }
    }
    damages.addAll(walk.damages());
    return run;
  }

  /** Keeps a frame without records. Returns the number of the latest run. */
  private int note(Frame frame, int runBefore) {
    boolean isRun = frame.type() == FrameType.RUN;
    int run = isRun ? frame.run(runBefore) : runBefore;
    if (isRun) {
      epochs.put(run, frame.runEpoch());
    }
    if (isLeftOut(run)) {
      return run;
    }
    BufferKind kind = frame.kind();
    int instance = frame.instance();
    boolean hasPool = kind != null && instance >= 0 && instance < instances(kind);
    boolean isOfThread =
        frame.type() == FrameType.STALL
            && kind == null
            && instance >= 0
            && instance < manifest.layout().queueCount();
    Note note =
        new Note(
            frame.type(),
            kind,
            hasPool || isOfThread ? instance : -1,
            isRun ? "" : frame.cause(),
            frame.type() == FrameType.GAP && frame.isDeviceLoss(),
            isRun ? 0 : Integer.toUnsignedLong(frame.recordCount()),
            isRun ? run : frame.value(),
            frame.hostTimeNs(),
            frame.hostTimeNs(),
            hasPool ? frameCount(kind, instance) : 0);
    for (int i = notes.size() - 1; notes.size() >= MAX_NOTES && i >= 0; i--) {
      if (notes.get(i).isLike(note)) {
        notes.set(i, notes.get(i).with(note));
        return run;
      }
    }
    notes.add(note);
    return run;
  }

  private boolean readHeader(int segment, long offset) throws IOException {
    header.clear();
    segments.get(segment).read(header, offset);
    return !header.hasRemaining() && FrameHeader.isValid(header, 0, segment, captureTag, checksum);
  }

  /** Adds a record frame; rejects a kind, instance or length that the layout does not have. */
  private void add(BufferKind kind, int instance, int segment, long offset, int records, int run)
      throws CaptureException {
    if (records == 0) {
      return;
    }
    if (kind == null
        || instance < 0
        || instance >= pools.get(kind.ordinal()).size()
        || records < 0
        || records > Math.max(MAX_RECORDS, manifest.layout().buffer(kind).records())) {
      String name = CaptureFormat.segmentName(segment);
      damages.add(
          new Damage(name, offset, "the frame does not belong to a pool of this capture", false));
      return;
    }
    runs.add(run);
    if (isLeftOut(run)) {
      return;
    }
    if (frames == maxFrames) {
      throw new CaptureException(
          directory
              + " has more than "
              + maxFrames
              + " frames, too many for the heap of this process; raise it with"
              + " SLUICE_JAVA_OPTS=-Xmx4g");
    }
    frames++;
    pools.get(kind.ordinal()).get(instance).add(segment, offset, records, run);
  }

  private boolean isLeftOut(int run) {
    return onlyRun != 0 && run != onlyRun;
  }

  static List<Integer> segmentNumbers(Path directory) throws IOException {
    TreeMap<Integer, Path> numbers = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        numbers.put(CaptureFormat.segmentNumber(file), file);
      }
    }
    numbers.remove(-1);
    return new ArrayList<>(numbers.keySet());
  }

  public CaptureManifest manifest() {
    return manifest;
  }

  /** Runs with records in the capture, including those left out by {@code onlyRun}. */
  public Set<Integer> runs() {
    return Collections.unmodifiableSet(runs);
  }

  /** Damage skipped while frames were located. */
  public List<Damage> damages() {
    return damages.list();
  }

  /** Frames without records, in the order of writing. */
  public List<Note> notes() {
    return Collections.unmodifiableList(notes);
  }

  /** AICPU thread that published the last frame read; -1 if that frame was salvaged. */
  public int queue() {
    return header.getInt(FrameHeader.QUEUE_OFFSET);
  }

  /** Host time of the last frame read. */
  public long hostTimeNs() {
    return header.getLong(FrameHeader.HOST_TIME_OFFSET);
  }

  /** Instances of a kind in the layout. */
  public int instances(BufferKind kind) {
    return pools.get(kind.ordinal()).size();
  }

  private PoolFrames pool(BufferKind kind, int instance) {
    return pools.get(kind.ordinal()).get(instance);
  }

  public int frameCount(BufferKind kind, int instance) {
    return pool(kind, instance).count();
  }

  public int recordCount(BufferKind kind, int instance, int frame) {
    return pool(kind, instance).records(frame);
  }

  /**
   * Returns the number of the frame's run, from 1. Sequences and tokens start over with each run,
   * and frames of overlapping runs are interleaved.
   */
  public int run(BufferKind kind, int instance, int frame) {
    return pool(kind, instance).run(frame);
  }

  /** Epoch in the buffers of a run; 0 if they carry none or it was not recorded. */
  public long runEpoch(int run) {
    return epochs.getOrDefault(run, 0L);
  }

  /**
   * Reads the records of a frame.
   *
   * @param into direct buffer to reuse, or null
   * @return the records, little endian, from position 0 to the limit; {@code into} if it was large
   *     enough
   * @throws CaptureException if the frame is damaged
   */
  public ByteBuffer read(BufferKind kind, int instance, int frame, ByteBuffer into)
      throws IOException {
    PoolFrames pool = pool(kind, instance);
    int segment = pool.segment(frame);
    long offset = pool.offset(frame);
    SegmentSource source = segments.get(segment);
    if (!readHeader(segment, offset)
        || header.getInt(FrameHeader.RECORDS_OFFSET) != pool.records(frame)
        || FrameHeader.recordBytes(header, 0, kind) < 0) {
      throw damaged(segment, offset, "has no such frame");
    }
    int length = header.getInt(FrameHeader.PAYLOAD_BYTES_OFFSET);
    payload = withCapacity(payload, length).limit(length);
    source.read(payload, offset + FrameHeader.SIZE_BYTES);
    payload.flip();
    if (payload.limit() != length
        || checksum.of(payload, 0, length) != header.getInt(FrameHeader.PAYLOAD_CRC_OFFSET)) {
      throw damaged(segment, offset, "has a frame with a wrong checksum");
    }
    payload.position(0);
    int recordBytes = pool.records(frame) * kind.recordBytes();
    ByteBuffer records = withCapacity(into, recordBytes).limit(recordBytes);
    if (!codecs[kind.ordinal()].decode(payload, pool.records(frame), records)) {
      throw damaged(segment, offset, "has a frame that does not decode");
    }
    return records;
  }

  private static ByteBuffer withCapacity(ByteBuffer buffer, int bytes) {
    return buffer == null || buffer.capacity() < bytes
        ? ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN)
        : buffer.clear();
  }

  private CaptureException damaged(int segment, long offset, String what) {
    return new CaptureException(
        directory.resolve(CaptureFormat.segmentName(segment))
            + " "
            + what
            + " at byte "
            + offset
            + "; run sluice verify to see what is intact");
  }

  @Override
  public void close() throws IOException {
    segments.close();
  }
}

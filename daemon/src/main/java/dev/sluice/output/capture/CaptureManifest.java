package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.RecordColumn;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.abi.SyntheticContent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What a capture says of itself: who wrote it, in which layout, and the totals of the accounting
 * law. Immutable.
 *
 * @param geometry with the overrides applied
 * @param synthetic how the content of every record follows, if a synthetic producer made it
 * @param snapshot present if this is a part that a flight recorder kept
 * @param runs when the device ran, oldest first; the last 1024
 */
public record CaptureManifest(
    Format format,
    UUID id,
    Origin origin,
    Geometry geometry,
    LayoutOverrides overrides,
    Cores cores,
    Clock clock,
    Optional<SyntheticContent.Recipe> synthetic,
    Outcome outcome,
    Optional<Snapshot> snapshot,
    List<RunWindow> runs) {

  /** The ending of a capture that is being written, or whose writer was killed. */
  public static final String RUNNING = "running";

  // Every known device ticks at 50 MHz or 1 GHz.
  private static final long MAX_CLOCK_HZ = 4_000_000_000L;

  public CaptureManifest {
    runs = List.copyOf(runs);
  }

  /** Of a session that has not run yet. */
  public CaptureManifest(
      Format format,
      UUID id,
      Origin origin,
      Geometry geometry,
      LayoutOverrides overrides,
      Cores cores,
      Clock clock,
      Optional<SyntheticContent.Recipe> synthetic,
      Outcome outcome,
      Optional<Snapshot> snapshot) {
    this(
        format, id, origin, geometry, overrides, cores, clock, synthetic, outcome, snapshot,
        List.of());
  }

  public Layout layout() {
    return geometry.layout();
  }

  /** The content of its file. */
  public byte[] toBytes() {
    return ManifestFile.bytes(this);
  }

  /** What {@link #toBytes} made. */
  public static CaptureManifest of(byte[] bytes) throws CaptureException {
    return ManifestFile.parse(bytes);
  }

  /**
   * What every reader divides by, or looks up per core, is as it must be.
   *
   * @throws IllegalArgumentException with the key that is not
   */
  void requireUsable() {
    if (clock.clockHz() < 1 || clock.clockHz() > MAX_CLOCK_HZ) {
      throw new IllegalArgumentException("clock_hz is " + clock.clockHz());
    }
    int count = geometry.numCores();
    if (cores.types().size() != count) {
      throw new IllegalArgumentException("core_types does not name " + count + " cores");
    }
    if (!cores.threads().isEmpty() && cores.threads().size() != count) {
      throw new IllegalArgumentException("core_to_thread does not name " + count + " cores");
    }
  }

  /** The same for captures whose host times can be compared. */
  public String bootName() {
    return clock.bootId.isEmpty() ? "host " + origin.host : clock.bootId;
  }

  /** The same capture with other totals. */
  public CaptureManifest with(Outcome newOutcome) {
    return new CaptureManifest(
        format,
        id,
        origin,
        geometry,
        overrides,
        cores,
        clock,
        synthetic,
        newOutcome,
        snapshot,
        runs);
  }

  /** The same capture once the device said which thread serves which core. */
  public CaptureManifest with(Cores newCores) {
    return new CaptureManifest(
        format, id, origin, geometry, overrides, newCores, clock, synthetic, outcome, snapshot,
        runs);
  }

  /** The same capture with other runs. */
  public CaptureManifest with(List<RunWindow> newRuns) {
    return new CaptureManifest(
        format, id, origin, geometry, overrides, cores, clock, synthetic, outcome, snapshot,
        newRuns);
  }

  /** A part of this capture. */
  public CaptureManifest with(Snapshot newSnapshot) {
    return new CaptureManifest(
        format,
        id,
        origin,
        geometry,
        overrides,
        cores,
        clock,
        synthetic,
        outcome,
        Optional.of(newSnapshot),
        runs);
  }

  /**
   * How the frames are written: the version, as in {@link CaptureFormat}, and the columns of each
   * kind's records.
   */
  public record Format(int major, int minor, Map<BufferKind, List<RecordColumn>> columns) {
    /** What this program writes for records of a layout. */
    public static Format of(Layout layout) {
      return new Format(
          CaptureFormat.MAJOR,
          CaptureFormat.MINOR,
          BufferKind.ALL.stream().collect(Collectors.toMap(kind -> kind, layout::columns)));
    }

    public Format {
      columns = Map.copyOf(columns);
    }

    /** A codec for each kind, by its wire number; for one thread. */
    RecordCodec[] codecs() {
      return BufferKind.ALL.stream()
          .map(kind -> RecordCodec.of(kind.recordBytes(), columns.get(kind)))
          .toArray(RecordCodec[]::new);
    }
  }

  /**
   * Where it comes from.
   *
   * @param session number within the daemon's life
   * @param producer the name that the producer attached with
   */
  public record Origin(
      String sluiceVersion, String host, int device, int session, String producer) {}

  /**
   * What the device said of itself.
   *
   * @param types {@code aic} or {@code aiv} for each core
   * @param threads the AICPU thread of each core, -1 for none; empty while the device has not said
   * @param scopes what it wrote beside its scope statistics in the last run; empty without them
   */
  public record Cores(List<String> types, List<Integer> threads, Optional<ScopeCapacities> scopes) {
    public Cores {
      types = List.copyOf(types);
      threads = List.copyOf(threads);
    }

    /** Of a device without scope statistics. */
    public Cores(List<String> types, List<Integer> threads) {
      this(types, threads, Optional.empty());
    }

    Cores with(List<Integer> newThreads) {
      return new Cores(types, newThreads, scopes);
    }

    Cores with(ScopeCapacities newScopes) {
      return new Cores(types, threads, Optional.of(newScopes));
    }
  }

  /**
   * The two clocks of a capture.
   *
   * @param startedAt wall clock at the host time {@code hostOriginNs}
   * @param hostOriginNs the frames' host time is this monotonic clock of the daemon's host
   * @param clockHz ticks per second in the device's records
   * @param bootId of the boot of the host that the monotonic clock counts from; empty if not known
   * @param bootOffsetNs CLOCK_BOOTTIME minus CLOCK_MONOTONIC: how long the host was suspended
   */
  public record Clock(
      Instant startedAt, long hostOriginNs, long clockHz, String bootId, long bootOffsetNs) {
    /** On a host of which nothing else is known. */
    public Clock(Instant startedAt, long hostOriginNs, long clockHz) {
      this(startedAt, hostOriginNs, clockHz, "", 0);
    }

    /** When a host time was, on the wall. */
    public Instant wallTime(long hostTimeNs) {
      return startedAt.plusNanos(hostTimeNs - hostOriginNs);
    }
  }

  /**
   * When the device ran, by the clocks of the client: it was launched after the start and complete
   * before the end, so the times of its records lie between them.
   *
   * @param number counts the runs of the session from 1
   * @param epoch what the device stamped into its buffers; 0 if it is not known
   * @param name as the client told; empty if it did not
   * @param end empty while it runs
   */
  public record RunWindow(
      int number, long epoch, String name, HostTime start, Optional<HostTime> end) {
    /** When it began, by the monotonic clock of its host. */
    public long startNs() {
      return start.monotonicNs();
    }

    /** When it ended; the highest number while it runs. */
    public long endNs() {
      return end.map(HostTime::monotonicNs).orElse(Long.MAX_VALUE);
    }

    /** Whether these times can be compared with those of another clock of the same boot. */
    public boolean isOfBoot(String bootId) {
      return !bootId.isEmpty() && start.bootId().equals(bootId);
    }

    RunWindow endedAt(long knownEpoch, HostTime at) {
      return new RunWindow(
          number, knownEpoch != 0 ? knownEpoch : epoch, name, start, Optional.of(at));
    }
  }

  /**
   * How it ended and what it holds.
   *
   * @param ending {@link #RUNNING}, or a word or two
   * @param endedAt empty while it runs
   * @param kinds the law, one row per kind
   * @param frames frames written, without the footers of segments
   * @param segments segments written
   * @param removedSegments those of them that retention took away again, oldest first
   * @param writing {@code direct} or {@code buffered}, the file system's last word; empty if it is
   *     not known
   */
  public record Outcome(
      String ending,
      Optional<Instant> endedAt,
      Map<BufferKind, KindBooks> kinds,
      long frames,
      long segments,
      long removedSegments,
      String writing) {
    public Outcome {
      kinds = Map.copyOf(kinds);
    }

    /** Nothing yet. */
    public static Outcome running() {
      return new Outcome(RUNNING, Optional.empty(), Map.of(), 0, 0, 0, "");
    }

    public boolean isEnded() {
      return endedAt.isPresent();
    }

    /** The row of a kind; zeros if there is none. */
    public KindBooks kind(BufferKind kind) {
      return kinds.getOrDefault(kind, KindBooks.ZERO);
    }
  }

  /**
   * The accounting law of one kind, in records:
   *
   * <pre>
   *   produced             = collected + dropped + salvaged + never started + in flight
   *                          + unaccounted
   *   collected + salvaged = captured + lost
   * </pre>
   *
   * @param captured in the segments that were written, salvaged ones included
   * @param lost collected and not captured, by {@link LossReason} label
   * @param dropped by the device, by {@code DropCause} label
   * @param neverStarted of AICore tasks that were dispatched and that no core began
   * @param inFlight written by a device that was still running when the capture ended
   * @param removed captured, but in segments that retention took away
   */
  public record KindBooks(
      long produced,
      long collected,
      long captured,
      Map<String, Long> lost,
      Map<String, Long> dropped,
      long salvaged,
      long neverStarted,
      long inFlight,
      long unaccounted,
      long removed) {
    public static final KindBooks ZERO = new KindBooks(0, 0, 0, Map.of(), Map.of(), 0, 0, 0, 0, 0);

    public KindBooks {
      lost = Map.copyOf(lost);
      dropped = Map.copyOf(dropped);
    }

    /** After retention took so many more records away. */
    KindBooks withRemoved(long more) {
      return new KindBooks(
          produced,
          collected,
          captured,
          lost,
          dropped,
          salvaged,
          neverStarted,
          inFlight,
          unaccounted,
          removed + more);
    }

    public long lostRecords() {
      return lost.values().stream().mapToLong(Long::longValue).sum();
    }

    public long droppedRecords() {
      return dropped.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What the law leaves over between collector and disk; 0 once the capture has ended. */
    public long uncaptured() {
      return collected + salvaged - captured - lostRecords();
    }
  }

  /**
   * A part that was kept.
   *
   * @param reason command or drop, or what the command said
   * @param fromNs host time from which on everything is in it
   * @param toNs host time at which it was taken
   */
  public record Snapshot(String reason, Instant takenAt, long fromNs, long toNs) {}
}

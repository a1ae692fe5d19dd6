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
 * Self-description of a capture: its writer, its layout and the totals of the accounting law.
 * Immutable.
 *
 * @param geometry geometry with the overrides applied
 * @param synthetic how to derive the content of every record, if a synthetic producer made them
 * @param snapshot present if this is a part kept by a flight recorder
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

  /** Ending of a capture that is being written, or whose writer was killed. */
  public static final String RUNNING = "running";

  // Every known device ticks at 50 MHz or 1 GHz.
  private static final long MAX_CLOCK_HZ = 4_000_000_000L;

  public CaptureManifest {
    runs = List.copyOf(runs);
  }

  /** Creates the manifest of a session that has not run yet. */
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

  /** Returns the content of the manifest file. */
  public byte[] toBytes() {
    return ManifestFile.bytes(this);
  }

  /** Parses the result of {@link #toBytes}. */
  public static CaptureManifest of(byte[] bytes) throws CaptureException {
    return ManifestFile.parse(bytes);
  }

  /**
   * Checks the values that readers divide by or index per core.
   *
   * @throws IllegalArgumentException naming the first invalid key
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

  /** Returns a name that is equal for captures with comparable host times. */
  public String bootName() {
    return clock.bootId.isEmpty() ? "host " + origin.host : clock.bootId;
  }

  /** Returns this manifest with other totals. */
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

  /** Returns this manifest with other facts about the cores. */
  public CaptureManifest with(Cores newCores) {
    return new CaptureManifest(
        format, id, origin, geometry, overrides, newCores, clock, synthetic, outcome, snapshot,
        runs);
  }

  /** Returns this manifest with other runs. */
  public CaptureManifest with(List<RunWindow> newRuns) {
    return new CaptureManifest(
        format, id, origin, geometry, overrides, cores, clock, synthetic, outcome, snapshot,
        newRuns);
  }

  /** Returns the manifest of a part of this capture. */
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
   * Encoding of the frames: the version, as in {@link CaptureFormat}, and the columns of each
   * kind's records.
   */
  public record Format(int major, int minor, Map<BufferKind, List<RecordColumn>> columns) {
    /** Returns the format that this program writes for a layout. */
    public static Format of(Layout layout) {
      return new Format(
          CaptureFormat.MAJOR,
          CaptureFormat.MINOR,
          BufferKind.ALL.stream().collect(Collectors.toMap(kind -> kind, layout::columns)));
    }

    public Format {
      columns = Map.copyOf(columns);
    }

    /** Creates one codec per kind, indexed by wire number; for one thread. */
    RecordCodec[] codecs() {
      return BufferKind.ALL.stream()
          .map(kind -> RecordCodec.of(kind.recordBytes(), columns.get(kind)))
          .toArray(RecordCodec[]::new);
    }
  }

  /**
   * Origin of a capture.
   *
   * @param session number within the daemon's lifetime
   * @param producer name that the producer attached with
   */
  public record Origin(
      String sluiceVersion, String host, int device, int session, String producer) {}

  /**
   * What the device reported about itself.
   *
   * @param types {@code aic} or {@code aiv} for each core
   * @param threads AICPU thread of each core, -1 for none; empty until the device reports it
   * @param scopes capacities that it wrote with its scope statistics in the last run; empty without
   *     them
   */
  public record Cores(List<String> types, List<Integer> threads, Optional<ScopeCapacities> scopes) {
    public Cores {
      types = List.copyOf(types);
      threads = List.copyOf(threads);
    }

    /** Creates the facts of a device without scope statistics. */
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
   * @param hostOriginNs origin on the monotonic clock of the daemon's host, which frames use as
   *     host time
   * @param clockHz ticks per second in the device's records
   * @param bootId boot of the host that the monotonic clock counts from; empty if unknown
   * @param bootOffsetNs CLOCK_BOOTTIME minus CLOCK_MONOTONIC: how long the host was suspended
   */
  public record Clock(
      Instant startedAt, long hostOriginNs, long clockHz, String bootId, long bootOffsetNs) {
    /** Creates the clock of a host whose boot is unknown. */
    public Clock(Instant startedAt, long hostOriginNs, long clockHz) {
      this(startedAt, hostOriginNs, clockHz, "", 0);
    }

    /** Converts a host time to wall-clock time. */
    public Instant wallTime(long hostTimeNs) {
      return startedAt.plusNanos(hostTimeNs - hostOriginNs);
    }
  }

  /**
   * When the device ran, by the client's clocks. The device was launched after the start and done
   * before the end, so the times of its records lie in between.
   *
   * @param number number within the session, from 1
   * @param epoch epoch that the device stamped into its buffers; 0 if unknown
   * @param name name given by the client; empty if none
   * @param end empty while the run lasts
   */
  public record RunWindow(
      int number, long epoch, String name, HostTime start, Optional<HostTime> end) {
    /** Start on the monotonic clock of the host. */
    public long startNs() {
      return start.monotonicNs();
    }

    /** End on the same clock; {@link Long#MAX_VALUE} while the run lasts. */
    public long endNs() {
      return end.map(HostTime::monotonicNs).orElse(Long.MAX_VALUE);
    }

    /** Returns whether these times are comparable with those of another clock of that boot. */
    public boolean isOfBoot(String bootId) {
      return !bootId.isEmpty() && start.bootId().equals(bootId);
    }

    RunWindow endedAt(long knownEpoch, HostTime at) {
      return new RunWindow(
          number, knownEpoch != 0 ? knownEpoch : epoch, name, start, Optional.of(at));
    }
  }

  /**
   * How the capture ended and what it contains.
   *
   * @param ending {@link #RUNNING}, or one or two words
   * @param endedAt empty while the capture runs
   * @param kinds accounting law, one row per kind
   * @param frames frames written, without segment footers
   * @param segments segments written
   * @param removedSegments of those, segments that retention removed, oldest first
   * @param writing {@code direct} or {@code buffered}, as last used; empty if unknown
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

    /** Returns the outcome of a capture that has just begun. */
    public static Outcome running() {
      return new Outcome(RUNNING, Optional.empty(), Map.of(), 0, 0, 0, "");
    }

    public boolean isEnded() {
      return endedAt.isPresent();
    }

    /** Returns the row of a kind; zeros if none. */
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
   * @param captured records in the segments that were written, including salvaged ones
   * @param lost collected but not captured, by {@link LossReason} label
   * @param dropped dropped by the device, by {@code DropCause} label
   * @param neverStarted records of AICore tasks that were dispatched but started by no core
   * @param inFlight written by a device that was still running when the capture ended
   * @param removed captured, but in segments that retention removed
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

    /** Returns these books after retention removed {@code more} records. */
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

    /** Records unaccounted for between collector and disk; 0 once the capture has ended. */
    public long uncaptured() {
      return collected + salvaged - captured - lostRecords();
    }
  }

  /**
   * A part of a capture that was kept.
   *
   * @param reason command or drop, or the text given with the command
   * @param fromNs host time from which the part is complete
   * @param toNs host time at which it was taken
   */
  public record Snapshot(String reason, Instant takenAt, long fromNs, long toNs) {}
}

package dev.sluice.session;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.config.CaptureSettings;
import dev.sluice.device.HostState;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.output.capture.Capture;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.output.capture.DeviceBooks;
import dev.sluice.session.run.DropEvent;
import dev.sluice.session.run.RunBooks;
import dev.sluice.session.run.RunCapture;
import dev.sluice.session.run.RunTotals;
import dev.sluice.session.run.StallListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session's interface to its capture. Does nothing if capturing is off. Session owner only,
 * except for the getters.
 */
public final class SessionCapture implements StallListener {
  private static final Logger log = LoggerFactory.getLogger(SessionCapture.class);

  // Instance and queue of a loss that only the accounting law of its kind reveals.
  private static final int ANYWHERE = -1;

  private final CaptureStore store;
  private final Capture capture;
  private final String notice;
  private RunTotals noted = new RunTotals();

  private SessionCapture(CaptureStore store, Capture capture, String notice) {
    this.store = store;
    this.capture = capture;
    this.notice = notice;
  }

  /** Creates captures; holds what all sessions of a daemon share. */
  static final class Maker {
    private final CaptureStore store;
    private final String sluiceVersion;
    private final int shards;

    Maker(CaptureStore store, String sluiceVersion, int shards) {
      this.store = store;
      this.sluiceVersion = sluiceVersion;
      this.shards = shards;
    }

    /** Begins a capture. Without memory for it, the session runs uncaptured instead of failing. */
    SessionCapture begin(CaptureManifest manifest, CaptureSettings settings) {
      if (!settings.enabled()) {
        return new SessionCapture(store, null, "");
      }
      try {
        return new SessionCapture(store, store.begin(manifest, settings, shards), "");
      } catch (IOException e) {
        log.error("session {} is not captured: {}", manifest.origin().session(), e.getMessage());
        return new SessionCapture(store, null, "not captured: " + e.getMessage());
      }
    }

    /** Continues the capture of another process. */
    SessionCapture resume(
        SessionIdentity identity,
        CaptureSettings settings,
        List<ByteBuffer> stages,
        HostState state,
        RunTotals noted,
        boolean isOfRun)
        throws IOException {
      if (identity.capture().isEmpty()) {
        return new SessionCapture(store, null, "");
      }
      if (stages.size() != state.shards()) {
        throw new IOException(stages.size() + " capture stages, expected " + state.shards());
      }
      ShardJournal[] journals = new ShardJournal[state.shards()];
      Arrays.setAll(journals, state::journal);
      Capture resumed =
          store.resume(
              identity.capture().get(),
              identity.manifest(),
              settings,
              stages,
              Arrays.stream(journals).mapToLong(ShardJournal::lastStageTail).toArray(),
              (shard, mark) -> journals[shard].lastCount(mark),
              isOfRun);
      SessionCapture capture = new SessionCapture(store, resumed, "");
      capture.noted = noted;
      return capture;
    }

    CaptureManifest manifest(
        int session, SessionRequest request, Instant startedAt, long startedNs) {
      Geometry geometry = request.geometry();
      return new CaptureManifest(
          CaptureManifest.Format.of(geometry.layout()),
          UUID.randomUUID(),
          new CaptureManifest.Origin(
              sluiceVersion, hostName(), request.device(), session, request.name()),
          geometry,
          request.overrides(),
          new CaptureManifest.Cores(coreTypes(geometry), List.of()),
          clock(startedAt, startedNs, geometry.layout().platform().clockHz()),
          request.synthetic(),
          CaptureManifest.Outcome.running(),
          Optional.empty());
    }

    private static List<String> coreTypes(Geometry geometry) {
      return IntStream.range(0, geometry.numCores())
          .mapToObj(core -> Geometry.CORE_TYPES.get(geometry.coreType(core)))
          .toList();
    }

    private static CaptureManifest.Clock clock(Instant startedAt, long startedNs, long clockHz) {
      try {
        String uptime = Files.readString(Path.of("/proc/uptime"));
        double seconds = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
        long offsetNs = (long) (seconds * 1e9) - System.nanoTime();
        // The resolution of the file is 10 ms: a smaller offset is not suspend time.
        return new CaptureManifest.Clock(
            startedAt,
            startedNs,
            clockHz,
            HostTime.now().bootId(),
            offsetNs < 20_000_000 ? 0 : offsetNs);
      } catch (IOException | RuntimeException ignored) {
        // Without a boot id, captures of one host are matched by host name.
        return new CaptureManifest.Clock(startedAt, startedNs, clockHz);
      }
    }

    private static String hostName() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException ignored) {
        // A host may be unable to resolve its own name.
        return "localhost";
      }
    }
  }

  RunCapture ofRun() {
    return capture == null ? RunCapture.NONE : RunCapture.of(capture);
  }

  /**
   * Marks the start of a run.
   *
   * @param place index by which the collectors know the run
   * @param at when the client sent the request
   */
  void beginRun(int place, RunId id, HostTime at) {
    if (capture != null) {
      capture.beginRun(place, id.epoch());
      capture.began(id, at);
      store.wake(capture);
    }
  }

  /** Marks the end of a run while another continues. */
  void endRun(long epoch, HostTime at) {
    if (capture != null) {
      capture.ended(epoch, at);
    }
  }

  void endRun(List<Integer> coreToThread, long epoch, HostTime at) {
    if (capture != null) {
      capture.endRun(coreToThread);
      capture.ended(epoch, at);
    }
  }

  /** Records the capacities that the device wrote next to its scope statistics. */
  void scopes(ScopeCapacities capacities) {
    if (capture != null) {
      capture.scopes(capacities);
    }
  }

  /** Records the changes in the session's books since the last call. */
  void note(RunTotals all) {
    if (capture == null) {
      return;
    }
    Map<BufferKind, DeviceBooks> books = new HashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      Map<String, Long> dropped = new LinkedHashMap<>();
      for (DropCause cause : DropCause.ALL) {
        long more = all.drops[k][cause.ordinal()] - noted.drops[k][cause.ordinal()];
        if (more > 0 && !RunBooks.DROPS_BY_POOL.contains(cause)) {
          capture.dropped(kind, ANYWHERE, ANYWHERE, cause, more);
        }
        dropped.put(cause.label(), all.drops[k][cause.ordinal()]);
      }
      AccountingLaw law = all.laws[k];
      books.put(
          kind,
          new DeviceBooks(
              law.produced(),
              law.collected(),
              dropped,
              law.salvaged(),
              law.neverStarted(),
              law.inFlight(),
              law.unaccounted()));
    }
    capture.books(books);
    noted = all;
  }

  /** Records a drop in one pool. */
  void dropped(DropEvent event) {
    if (capture != null) {
      capture.dropped(
          event.kind(), event.instance(), event.queue(), event.cause(), event.records());
    }
  }

  @Override
  public void waitedForBuffer(BufferKind kind, int instance, long times, long nanos) {
    if (capture != null) {
      capture.waitedForBuffer(kind, instance, times, nanos);
    }
  }

  @Override
  public void waitedForQueue(int queue, long times, long nanos) {
    if (capture != null) {
      capture.waitedForQueue(queue, times, nanos);
    }
  }

  void watch(long nowNs) {
    if (capture != null) {
      capture.watch(nowNs);
    }
  }

  /** Returns the descriptors of the capture stages; empty if nothing is captured. */
  List<Integer> stages() {
    return capture == null ? List.of() : store.descriptors(capture);
  }

  /** Writes collected records to disk; stops waiting after the timeout. */
  void flush(long timeoutNanos) {
    if (capture != null) {
      store.roll(capture, timeoutNanos);
    }
  }

  /** Whether there is a capture; without one, no method waits. */
  boolean isOn() {
    return capture != null;
  }

  /** Writes the remaining records and closes the capture; waits for the disk up to the timeout. */
  void end(String ending, long timeoutNanos) {
    if (capture != null) {
      store.end(capture, ending, Instant.now(), timeoutNanos);
    }
  }

  /** Returns the capture directory; empty if nothing is captured. */
  public Optional<Path> directory() {
    return Optional.ofNullable(capture).map(Capture::directory);
  }

  /** Returns the capture totals; empty if nothing is captured. Any thread. */
  public Optional<CaptureTotals> totals() {
    return Optional.ofNullable(capture).map(Capture::totals);
  }

  /** Returns why a requested capture is missing; empty otherwise. */
  public String notice() {
    return notice;
  }
}

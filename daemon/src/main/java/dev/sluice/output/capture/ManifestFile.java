package dev.sluice.output.capture;

import com.fasterxml.jackson.jr.ob.JSON;
import com.fasterxml.jackson.jr.ob.JSONObjectException;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.RecordColumn;
import dev.sluice.abi.Region;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.abi.WireFact;
import dev.sluice.abi.WireFacts;
import dev.sluice.config.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * {@code manifest.json}: a manifest as one JSON object. Its last key is a checksum over the text of
 * all other keys, which exposes edits and damage.
 */
final class ManifestFile {
  private static final String CHECKSUM = "checksum";
  private static final String REGULAR = "regular";
  private static final String JITTERED = "jittered";
  // Newlines pad the file to whole pages, with room for longer numbers while the capture runs: the
  // final manifest must fit over an earlier one even on a full disk.
  private static final int PAGE_BYTES = 4096;
  private static final int ROOM_BYTES = 2048;
  private static final long MAX_BYTES = 16L << 20;

  private static final JSON WRITER = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

  private ManifestFile() {}

  /**
   * A manifest as found on disk.
   *
   * @param isIntact whether its checksum matches, so that it was not edited
   */
  record Found(CaptureManifest manifest, boolean isIntact) {}

  static byte[] bytes(CaptureManifest manifest) {
    Map<String, Object> json = toJson(manifest);
    json.put(CHECKSUM, checksum(json));
    byte[] text = (print(json) + "\n").getBytes(StandardCharsets.UTF_8);
    int room = manifest.outcome().isEnded() ? 0 : ROOM_BYTES;
    int pages = (text.length + room + PAGE_BYTES - 1) / PAGE_BYTES;
    byte[] padded = Arrays.copyOf(text, pages * PAGE_BYTES);
    Arrays.fill(padded, text.length, padded.length, (byte) '\n');
    return padded;
  }

  static Found read(Path directory) throws CaptureException {
    Path file = directory.resolve(CaptureFormat.MANIFEST);
    Map<String, Object> json;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new CaptureException(file + " is damaged: too large");
      }
      json = JSON.std.mapFrom(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new CaptureException(directory + " is not a capture: it has no manifest.json", e);
    } catch (JSONObjectException e) {
      throw new CaptureException(file + " is damaged: " + firstLine(e), e);
    } catch (CaptureException e) {
      throw e;
    } catch (IOException e) {
      throw new CaptureException(file + " cannot be read: " + IoReason.of(e), e);
    }
    Object checksum = json.remove(CHECKSUM);
    return new Found(
        fromJson(new ManifestKeys(file.toString(), json)), checksum(json).equals(checksum));
  }

  /** Parses the result of {@link #bytes}. */
  static CaptureManifest parse(byte[] bytes) throws CaptureException {
    try {
      Map<String, Object> json = JSON.std.mapFrom(new String(bytes, StandardCharsets.UTF_8));
      json.remove(CHECKSUM);
      return fromJson(new ManifestKeys("the manifest", json));
    } catch (IOException e) {
      throw new CaptureException("the manifest is damaged: " + e.getMessage(), e);
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
  }

  private static String checksum(Map<String, Object> json) {
    CRC32C crc = new CRC32C();
    crc.update(print(json).getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }

  private static String print(Map<String, Object> json) {
    try {
      return WRITER.asString(json);
    } catch (IOException e) {
      throw new IllegalStateException("a map of plain values cannot be written as JSON", e);
    }
  }

  private static Map<String, Object> toJson(CaptureManifest m) {
    Map<String, Object> json = new LinkedHashMap<>();
    Map<String, Object> columns = new LinkedHashMap<>();
    for (BufferKind kind : m.geometry().kinds()) {
      columns.put(kind.label(), RecordColumn.toText(m.format().columns().get(kind)));
    }
    json.put(
        "format",
        object("major", m.format().major(), "minor", m.format().minor(), "columns", columns));
    json.put("capture_id", m.id().toString());
    json.put("sluice_version", m.origin().sluiceVersion());
    json.put("host", m.origin().host());
    json.put("device", m.origin().device());
    json.put("session", m.origin().session());
    json.put("producer", m.origin().producer());
    json.put("layout", m.layout().id());
    LayoutOverrides overrides = m.overrides();
    json.put(
        "overrides",
        object(
            "slot_count", overrides.slotCount(),
            "ready_queue_entries", overrides.readyQueueEntries(),
            "aicpu_task_records", overrides.aicpuTaskRecords(),
            "sched_phase_records", overrides.schedPhaseRecords(),
            "orch_phase_records", overrides.orchPhaseRecords(),
            "aicore_task_records", overrides.aicoreTaskRecords(),
            "facts", facts(m.layout().facts(), overrides.facts())));
    json.put("num_cores", m.geometry().numCores());
    json.put("sched_threads", m.geometry().schedThreads());
    json.put("orch_threads", m.geometry().orchThreads());
    json.put("level", m.geometry().level());
    if (m.geometry().regions() != Region.SWIMLANE_ONLY) {
      json.put(
          "regions", Region.ALL.stream().filter(m.geometry()::has).map(Region::label).toList());
      json.put("pmu_event_type", m.geometry().pmuEventType());
    }
    json.put("core_types", m.cores().types());
    json.put("core_to_thread", m.cores().threads());
    m.cores()
        .scopes()
        .ifPresent(
            scopes ->
                json.put(
                    "scope_capacities",
                    object(
                        "fatal", scopes.isFatal() ? 1 : 0,
                        "task_window", scopes.taskWindow(),
                        "dep_pool", scopes.depPool(),
                        "heap", scopes.heap().stream().map(String::valueOf).toList(),
                        "tensormap", scopes.tensormap())));
    json.put("started_at", m.clock().startedAt().toString());
    json.put("host_origin_ns", m.clock().hostOriginNs());
    json.put("clock_hz", m.clock().clockHz());
    if (!m.clock().bootId().isEmpty()) {
      json.put("boot_id", m.clock().bootId());
      json.put("boot_offset_ns", m.clock().bootOffsetNs());
    }
    m.synthetic()
        .ifPresent(
            synthetic ->
                json.put(
                    "synthetic",
                    object(
                        "seed", synthetic.seed(),
                        "origin_ticks", synthetic.originTicks(),
                        "period_ticks", synthetic.periodTicks(),
                        "content", synthetic.isJittered() ? JITTERED : REGULAR)));
    m.snapshot()
        .ifPresent(
            snapshot ->
                json.put(
                    "snapshot",
                    object(
                        "reason", snapshot.reason(),
                        "taken_at", snapshot.takenAt().toString(),
                        "from_ns", snapshot.fromNs(),
                        "to_ns", snapshot.toNs())));
    json.put("runs", m.runs().stream().map(ManifestFile::run).toList());
    CaptureManifest.Outcome outcome = m.outcome();
    json.put("ending", outcome.ending());
    outcome.endedAt().ifPresent(endedAt -> json.put("ended_at", endedAt.toString()));
    json.put("frames", outcome.frames());
    json.put("segments", outcome.segments());
    json.put("segments_removed", outcome.removedSegments());
    if (!outcome.writing().isEmpty()) {
      json.put("writing", outcome.writing());
    }
    Map<String, Object> kinds = new LinkedHashMap<>();
    for (BufferKind kind : m.geometry().kinds()) {
      kinds.put(kind.label(), books(outcome.kind(kind)));
    }
    json.put("kinds", kinds);
    return json;
  }

  private static Map<String, Object> run(CaptureManifest.RunWindow run) {
    Map<String, Object> json =
        object(
            "run", run.number(),
            "run_epoch", Long.toUnsignedString(run.epoch()),
            "name", run.name(),
            "start", time(run.start()));
    run.end().ifPresent(end -> json.put("end", time(end)));
    return json;
  }

  private static Map<String, Object> time(HostTime time) {
    return object(
        "monotonic_ns", time.monotonicNs(),
        "realtime_ns", time.realtimeNs(),
        "boot_id", time.bootId());
  }

  private static List<CaptureManifest.RunWindow> runs(ManifestKeys json) throws CaptureException {
    List<CaptureManifest.RunWindow> runs = new ArrayList<>();
    // Older captures lack this key.
    for (ManifestKeys run : json.has("runs") ? json.objects("runs") : List.<ManifestKeys>of()) {
      runs.add(
          new CaptureManifest.RunWindow(
              run.integer("run"),
              Long.parseUnsignedLong(run.text("run_epoch")),
              run.has("name") ? run.text("name") : "",
              time(run.object("start")),
              run.has("end") ? Optional.of(time(run.object("end"))) : Optional.empty()));
    }
    return runs;
  }

  private static HostTime time(ManifestKeys json) throws CaptureException {
    return new HostTime(
        json.whole("monotonic_ns"), json.whole("realtime_ns"), json.text("boot_id"));
  }

  private static Map<String, Object> books(CaptureManifest.KindBooks books) {
    Map<String, Object> lost = new LinkedHashMap<>();
    LossReason.ALL.forEach(
        reason -> lost.put(reason.label(), books.lost().getOrDefault(reason.label(), 0L)));
    return object(
        "produced_records", books.produced(),
        "collected_records", books.collected(),
        "captured_records", books.captured(),
        "capture_lost_records", lost,
        "dropped_records", new java.util.TreeMap<>(books.dropped()),
        "salvaged_records", books.salvaged(),
        "never_started_records", books.neverStarted(),
        "in_flight_records", books.inFlight(),
        "unaccounted_records", books.unaccounted(),
        "removed_records", books.removed());
  }

  private static Map<String, Object> object(Object... keysAndValues) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      object.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return object;
  }

  private static CaptureManifest fromJson(ManifestKeys json) throws CaptureException {
    ManifestKeys format = json.object("format");
    int major = format.integer("major");
    int minor = format.integer("minor");
    if (major != CaptureFormat.MAJOR) {
      throw new CaptureException(
          String.format(
              "%s has capture format %d.%d, this Sluice reads %d.x: use the version that wrote it"
                  + " (%s)",
              json.source(), major, minor, CaptureFormat.MAJOR, json.text("sluice_version")));
    }
    try {
      LayoutOverrides overrides = overrides(json.object("overrides"));
      Geometry geometry = geometry(json, overrides);
      CaptureManifest manifest =
          new CaptureManifest(
              new CaptureManifest.Format(major, minor, columns(format.object("columns"), geometry)),
              UUID.fromString(json.text("capture_id")),
              new CaptureManifest.Origin(
                  json.text("sluice_version"),
                  json.text("host"),
                  json.integer("device"),
                  json.integer("session"),
                  json.text("producer")),
              geometry,
              overrides,
              new CaptureManifest.Cores(
                  json.texts("core_types"), json.integers("core_to_thread"), scopes(json)),
              new CaptureManifest.Clock(
                  Instant.parse(json.text("started_at")),
                  json.whole("host_origin_ns"),
                  json.whole("clock_hz"),
                  json.has("boot_id") ? json.text("boot_id") : "",
                  json.has("boot_offset_ns") ? json.whole("boot_offset_ns") : 0),
              synthetic(json),
              outcome(json, geometry),
              snapshot(json),
              runs(json));
      manifest.requireUsable();
      return manifest;
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new CaptureException(json.source() + " is damaged: " + firstLine(e), e);
    }
  }

  private static Map<BufferKind, List<RecordColumn>> columns(ManifestKeys json, Geometry geometry)
      throws CaptureException {
    Map<BufferKind, List<RecordColumn>> columns = new HashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      columns.put(
          kind,
          geometry.has(kind.region())
              ? RecordColumn.parse(json.texts(kind.label()), kind.recordBytes())
              : geometry.layout().columns(kind));
    }
    return columns;
  }

  private static Geometry geometry(ManifestKeys json, LayoutOverrides overrides)
      throws CaptureException {
    Layout named = Layout.parse(json.text("layout"));
    return new Geometry(
        Layout.of(named.generation(), named.platform(), overrides),
        json.integer("num_cores"),
        json.integer("sched_threads"),
        json.integer("orch_threads"),
        json.integer("level"),
        regions(json),
        json.has("pmu_event_type") ? json.integer("pmu_event_type") : 0);
  }

  private static Optional<ScopeCapacities> scopes(ManifestKeys json) throws CaptureException {
    if (!json.has("scope_capacities")) {
      return Optional.empty();
    }
    ManifestKeys scopes = json.object("scope_capacities");
    return Optional.of(
        new ScopeCapacities(
            scopes.integer("fatal") != 0,
            scopes.integers("task_window"),
            scopes.integers("dep_pool"),
            scopes.texts("heap").stream().map(Long::parseLong).toList(),
            scopes.integer("tensormap")));
  }

  private static int regions(ManifestKeys json) throws CaptureException {
    if (!json.has("regions")) {
      return Region.SWIMLANE_ONLY;
    }
    int bits = 0;
    for (String label : json.texts("regions")) {
      Region region = Region.ofLabel(label);
      if (region == null) {
        throw new IllegalArgumentException("unknown region '" + label + "'");
      }
      bits |= 1 << region.number();
    }
    return bits;
  }

  private static LayoutOverrides overrides(ManifestKeys json) throws CaptureException {
    return new LayoutOverrides(
        json.integer("slot_count"),
        json.integer("ready_queue_entries"),
        json.integer("aicpu_task_records"),
        json.integer("sched_phase_records"),
        json.integer("orch_phase_records"),
        json.integer("aicore_task_records"),
        json.has("facts") ? facts(json.object("facts")) : 0);
  }

  /** Returns, by name, the facts in which the runtime differs from its generation. */
  private static Map<String, Object> facts(WireFacts facts, long overrides) {
    Map<String, Object> named = new LinkedHashMap<>();
    for (WireFact fact : WireFact.ALL) {
      if (WireFacts.isOverridden(fact, overrides)) {
        named.put(fact.label(), facts.valueName(fact));
      }
    }
    return named;
  }

  private static long facts(ManifestKeys json) throws CaptureException {
    long overrides = 0;
    for (WireFact fact : WireFact.ALL) {
      if (json.has(fact.label())) {
        overrides |= WireFacts.override(fact, json.text(fact.label()));
      }
    }
    return overrides;
  }

  private static Optional<SyntheticContent.Recipe> synthetic(ManifestKeys json)
      throws CaptureException {
    if (!json.has("synthetic")) {
      return Optional.empty();
    }
    ManifestKeys synthetic = json.object("synthetic");
    // Before this key existed, all content was regular.
    String content = synthetic.has("content") ? synthetic.text("content") : REGULAR;
    if (!content.equals(REGULAR) && !content.equals(JITTERED)) {
      return Optional.empty(); // from a newer version: not compared
    }
    return Optional.of(
        new SyntheticContent.Recipe(
            synthetic.whole("seed"),
            synthetic.whole("origin_ticks"),
            synthetic.whole("period_ticks"),
            content.equals(JITTERED)));
  }

  private static Optional<CaptureManifest.Snapshot> snapshot(ManifestKeys json)
      throws CaptureException {
    if (!json.has("snapshot")) {
      return Optional.empty();
    }
    ManifestKeys snapshot = json.object("snapshot");
    return Optional.of(
        new CaptureManifest.Snapshot(
            snapshot.text("reason"),
            Instant.parse(snapshot.text("taken_at")),
            snapshot.whole("from_ns"),
            snapshot.whole("to_ns")));
  }

  private static CaptureManifest.Outcome outcome(ManifestKeys json, Geometry geometry)
      throws CaptureException {
    Map<BufferKind, CaptureManifest.KindBooks> kinds = new LinkedHashMap<>();
    ManifestKeys rows = json.object("kinds");
    for (BufferKind kind : geometry.kinds()) {
      ManifestKeys row = rows.object(kind.label());
      kinds.put(
          kind,
          new CaptureManifest.KindBooks(
              row.whole("produced_records"),
              row.whole("collected_records"),
              row.whole("captured_records"),
              row.object("capture_lost_records").counts(),
              row.object("dropped_records").counts(),
              row.whole("salvaged_records"),
              row.has("never_started_records") ? row.whole("never_started_records") : 0,
              row.whole("in_flight_records"),
              row.whole("unaccounted_records"),
              row.whole("removed_records")));
    }
    return new CaptureManifest.Outcome(
        json.text("ending"),
        json.has("ended_at") ? Optional.of(Instant.parse(json.text("ended_at"))) : Optional.empty(),
        kinds,
        json.whole("frames"),
        json.whole("segments"),
        json.whole("segments_removed"),
        json.has("writing") ? json.text("writing") : "");
  }
}

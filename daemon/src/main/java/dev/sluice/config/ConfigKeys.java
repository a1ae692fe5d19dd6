package dev.sluice.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Declares every key once, in the order of {@code config/sluice.conf}. {@link Settings} is built
 * and docs/configuration.md generated from these; any other key is rejected.
 */
public final class ConfigKeys {
  private static final List<ConfigKey<?>> DECLARED = new ArrayList<>();

  /** Largest region that one Java buffer can address, less a page for rounding. */
  public static final long MAX_ARENA_BYTES = (1L << 31) - (64L << 10);

  private static final long SECOND = 1_000_000_000L;
  private static final long MS = 1_000_000L;
  private static final long US = 1_000L;

  public static final ConfigKey<ListenAddress> HTTP_LISTEN =
      key(
          "http.listen",
          ConfigTypes.listenAddress(),
          "Where the read-only HTTP server for metrics and status listens. Port 0 takes any free"
              + " port.");
  public static final ConfigKey<Optional<Path>> HTTP_WEB_CONFIG =
      key(
          "http.web-config",
          ConfigTypes.optionalFile(),
          "File with TLS, client certificates, users and headers, in the schema that the Prometheus"
              + " exporters share. Reloaded when it changes. none: plain HTTP for every client.");
  public static final ConfigKey<Integer> HTTP_MAX_CONNECTIONS =
      key(
          "http.max-connections",
          ConfigTypes.count(1, 65_536),
          "The most open TCP connections. Further ones get 503 and are closed.");
  public static final ConfigKey<Integer> HTTP_MAX_SCRAPES =
      key(
          "http.max-scrapes",
          ConfigTypes.count(1, 65_536),
          "The most waiting requests for /metrics. Further ones get 503.");
  public static final ConfigKey<Long> HTTP_TIMEOUT =
      key(
          "http.timeout",
          ConfigTypes.duration(10 * MS, 600 * SECOND),
          "Time limit for a request to arrive and for a client to read the response. A connection"
              + " that is slower, or silent for that long, is closed.");
  public static final ConfigKey<Integer> HTTP_LIVE_MAX_CLIENTS =
      key(
          "http.live.max-clients",
          ConfigTypes.count(0, 1024),
          "Clients that may follow /api/v1/live at once, such as open status pages. One more is"
              + " answered with 503.");
  public static final ConfigKey<Long> HTTP_LIVE_INTERVAL =
      key(
          "http.live.interval",
          ConfigTypes.duration(100 * MS, 60 * SECOND),
          "Time between two frames of /api/v1/live. None are built without a client.");
  public static final ConfigKey<LogLevel> LOG_LEVEL =
      key(
          "log.level",
          ConfigTypes.choice(LogLevel.class),
          Applies.AT_ONCE,
          "The least severe level that is logged. auto is info for the service. POST /v1/log-level"
              + " on the control socket changes it temporarily.");
  public static final ConfigKey<Path> CONTROL_SOCKET =
      key(
          "control.socket",
          ConfigTypes.socketPath(),
          "Unix socket of the control API. File mode 0600: only the daemon's user and root.");
  public static final ConfigKey<Path> ATTACH_SOCKET =
      key(
          "attach.socket",
          ConfigTypes.socketPath(),
          "Unix socket on which producers attach. File mode 0660.");
  public static final ConfigKey<Integer> ATTACH_MAX_SESSIONS =
      key(
          "attach.max-sessions",
          ConfigTypes.count(1, 4096),
          Applies.AT_ONCE,
          "Sessions open at once, over all devices. Further ones are refused as busy.");
  public static final ConfigKey<Integer> ATTACH_MAX_CONNECTIONS =
      key(
          "attach.max-connections",
          ConfigTypes.count(1, 65_536),
          Applies.AT_ONCE,
          "Connections open at once on the attach socket, with or without a session.");
  public static final ConfigKey<Set<Integer>> ATTACH_ALLOWED_UIDS =
      key(
          "attach.allowed-uids",
          ConfigTypes.ids("user"),
          Applies.AT_ONCE,
          "User ids that may attach, in addition to root and the daemon's own.");
  public static final ConfigKey<Set<Integer>> ATTACH_ALLOWED_GIDS =
      key(
          "attach.allowed-gids",
          ConfigTypes.ids("group"),
          Applies.AT_ONCE,
          "Group ids whose members may attach. Empty means the group of the socket file.");
  public static final ConfigKey<Long> ATTACH_RESUME_GRACE =
      key(
          "attach.resume-grace",
          ConfigTypes.duration(0, 3600 * SECOND),
          Applies.NEXT_SESSION,
          "How long a session whose connection broke waits for its living client to reconnect.");
  public static final ConfigKey<Long> ATTACH_HANDSHAKE_TIMEOUT =
      key(
          "attach.handshake-timeout",
          ConfigTypes.duration(10 * MS, 600 * SECOND),
          Applies.AT_ONCE,
          "How long a new connection may take to send its whole first request.");
  public static final ConfigKey<Long> ARENA_BYTES =
      key(
          "arena.bytes",
          ConfigTypes.size(1L << 16, MAX_ARENA_BYTES),
          Applies.NEXT_SESSION,
          "The most memory that one session's arena may take. It is allocated at attach.");
  public static final ConfigKey<Provision> ARENA_HUGE_PAGES =
      key(
          "arena.huge-pages",
          ConfigTypes.choice(Provision.class),
          Applies.NEXT_SESSION,
          "Back arenas with huge pages: try continues without them, require refuses the attach.");
  public static final ConfigKey<Provision> ARENA_LOCK_MEMORY =
      key(
          "arena.lock-memory",
          ConfigTypes.choice(Provision.class),
          Applies.NEXT_SESSION,
          "Lock arenas in memory: try continues without, require refuses the attach.");
  public static final ConfigKey<Integer> ARENA_BUFFERS_AICPU_TASK =
      buffers("aicpu-task", "AICPU task records, per core");
  public static final ConfigKey<Integer> ARENA_BUFFERS_SCHED_PHASE =
      buffers("sched-phase", "scheduler phase records, per AICPU thread");
  public static final ConfigKey<Integer> ARENA_BUFFERS_ORCH_PHASE =
      buffers("orch-phase", "orchestrator phase records");
  public static final ConfigKey<Integer> ARENA_BUFFERS_AICORE_TASK =
      buffers("aicore-task", "AICore task records, per core");
  public static final ConfigKey<ThreadingMode> THREADING =
      key(
          "threading",
          ConfigTypes.choice(ThreadingMode.class),
          "How agents are packed on threads. auto chooses by the CPUs that are free: more spinning"
              + " threads than CPUs is slower than one thread.");
  public static final ConfigKey<Integer> DRAIN_BATCH_ENTRIES =
      key(
          "drain.batch-entries",
          ConfigTypes.count(1, 65_536),
          Applies.NEXT_SESSION,
          "The most entries to take from one ready queue before the next queue's turn.");
  public static final ConfigKey<Integer> DRAIN_GROUPS =
      key(
          "drain.groups",
          ConfigTypes.count(1, 64),
          Applies.NEXT_SESSION,
          "Drain agents per session; its ready queues are split among them.");
  public static final ConfigKey<Integer> DRAIN_HANDOFF_ENTRIES =
      key(
          "drain.handoff-entries",
          ConfigTypes.count(0, 1 << 20),
          Applies.NEXT_SESSION,
          "Slots of the ring from drain to collector. 0 means as many as the arena has buffers, so"
              + " that the ring is never full.");
  public static final ConfigKey<List<Integer>> DRAIN_CPUS =
      key(
          "drain.cpus",
          ConfigTypes.cpus(),
          "CPUs to pin drain threads to. Empty leaves them to the scheduler.");
  public static final ConfigKey<Integer> DRAIN_NICE =
      key(
          "drain.nice",
          ConfigTypes.integer(-20, 19),
          "Nice value of the agent threads. 0 leaves it unchanged; below 0 needs CAP_SYS_NICE.");
  public static final ConfigKey<Boolean> DRAIN_REALTIME =
      key(
          "drain.realtime",
          ConfigTypes.bool(),
          "With captures on few CPUs, agent threads nap instead of spinning. Run them in the"
              + " real-time class then, if permitted (RLIMIT_RTPRIO or CAP_SYS_NICE), so that a"
              + " buffer never waits for another thread's time slice.");
  public static final ConfigKey<Long> IDLE_SPIN =
      key(
          "drain.idle.spin",
          ConfigTypes.duration(0, 10 * SECOND),
          "How long an agent thread spins after its last work before it yields.");
  public static final ConfigKey<Long> IDLE_YIELD =
      key(
          "drain.idle.yield",
          ConfigTypes.duration(0, 10 * SECOND),
          "How long it then yields before it parks.");
  public static final ConfigKey<Long> IDLE_MAX_PARK =
      key(
          "drain.idle.max-park",
          ConfigTypes.duration(1 * US, 10 * MS),
          "The longest park. The actual one follows from the slack of the queues.");
  public static final ConfigKey<Long> REFILL_SWEEP_INTERVAL =
      key(
          "refill.sweep-interval",
          ConfigTypes.duration(1 * US, 1 * SECOND),
          Applies.NEXT_SESSION,
          "How often every pool is checked, even without a hint.");
  public static final ConfigKey<FreezePolicy> REFILL_FREEZE =
      key(
          "refill.freeze",
          ConfigTypes.choice(FreezePolicy.class),
          Applies.NEXT_SESSION,
          "chip-2026.08 only. never does not touch the freeze flags; cycle opens and releases"
              + " freezes so that all lanes have their gaps at the same time.");
  public static final ConfigKey<List<Integer>> REFILL_CPUS =
      key(
          "refill.cpus",
          ConfigTypes.cpus(),
          "CPUs to pin refill threads to. Empty leaves them to the scheduler.");
  public static final ConfigKey<Integer> COLLECTOR_SHARDS =
      key("collector.shards", ConfigTypes.count(1, 64), "Collector agents per session.");
  public static final ConfigKey<Verification> COLLECTOR_VERIFY_SYNTHETIC =
      key(
          "collector.verify-synthetic",
          ConfigTypes.choice(Verification.class),
          Applies.NEXT_SESSION,
          "Compare the records of a synthetic producer bit by bit with the expected ones: true for"
              + " every record, sample for a few of each buffer.");
  public static final ConfigKey<Boolean> COLLECTOR_TASK_STATISTICS =
      key(
          "collector.task-statistics",
          ConfigTypes.bool(),
          Applies.NEXT_SESSION,
          "While a capture is written, count busy time and tasks of each core and how long tasks"
              + " ran and waited, for the metrics and the status page.");
  public static final ConfigKey<List<Integer>> COLLECTOR_CPUS =
      key(
          "collector.cpus",
          ConfigTypes.cpus(),
          "CPUs to pin collector threads to. Empty leaves them to the scheduler.");
  public static final ConfigKey<Boolean> CAPTURE_ENABLED =
      key("capture.enabled", ConfigTypes.bool(), "Write the collected records to disk.");
  public static final ConfigKey<Path> CAPTURE_DIRECTORY =
      key(
          "capture.directory",
          ConfigTypes.directory(),
          "Where captures are: one directory per session. Created if missing.");
  public static final ConfigKey<Long> CAPTURE_SEGMENT_BYTES =
      key(
          "capture.segment-bytes",
          ConfigTypes.size(1 << 20, 1 << 30),
          Applies.NEXT_SESSION,
          "Size at which a capture starts a new file. Retention removes whole files.");
  public static final ConfigKey<Long> CAPTURE_STAGE_BYTES =
      key(
          "capture.stage-bytes",
          ConfigTypes.size(1 << 20, 1 << 30),
          Applies.NEXT_SESSION,
          "Memory between collectors and disk, per session. It absorbs the pauses of a disk: rate"
              + " times pause.");
  public static final ConfigKey<CaptureSettings.Overload> CAPTURE_OVERLOAD =
      key(
          "capture.overload",
          ConfigTypes.choice(CaptureSettings.Overload.class),
          Applies.NEXT_SESSION,
          "When that memory is full: wait holds the device back, by its own policy, and loses"
              + " nothing in the capture; discard counts the records as lost and does not hold the"
              + " device. A disk that is full or fails always discards.");
  public static final ConfigKey<Long> CAPTURE_STALL_LIMIT =
      key(
          "capture.stall-limit",
          ConfigTypes.duration(10 * MS, 600 * SECOND),
          Applies.NEXT_SESSION,
          "With overload = wait: a disk that has not answered for this long counts as failed, and"
              + " records are discarded until it answers.");
  public static final ConfigKey<Boolean> CAPTURE_DIRECT_IO =
      key(
          "capture.direct-io",
          ConfigTypes.bool(),
          "Write segments with direct I/O where the file system supports it; elsewhere, and with"
              + " false, through the page cache. The log, the manifest and the status say which.");
  public static final ConfigKey<Long> CAPTURE_FLUSH_INTERVAL =
      key(
          "capture.flush-interval",
          ConfigTypes.duration(0, SECOND),
          Applies.NEXT_SESSION,
          "Segments are written in blocks of 1 MiB. A block that is not full is written after this"
              + " time at the latest: readers of a running capture, and a kill, miss no more than"
              + " that.");
  public static final ConfigKey<CaptureSettings.Fsync> CAPTURE_FSYNC =
      key(
          "capture.fsync",
          ConfigTypes.choice(CaptureSettings.Fsync.class),
          Applies.NEXT_SESSION,
          "What survives a power loss: never promises nothing, seal all closed segments, second all"
              + " but about the last second. For a crash of the daemon alone, see flush-interval.");
  public static final ConfigKey<Long> CAPTURE_RETENTION_BYTES =
      key(
          "capture.retention-bytes",
          ConfigTypes.size(1 << 20, 1L << 50),
          Applies.AT_ONCE,
          "The most that all captures together take; the oldest segments go first, never one that"
              + " is open.");
  public static final ConfigKey<Long> CAPTURE_RETENTION_AGE =
      key(
          "capture.retention-age",
          ConfigTypes.duration(1 * SECOND, 10 * 366 * 86_400 * SECOND),
          Applies.AT_ONCE,
          "Closed segments older than this are removed.");
  public static final ConfigKey<Long> CAPTURE_FREE_SPACE_FLOOR =
      key(
          "capture.free-space-floor",
          ConfigTypes.size(0, 1L << 50),
          Applies.AT_ONCE,
          "The oldest segments are removed when the file system has less than this left.");
  public static final ConfigKey<Boolean> CAPTURE_RECORDER_ENABLED =
      key(
          "capture.recorder.enabled",
          ConfigTypes.bool(),
          "Flight recorder: keep only the last part of each session. Snapshots keep a part for"
              + " longer.");
  public static final ConfigKey<Long> CAPTURE_RECORDER_BYTES =
      key(
          "capture.recorder.bytes",
          ConfigTypes.size(1 << 20, 1L << 50),
          Applies.AT_ONCE,
          "How much of each session the recorder keeps, in whole segments.");
  public static final ConfigKey<Long> CAPTURE_RECORDER_AGE =
      key(
          "capture.recorder.age",
          ConfigTypes.duration(1 * SECOND, 366 * 86_400 * SECOND),
          Applies.AT_ONCE,
          "The age of the oldest part that the recorder keeps.");
  public static final ConfigKey<Long> CAPTURE_SNAPSHOT_BEFORE =
      key(
          "capture.snapshot.before",
          ConfigTypes.duration(0, 86_400 * SECOND),
          Applies.AT_ONCE,
          "The least time that a snapshot covers before its trigger.");
  public static final ConfigKey<Long> CAPTURE_SNAPSHOT_AFTER =
      key(
          "capture.snapshot.after",
          ConfigTypes.duration(0, 600 * SECOND),
          "How long after a drop its snapshot is taken. While drops continue, one is taken every"
              + " before + after.");
  public static final ConfigKey<Boolean> CAPTURE_SNAPSHOT_ON_DROP =
      key(
          "capture.snapshot.on-drop",
          ConfigTypes.bool(),
          Applies.NEXT_SESSION,
          "Take a snapshot around each drop. Only with the recorder; otherwise everything is kept"
              + " anyway.");
  public static final ConfigKey<Long> CAPTURE_SNAPSHOT_RETENTION_BYTES =
      key(
          "capture.snapshot.retention-bytes",
          ConfigTypes.size(1 << 20, 1L << 50),
          Applies.AT_ONCE,
          "The most that all snapshots together take; the oldest go first.");
  public static final ConfigKey<Long> CAPTURE_SNAPSHOT_RETENTION_AGE =
      key(
          "capture.snapshot.retention-age",
          ConfigTypes.duration(1 * SECOND, 10 * 366 * 86_400 * SECOND),
          Applies.AT_ONCE,
          "Snapshots older than this are removed.");
  public static final ConfigKey<Long> JANITOR_INTERVAL =
      key(
          "janitor.interval",
          ConfigTypes.duration(10 * MS, 500 * MS), // a second without progress is a stall
          Applies.AT_ONCE,
          "How often counters are reconciled and agents are watched.");
  public static final ConfigKey<Long> WATERMARK_WINDOW =
      key(
          "watermark.window",
          ConfigTypes.duration(1 * SECOND, 3600 * SECOND),
          Applies.AT_ONCE,
          "How far the _max and _min gauges look back. At least the scrape interval.");
  public static final ConfigKey<Boolean> METRICS_DETAIL =
      key(
          "metrics.detail",
          ConfigTypes.bool(),
          "Export every label value and histogram bound, at twice the series. Without, 8 devices"
              + " make less than 1,250; docs/metrics.md says what is left out.");
  public static final ConfigKey<Long> HEADROOM_WINDOW =
      key(
          "headroom.window",
          ConfigTypes.duration(1 * SECOND, 3600 * SECOND),
          "How far sluice_ceiling_utilization_ratio looks back. At least the scrape interval.");
  public static final ConfigKey<Integer> DROPS_KEPT_EVENTS =
      key(
          "drops.kept-events",
          ConfigTypes.count(16, 65_536),
          "How many of the last drop events are kept, over all sessions, for /api/v1/drops.");
  public static final ConfigKey<DeviceFilter> DEVICES =
      key(
          "devices",
          ConfigTypes.devices(),
          Applies.NEXT_SESSION,
          "Devices that may attach: any, or a list of device ids.");
  public static final ConfigKey<Placement> PLACEMENT_DEFAULT =
      key(
          "placement.default",
          ConfigTypes.choice(Placement.class),
          "Where arenas are. sim: this host's memory, no device. host: the same, registered with"
              + " the device by the runtime process. device-mapped (a2a3) and device-copied (a5):"
              + " the device's memory. All but sim were tested only with a stand-in for the"
              + " vendor's libraries.");
  public static final ConfigKey<Map<Integer, Placement>> PLACEMENT_DEVICES =
      key(
          "placement.devices",
          ConfigTypes.placements(),
          "Devices with another placement than the default.");
  public static final ConfigKey<Optional<Path>> CANN_DIRECTORY =
      key(
          "cann.directory",
          ConfigTypes.directoryOrAuto(),
          "Where libruntime.so, libascend_hal.so and libascendcl.so are. auto looks in"
              + " ASCEND_HOME_PATH, the usual places, and where the dynamic linker does.");
  public static final ConfigKey<CannSettings.Share> CANN_SHARE =
      key(
          "cann.share",
          ConfigTypes.choice(CannSettings.Share.class),
          "How device memory is shared with the runtime process. auto tries the IPC key, then the"
              + " shareable handle.");
  public static final ConfigKey<CannSettings.Payload> CANN_PAYLOAD =
      key(
          "cann.payload",
          ConfigTypes.choice(CannSettings.Payload.class),
          "How records are read from device-mapped memory: by loads through the mapping or by the"
              + " runtime's copy. auto measures both when an arena is made.");
  public static final ConfigKey<Path> CANN_DEVICE_NODES =
      key(
          "cann.device-nodes",
          ConfigTypes.directory(),
          "Where the driver shows its devices (davinci0 and so on). If one disappears, the sessions"
              + " of its device end.");
  public static final ConfigKey<Long> CANN_PROBE_INTERVAL =
      key(
          "cann.probe-interval",
          ConfigTypes.duration(10 * MS, 600 * SECOND),
          "How often a device with sessions is probed, and a failed one until it is back. Not for"
              + " placement sim.");

  private ConfigKeys() {}

  public static List<ConfigKey<?>> all() {
    return Collections.unmodifiableList(DECLARED);
  }

  private static ConfigKey<Integer> buffers(String kind, String records) {
    return key(
        "arena.buffers." + kind,
        ConfigTypes.countOrAuto(1, 1 << 20),
        Applies.NEXT_SESSION,
        "Buffers for "
            + records
            + ". auto is 8, for scheduler phases 6, and fewer where a ready queue could not hold"
            + " them all.");
  }

  private static <T> ConfigKey<T> key(String path, ConfigType<T> type, String doc) {
    return key(path, type, Applies.RESTART, doc);
  }

  private static <T> ConfigKey<T> key(
      String path, ConfigType<T> type, Applies applies, String doc) {
    ConfigKey<T> key = new ConfigKey<>("sluice." + path, type, applies, doc);
    DECLARED.add(key);
    return key;
  }
}

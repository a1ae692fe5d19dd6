package dev.sluice.config;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;

/** Builds the settings records from checked values, and checks constraints across keys. */
final class SettingsBuilder {
  private SettingsBuilder() {}

  /**
   * Returns the settings of the daemon, including devices with settings of their own.
   *
   * @param devices devices with keys of their own
   */
  static Settings build(Configuration from, SortedSet<Integer> devices) {
    PlacementSettings placement = placement(from, devices);
    Map<Integer, Settings> byDevice = new TreeMap<>();
    for (int device : devices) {
      byDevice.put(device, build(from.of(device), placement, Map.of()));
    }
    return build(from, placement, byDevice);
  }

  private static Settings build(
      SettingsSource from, PlacementSettings placement, Map<Integer, Settings> byDevice) {
    refuseSharedSocket(from);
    return new Settings(
        http(from),
        new LogSettings(from.get(ConfigKeys.LOG_LEVEL)),
        new ControlSettings(from.get(ConfigKeys.CONTROL_SOCKET)),
        attach(from),
        arena(from),
        from.get(ConfigKeys.THREADING),
        drain(from),
        new RefillSettings(
            from.get(ConfigKeys.REFILL_SWEEP_INTERVAL),
            from.get(ConfigKeys.REFILL_FREEZE),
            from.get(ConfigKeys.REFILL_CPUS)),
        new CollectorSettings(
            from.get(ConfigKeys.COLLECTOR_SHARDS),
            from.get(ConfigKeys.COLLECTOR_VERIFY_SYNTHETIC),
            from.get(ConfigKeys.COLLECTOR_TASK_STATISTICS),
            from.get(ConfigKeys.COLLECTOR_CPUS)),
        capture(from),
        new JanitorSettings(from.get(ConfigKeys.JANITOR_INTERVAL)),
        new WatermarkSettings(from.get(ConfigKeys.WATERMARK_WINDOW)),
        new MetricsSettings(from.get(ConfigKeys.METRICS_DETAIL)),
        new HeadroomSettings(from.get(ConfigKeys.HEADROOM_WINDOW)),
        new DropSettings(from.get(ConfigKeys.DROPS_KEPT_EVENTS)),
        from.get(ConfigKeys.DEVICES),
        placement,
        new CannSettings(
            from.get(ConfigKeys.CANN_DIRECTORY),
            from.get(ConfigKeys.CANN_SHARE),
            from.get(ConfigKeys.CANN_PAYLOAD),
            from.get(ConfigKeys.CANN_DEVICE_NODES),
            from.get(ConfigKeys.CANN_PROBE_INTERVAL)),
        byDevice);
  }

  /** Merges a device's own placement into the list; an error if both are set. */
  private static PlacementSettings placement(Configuration from, SortedSet<Integer> devices) {
    Map<Integer, Placement> listed = new TreeMap<>(from.get(ConfigKeys.PLACEMENT_DEVICES));
    for (int device : devices) {
      ConfigKey<Placement> own = DeviceKeys.own(device, ConfigKeys.PLACEMENT_DEFAULT).orElseThrow();
      if (from.has(own) && listed.put(device, from.get(own)) != null) {
        throw new SettingsException(
            from.origin(own)
                + ": "
                + own.path()
                + " and "
                + ConfigKeys.PLACEMENT_DEVICES.path()
                + " both set the placement of device "
                + device
                + "; set it once");
      }
    }
    return new PlacementSettings(from.get(ConfigKeys.PLACEMENT_DEFAULT), listed);
  }

  private static HttpSettings http(SettingsSource from) {
    return new HttpSettings(
        from.get(ConfigKeys.HTTP_LISTEN),
        from.get(ConfigKeys.HTTP_WEB_CONFIG),
        from.get(ConfigKeys.HTTP_MAX_CONNECTIONS),
        from.get(ConfigKeys.HTTP_MAX_SCRAPES),
        from.get(ConfigKeys.HTTP_TIMEOUT),
        new HttpSettings.Live(
            from.get(ConfigKeys.HTTP_LIVE_MAX_CLIENTS), from.get(ConfigKeys.HTTP_LIVE_INTERVAL)));
  }

  private static AttachSettings attach(SettingsSource from) {
    return new AttachSettings(
        from.get(ConfigKeys.ATTACH_SOCKET),
        from.get(ConfigKeys.ATTACH_MAX_SESSIONS),
        from.get(ConfigKeys.ATTACH_MAX_CONNECTIONS),
        from.get(ConfigKeys.ATTACH_ALLOWED_UIDS),
        from.get(ConfigKeys.ATTACH_ALLOWED_GIDS),
        from.get(ConfigKeys.ATTACH_RESUME_GRACE),
        from.get(ConfigKeys.ATTACH_HANDSHAKE_TIMEOUT));
  }

  private static ArenaSettings arena(SettingsSource from) {
    return new ArenaSettings(
        from.get(ConfigKeys.ARENA_BYTES),
        from.get(ConfigKeys.ARENA_HUGE_PAGES),
        from.get(ConfigKeys.ARENA_LOCK_MEMORY),
        new BufferCounts(
            from.get(ConfigKeys.ARENA_BUFFERS_AICPU_TASK),
            from.get(ConfigKeys.ARENA_BUFFERS_SCHED_PHASE),
            from.get(ConfigKeys.ARENA_BUFFERS_ORCH_PHASE),
            from.get(ConfigKeys.ARENA_BUFFERS_AICORE_TASK)));
  }

  private static DrainSettings drain(SettingsSource from) {
    return new DrainSettings(
        from.get(ConfigKeys.DRAIN_BATCH_ENTRIES),
        from.get(ConfigKeys.DRAIN_GROUPS),
        from.get(ConfigKeys.DRAIN_HANDOFF_ENTRIES),
        from.get(ConfigKeys.DRAIN_CPUS),
        from.get(ConfigKeys.DRAIN_NICE),
        from.get(ConfigKeys.DRAIN_REALTIME),
        new IdleSettings(
            from.get(ConfigKeys.IDLE_SPIN),
            from.get(ConfigKeys.IDLE_YIELD),
            from.get(ConfigKeys.IDLE_MAX_PARK)));
  }

  private static CaptureSettings capture(SettingsSource from) {
    return new CaptureSettings(
        from.get(ConfigKeys.CAPTURE_ENABLED),
        from.get(ConfigKeys.CAPTURE_DIRECTORY),
        from.get(ConfigKeys.CAPTURE_SEGMENT_BYTES),
        from.get(ConfigKeys.CAPTURE_STAGE_BYTES),
        from.get(ConfigKeys.CAPTURE_OVERLOAD),
        from.get(ConfigKeys.CAPTURE_STALL_LIMIT),
        from.get(ConfigKeys.CAPTURE_DIRECT_IO),
        from.get(ConfigKeys.CAPTURE_FLUSH_INTERVAL),
        from.get(ConfigKeys.CAPTURE_FSYNC),
        new CaptureSettings.Retention(
            from.get(ConfigKeys.CAPTURE_RETENTION_BYTES),
            from.get(ConfigKeys.CAPTURE_RETENTION_AGE),
            from.get(ConfigKeys.CAPTURE_FREE_SPACE_FLOOR)),
        new CaptureSettings.Recorder(
            from.get(ConfigKeys.CAPTURE_RECORDER_ENABLED),
            from.get(ConfigKeys.CAPTURE_RECORDER_BYTES),
            from.get(ConfigKeys.CAPTURE_RECORDER_AGE)),
        new CaptureSettings.Snapshots(
            from.get(ConfigKeys.CAPTURE_SNAPSHOT_BEFORE),
            from.get(ConfigKeys.CAPTURE_SNAPSHOT_AFTER),
            from.get(ConfigKeys.CAPTURE_SNAPSHOT_ON_DROP),
            from.get(ConfigKeys.CAPTURE_SNAPSHOT_RETENTION_BYTES),
            from.get(ConfigKeys.CAPTURE_SNAPSHOT_RETENTION_AGE)));
  }

  private static void refuseSharedSocket(SettingsSource from) {
    if (from.get(ConfigKeys.ATTACH_SOCKET).equals(from.get(ConfigKeys.CONTROL_SOCKET))) {
      throw new SettingsException(
          from.origin(ConfigKeys.ATTACH_SOCKET)
              + ": "
              + ConfigKeys.ATTACH_SOCKET.path()
              + " and "
              + ConfigKeys.CONTROL_SOCKET.path()
              + " are the same path; use two paths");
    }
  }
}

package dev.sluice.config;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that can be set, checked and frozen. Each part is a record of its own: pass a class
 * the part it uses, not the whole.
 *
 * @param byDevice the settings of devices that have keys of their own; see {@link #ofDevice}
 */
public record Settings(
    HttpSettings http,
    LogSettings log,
    ControlSettings control,
    AttachSettings attach,
    ArenaSettings arena,
    ThreadingMode threading,
    DrainSettings drain,
    RefillSettings refill,
    CollectorSettings collector,
    CaptureSettings capture,
    JanitorSettings janitor,
    WatermarkSettings watermark,
    MetricsSettings metrics,
    HeadroomSettings headroom,
    DropSettings drops,
    DeviceFilter devices,
    PlacementSettings placement,
    CannSettings cann,
    Map<Integer, Settings> byDevice) {
  public Settings {
    byDevice = Collections.unmodifiableMap(new TreeMap<>(byDevice));
  }

  /** What counts for the sessions of a device: its own keys, and the general ones for the rest. */
  public Settings ofDevice(int device) {
    return byDevice.getOrDefault(device, this);
  }

  /** The settings of captures as a whole, which are enabled if those of any device are. */
  public CaptureSettings captureOfAny() {
    boolean isAny = byDevice.values().stream().anyMatch(own -> own.capture().enabled());
    return isAny ? capture.withEnabled(true) : capture;
  }
}

package dev.sluice.config;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * All settings, checked and immutable. Each part is a separate record: pass a class only the part
 * it uses.
 *
 * @param byDevice settings of devices with keys of their own; see {@link #ofDevice}
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

  /** Returns the settings for a device's sessions: its own keys, otherwise the general ones. */
  public Settings ofDevice(int device) {
    return byDevice.getOrDefault(device, this);
  }

  /** Returns the settings of captures as a whole, enabled if those of any device are. */
  public CaptureSettings captureOfAny() {
    boolean isAny = byDevice.values().stream().anyMatch(own -> own.capture().enabled());
    return isAny ? capture.withEnabled(true) : capture;
  }
}

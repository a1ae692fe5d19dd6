package dev.sluice.device;

import dev.sluice.bridge.cann.Cann;
import dev.sluice.bridge.cann.CannException;
import dev.sluice.bridge.cann.CannLibraries;
import dev.sluice.config.CannSettings;
import dev.sluice.config.Placement;
import java.util.Map;

/**
 * Checks whether a failed device is usable again. Thread-safe; a call may block for as long as the
 * device does.
 */
public final class DeviceProbe {
  private final CannSettings settings;
  private final Map<String, String> environment;

  /**
   * @param environment of the process, to locate the libraries
   */
  public DeviceProbe(CannSettings settings, Map<String, String> environment) {
    this.settings = settings;
    this.environment = Map.copyOf(environment);
  }

  /**
   * Tries the device operations that a session needs.
   *
   * @return why the device is unusable, one line; empty if it is usable
   */
  public String probe(int device, Placement placement) {
    if (!placement.isOnDevice()) {
      return "";
    }
    CannLibraries libraries = CannLibraries.load(settings.directory(), environment);
    if (!libraries.canAllocate()) {
      return libraries.problem();
    }
    try {
      new Cann(libraries, device).probe();
      return "";
    } catch (CannException e) {
      return e.getMessage();
    }
  }
}

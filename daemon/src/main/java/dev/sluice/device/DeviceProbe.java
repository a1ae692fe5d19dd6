package dev.sluice.device;

import dev.sluice.bridge.cann.Cann;
import dev.sluice.bridge.cann.CannException;
import dev.sluice.bridge.cann.CannLibraries;
import dev.sluice.config.CannSettings;
import dev.sluice.config.Placement;
import java.util.Map;

/**
 * Asks a device that failed whether it can be used again. Thread-safe; a call may take as long as
 * the device likes.
 */
public final class DeviceProbe {
  private final CannSettings settings;
  private final Map<String, String> environment;

  /**
   * @param environment of the process, for the places of the libraries
   */
  public DeviceProbe(CannSettings settings, Map<String, String> environment) {
    this.settings = settings;
    this.environment = Map.copyOf(environment);
  }

  /**
   * Tries what a session would need of it.
   *
   * @return why the device cannot be used, one line; empty if it can
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

package dev.sluice.tool.doctor;

import dev.sluice.bridge.cann.CannLibraries;
import dev.sluice.bridge.cann.LibraryFinding;
import dev.sluice.config.Placement;
import dev.sluice.config.PlacementSettings;
import dev.sluice.config.Settings;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Checks the devices and the vendor's libraries, as far as a placement needs them. */
final class DeviceChecks {
  private static final List<String> MANAGERS =
      List.of("/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc");
  private static final String DOCS = "docs/integrating-a-runtime.md";

  private DeviceChecks() {}

  /** Returns whether this daemon will allocate memory on a device. */
  static boolean isNeeded(PlacementSettings placement) {
    return placement.general().isOnDevice()
        || placement.byDevice().values().stream().anyMatch(Placement::isOnDevice);
  }

  static Finding nodes(HostFiles host, Settings settings) {
    boolean isNeeded = isNeeded(settings.placement());
    List<String> devices = host.names("/dev", "davinci[0-9]*");
    if (devices.isEmpty()) {
      return isNeeded
          ? Finding.bad(
              "devices",
              "no /dev/davinci* found, but a placement on a device is configured",
              "install the driver, pass the devices into the container, or use sluice.placement"
                  + " sim")
          : Finding.ok("devices", "none found; the configured placements need none in the daemon");
    }
    List<String> closed = new ArrayList<>();
    for (String device : devices) {
      addIfClosed(host, "/dev/" + device, closed);
    }
    MANAGERS.forEach(node -> addIfClosed(host, node, closed));
    String found = devices.size() + " devices: " + String.join(", ", devices);
    if (closed.isEmpty()) {
      return Finding.ok("devices", found);
    }
    String problem = found + "; not readable and writable: " + String.join(", ", closed);
    String fix = "SupplementaryGroups= with the driver's group (HwHiAiUser), and DeviceAllow=";
    return isNeeded ? Finding.bad("devices", problem, fix) : Finding.warn("devices", problem, fix);
  }

  private static void addIfClosed(HostFiles host, String node, List<String> closed) {
    if (!Files.isReadable(host.path(node)) || !Files.isWritable(host.path(node))) {
      closed.add(node);
    }
  }

  static Finding visibleDevices(Map<String, String> environment) {
    String visible = environment.getOrDefault("ASCEND_RT_VISIBLE_DEVICES", "");
    return visible.isEmpty()
        ? Finding.ok("visible-devices", "all (ASCEND_RT_VISIBLE_DEVICES is not set)")
        : Finding.warn(
            "visible-devices",
            "ASCEND_RT_VISIBLE_DEVICES = " + visible + " renumbers the devices of this process",
            "unset it for the daemon: sluice.devices and metrics then use the host's numbers");
  }

  /** Returns one finding per library. Loads the libraries, which alone proves that they load. */
  static List<Finding> libraries(CannLibraries libraries, boolean isNeeded) {
    List<Finding> findings = new ArrayList<>();
    for (LibraryFinding library : libraries.findings()) {
      String check = "cann-" + library.library().replaceFirst("^lib(.*)\\.so$", "$1");
      if (library.isUsable()) {
        findings.add(Finding.ok(check, library.path()));
      } else if (isNeeded) {
        findings.add(Finding.bad(check, library.problem(), "see " + DOCS));
      } else {
        findings.add(Finding.ok(check, "not needed by the placements; " + library.problem()));
      }
    }
    return findings;
  }
}

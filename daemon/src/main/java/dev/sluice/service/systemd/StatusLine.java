package dev.sluice.service.systemd;

import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.KindTotals;
import java.util.List;
import java.util.Locale;

/** The daemon in one line, for {@code systemctl status}: first losses, then headroom. */
final class StatusLine {
  private StatusLine() {}

  static String of(DaemonView view) {
    long sessions = 0;
    long devices = 0;
    long down = 0;
    long dropped = 0;
    long unaccounted = 0;
    Headroom headroom = Headroom.IDLE;
    for (DeviceSnapshot device : view.devices()) {
      sessions += device.sessions();
      devices += device.sessions() > 0 ? 1 : 0;
      down += device.up() ? 0 : 1;
      for (KindTotals totals : device.kinds().values()) {
        dropped += totals.droppedRecords().values().stream().mapToLong(Long::longValue).sum();
        unaccounted += Math.abs(totals.unaccountedRecords());
      }
      headroom = headroom.nearerOf(device.headroom());
    }
    String line =
        String.format(
            Locale.ROOT,
            "%d session%s on %d device%s, %d records dropped, %d unaccounted",
            sessions,
            sessions == 1 ? "" : "s",
            devices,
            devices == 1 ? "" : "s",
            dropped,
            unaccounted);
    if (devices > 0) {
      Ceiling nearest = headroom.nearest();
      long percent = Math.round(100 * headroom.worst(nearest));
      line += ", nearest ceiling " + nearest.label() + " at " + percent + "%";
    }
    if (down > 0) {
      line += ", " + down + (down == 1 ? " device down" : " devices down");
    }
    List<String> reasons = view.notReadyReasons();
    return reasons.isEmpty() ? line : line + "; not ready: " + String.join(", ", reasons);
  }
}

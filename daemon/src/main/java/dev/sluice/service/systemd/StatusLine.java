package dev.sluice.service.systemd;

import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.KindTotals;
import java.util.List;
import java.util.Locale;

/** The daemon in one line, for {@code systemctl status}: loss first, then what is left of it. */
final class StatusLine {
  private StatusLine() {}

  static String of(DaemonView view) {
    long sessions = 0;
    long devices = 0;
    long dropped = 0;
    long unaccounted = 0;
    DeviceSnapshot.FreeQueueSnapshot least = null;
    for (DeviceSnapshot device : view.devices()) {
      sessions += device.sessions();
      devices += device.up() ? 1 : 0;
      for (KindTotals totals : device.kinds().values()) {
        dropped += totals.droppedRecords().values().stream().mapToLong(Long::longValue).sum();
        unaccounted += Math.abs(totals.unaccountedRecords());
      }
      for (DeviceSnapshot.FreeQueueSnapshot free : device.freeQueues().values()) {
        if (device.up()
            && free.capacityEntries() > 0
            && (least == null || fill(free) < fill(least))) {
          least = free;
        }
      }
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
    if (least != null) {
      line += ", free queues at least " + least.entriesMin() + "/" + least.capacityEntries();
    }
    List<String> reasons = view.notReadyReasons();
    return reasons.isEmpty() ? line : line + "; not ready: " + String.join(", ", reasons);
  }

  private static double fill(DeviceSnapshot.FreeQueueSnapshot free) {
    return (double) free.entriesMin() / free.capacityEntries();
  }
}

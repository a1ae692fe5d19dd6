package dev.sluice.tool.diagnose;

import dev.sluice.tool.CeilingKind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A daemon or a device that is made worse in one respect, so that a known ceiling binds and the
 * model can be held against it. The model is told nothing of it: it measures the same terms in the
 * same way.
 */
enum Regime {
  NATURAL("this machine as it is", null, "", 0, false, false),
  SLOW_DRAIN(
      "all lane threads stand still for 40 ms, once in 150 ms",
      CeilingKind.CONTROL_PATH,
      "sluice.faults.pause=40ms sluice.faults.pause-every=150ms",
      0,
      false,
      false),
  SMALL_POOL(
      "5 buffers per pool instead of 8, collectors that take 60 MB/s, bursts",
      CeilingKind.BUFFER_LIFECYCLE,
      "sluice.faults.collector-bytes-per-second=60MB",
      5,
      true,
      false),
  SLOW_MEMORY(
      "collectors that take 250 MB/s, as over a slow link or memory",
      CeilingKind.BANDWIDTH,
      "sluice.faults.collector-bytes-per-second=250MB",
      0,
      false,
      false),
  SLOW_STORAGE(
      "captures on a disk that takes 150 MB/s, behind a stage of 4 MiB",
      CeilingKind.STORAGE,
      "sluice.faults.storage-bytes-per-second=150MB sluice.capture.stage-bytes=4MiB",
      0,
      false,
      true);

  private final String description;
  private final CeilingKind built;
  private final String settings;
  private final int buffers;
  private final boolean isBurst;
  private final boolean isCapturing;

  Regime(
      String description,
      CeilingKind built,
      String settings,
      int buffers,
      boolean isBurst,
      boolean isCapturing) {
    this.description = description;
    this.built = built;
    this.settings = settings;
    this.buffers = buffers;
    this.isBurst = isBurst;
    this.isCapturing = isCapturing;
  }

  /** The regimes that were built to be bound by something. */
  static List<Regime> built() {
    return List.of(SLOW_DRAIN, SMALL_POOL, SLOW_MEMORY, SLOW_STORAGE);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String description() {
    return description;
  }

  /** The ceiling that binds by construction; null where nothing is built. */
  CeilingKind builtFor() {
    return built;
  }

  /** What it changes in the configuration. */
  Map<String, String> settings() {
    Map<String, String> map = new LinkedHashMap<>();
    for (String set : settings.split(" ", -1)) {
      if (!set.isEmpty()) {
        int at = set.indexOf('=');
        map.put(set.substring(0, at), set.substring(at + 1));
      }
    }
    return map;
  }

  ShapeRequest shape(ShapeRequest of) {
    return buffers == 0 || of.buffers() != 0 ? of : of.withBuffers(buffers);
  }

  /** Its edge is a burst's length, not a rate. */
  boolean isBurst() {
    return isBurst;
  }

  boolean isCapturing() {
    return isCapturing;
  }
}

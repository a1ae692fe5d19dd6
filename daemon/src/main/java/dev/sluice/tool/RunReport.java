package dev.sluice.tool;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One finished run of a producer against a daemon: the daemon's settled books and the producer's
 * own counts.
 *
 * @param producer the producer's own report, as printed
 * @param daemonCpuSeconds CPU time of the daemon's process from attach to settled books
 * @param deviceThreads threads of the device that can wait for the host
 */
public record RunReport(
    SessionReport session,
    Map<String, Object> producer,
    double daemonCpuSeconds,
    int deviceThreads) {

  /** Time during which the device produced, by its own clock; excludes attach and detach. */
  public double producedSeconds() throws ToolException {
    return Json.real(producer, "duration_seconds");
  }

  public double collectedBytesPerSecond() throws ToolException {
    double seconds = producedSeconds();
    return seconds > 0 ? session.total().collectedBytes() / seconds : 0;
  }

  /** Rate that the device tried to write, including drops. */
  public double offeredBytesPerSecond() throws ToolException {
    return Json.real(producer, "bytes_per_second");
  }

  /** Time the device's threads waited for the host, summed over them, by the device's own clock. */
  public double stallSeconds() throws ToolException {
    return Json.real(producer, "stall_seconds");
  }

  /** Share of the device's time, 0 to 1, spent waiting for the host. */
  public double stalledRatio() throws ToolException {
    double seconds = producedSeconds() * deviceThreads;
    return seconds > 0 ? stallSeconds() / seconds : 0;
  }

  /** Average number of CPUs that the daemon used from attach to settled books. */
  public double daemonCores() {
    double seconds = session.durationSeconds();
    return seconds > 0 ? daemonCpuSeconds / seconds : 0;
  }

  /** Rate of writing to the capture's directory; 0 without a capture. */
  public double writtenBytesPerSecond() {
    double seconds = session.durationSeconds();
    long bytes = session.capture().map(SessionReport.Capture::writtenBytes).orElse(0L);
    return seconds > 0 ? bytes / seconds : 0;
  }

  public long producedRecords() throws ToolException {
    return Json.whole(producer, "produced_records");
  }

  /** Returns whether both sides counted the same number of records. */
  public boolean isAgreed() throws ToolException {
    return producedRecords() == session.total().deviceRecords();
  }

  /** Returns whether nothing was dropped or is unaccounted for, and both sides agree. */
  public boolean isLossless() throws ToolException {
    return isAgreed()
        && session.total().droppedRecords() == 0
        && session.total().unaccountedRecords() == 0
        && session.capture().map(SessionReport.Capture::lostRecords).orElse(0L) == 0;
  }

  /** Returns the keys that {@code demo} and {@code bench} share, with the names of the contract. */
  public Map<String, Object> toJson(String verdict) throws ToolException {
    KindCounts total = session.total();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("layout", session.layout());
    object.put("duration_seconds", producedSeconds());
    object.putAll(total.toJson());
    object.put("abi_violations", session.violations());
    object.put("abi_violations_by_reason", session.abiViolations());
    object.put("collected_bytes_per_second", collectedBytesPerSecond());
    object.put("device_stall_seconds", stallSeconds());
    object.put("device_stall_seconds_estimate", session.deviceStallEstimateSeconds());
    object.put("refill_latency_seconds", session.refillLatency().toJson());
    object.put("drain_pause_seconds", session.drainPause().toJson());
    object.put("daemon_cpu_seconds", daemonCpuSeconds);
    object.put("verdict", verdict);
    Map<String, Object> kinds = new LinkedHashMap<>();
    session.kinds().forEach((kind, counts) -> kinds.put(kind, counts.toJson()));
    object.put("kinds", kinds);
    object.put("producer", producer);
    return object;
  }
}

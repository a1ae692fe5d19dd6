package dev.sluice.tool;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One session from the daemon's {@code /api/v1/sessions}.
 *
 * @param state one word, sometimes followed by a reason in parentheses; {@link #isEnded} tests for
 *     settled books
 * @param placement owner of the arena's memory
 * @param route how the producer maps the arena
 * @param durationSeconds from attach to the response, or to the end of the session
 * @param collectedBytesPerSecond average over the last second, as is the drop rate
 * @param deviceStallEstimateSeconds time that the device's threads waited for the host, summed over
 *     them; inferred by the host, usually too high
 */
public record SessionReport(
    long id,
    long device,
    String name,
    String layout,
    String placement,
    String route,
    String state,
    double durationSeconds,
    KindCounts total,
    Map<String, KindCounts> kinds,
    Map<String, Long> abiViolations,
    double deviceStallEstimateSeconds,
    Quantiles refillLatency,
    Quantiles drainPause,
    double collectedBytesPerSecond,
    double droppedRecordsPerSecond,
    HeadroomReport headroom,
    Optional<Capture> capture) {
  private static final String ENDED = "ended";

  public static SessionReport read(Map<String, Object> object) throws ToolException {
    Map<String, KindCounts> kinds = new LinkedHashMap<>();
    Map<String, Object> kindObjects = Json.object(object, "kinds");
    for (String kind : kindObjects.keySet()) {
      kinds.put(kind, KindCounts.read(Json.object(kindObjects, kind)));
    }
    return new SessionReport(
        Json.whole(object, "id"),
        Json.whole(object, "device"),
        Json.text(object, "name"),
        Json.text(object, "layout"),
        Json.text(object, "placement"),
        Json.text(object, "route"),
        Json.text(object, "state"),
        Json.real(object, "duration_seconds"),
        KindCounts.read(object),
        kinds,
        Json.counts(object, "abi_violations"),
        Json.real(object, "device_stall_seconds_estimate"),
        Quantiles.read(object, "refill_latency_seconds"),
        Quantiles.read(object, "drain_pause_seconds"),
        Json.real(object, "collected_bytes_per_second"),
        Json.real(object, "dropped_records_per_second"),
        HeadroomReport.read(object),
        Capture.read(object));
  }

  /**
   * The capture of the session.
   *
   * @param directory absolute path
   * @param lost records that were collected but not captured, by reason
   */
  public record Capture(
      String directory, long writtenBytes, long capturedRecords, Map<String, Long> lost) {
    /** Empty if the session was not captured. */
    static Optional<Capture> read(Map<String, Object> session) throws ToolException {
      if (session.get("capture") == null) {
        return Optional.empty();
      }
      Map<String, Object> object = Json.object(session, "capture");
      return Optional.of(
          new Capture(
              Json.text(object, "directory"),
              Json.whole(object, "written_bytes"),
              Json.whole(object, "captured_records"),
              Json.counts(object, "capture_lost_records")));
    }

    public long lostRecords() {
      return lost.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Returns whether the session is over and its books are settled. */
  public boolean isEnded() {
    return state.split(" ", 2)[0].equals(ENDED);
  }

  /** Returns whether the session is no longer attached, settled or not. */
  public boolean isOver() {
    String word = state.split(" ", 2)[0];
    return isEnded() || word.equals("closing") || word.equals("failed");
  }

  public long violations() {
    return abiViolations.values().stream().mapToLong(Long::longValue).sum();
  }
}

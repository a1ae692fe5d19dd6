package dev.sluice.tool;

import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The daemon's report of how near each ceiling is; 1 is at the ceiling.
 *
 * @param ratios by ceiling, over the daemon's headroom window
 * @param worst by ceiling, over the last minute
 */
public record HeadroomReport(Map<String, Double> ratios, Map<String, Double> worst) {
  /** Reads the {@code ceilings} of a session. */
  static HeadroomReport read(Map<String, Object> session) throws ToolException {
    Map<String, Object> object = Json.object(session, "ceilings");
    Map<String, Double> ratios = new LinkedHashMap<>();
    Map<String, Double> worst = new LinkedHashMap<>();
    for (String ceiling : object.keySet()) {
      Map<String, Object> row = Json.object(object, ceiling);
      ratios.put(ceiling, Json.real(row, "utilization_ratio"));
      worst.put(ceiling, Json.real(row, "worst_utilization_ratio"));
    }
    return new HeadroomReport(ratios, worst);
  }

  /** Returns the highest ratio of the last minute; 0 if the daemon does not report this ceiling. */
  double worst(Ceiling ceiling) {
    return worst.getOrDefault(ceiling.label(), 0.0);
  }

  /**
   * Returns the nearest ceiling of the last minute. If several were reached, it is the one farthest
   * from the device: a late stage delays the stages before it.
   */
  Ceiling nearest() {
    Ceiling nearest = Ceiling.CONTROL_PATH;
    for (Ceiling ceiling : Ceiling.values()) {
      if (worst(ceiling) > worst(nearest) || worst(ceiling) >= Headroom.REACHED) {
        nearest = ceiling;
      }
    }
    return nearest;
  }
}

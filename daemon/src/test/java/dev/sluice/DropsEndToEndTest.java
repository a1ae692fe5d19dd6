package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.tool.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A real daemon, overrun by a layout that drops at once: what an operator can read afterwards. The
 * cause that the daemon infers depends on the machine; {@link DropCausesTest} steps the agents and
 * checks each cause.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class DropsEndToEndTest {
  @Test
  void shouldTellOfEveryDropItsCauseAndItsCeiling() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.drops.kept-events=65536")) {
      // Faster than any host drains, with the minimum number of slots.
      daemon.run(
          "overrun", "--layout", "l2-2026.06/a2a3", "--slots", "2", "--duration-ns", "1000000000");
      SessionView session = daemon.session("overrun");
      long dropped = session.total().droppedByDevice();
      assertTrue(dropped > 0, "nothing was dropped: " + session.json());
      Map<String, Object> answer = Json.parse(daemon.get("/api/v1/drops?limit=65536"), "drops");
      List<Map<String, Object>> events = Json.objects(answer, "drops");
      assertEquals(events.size(), Json.whole(answer, "total_events"), "the test wants them all");
      Map<String, Long> told = new TreeMap<>();
      Instant before = Instant.MAX;
      for (Map<String, Object> event : events) {
        assertEquals(session.id(), Json.whole(event, "session"));
        Instant time = Instant.parse(Json.text(event, "time"));
        assertTrue(!time.isAfter(before), "newest first");
        before = time;
        told.merge(Json.text(event, "cause"), Json.whole(event, "dropped_records"), Long::sum);
      }
      long toldInAll = 0;
      for (Map.Entry<String, Long> cause : told.entrySet()) {
        assertEquals(session.total().dropped(cause.getKey()), cause.getValue(), cause.getKey());
        toldInAll += cause.getValue();
      }
      assertEquals(dropped, toldInAll, "each dropped record has its event");
      assertEquals(1, daemon.logged(Level.WARN, "drops records").size(), "once per episode");
      assertEquals(1, daemon.logged(Level.WARN, "stopped dropping").size());
      assertTrue(worst(session) >= 1, "no ceiling was met: " + session.json());
      assertTrue(
          daemon.metric("sluice_ceiling_utilization_ratio{ceiling=\"control_path\",device=\"0\"}")
              > 0,
          "a session that has just ended still counts");
    }
  }

  /** Returns the highest worst-case utilization over all ceilings. */
  private static double worst(SessionView session) throws Exception {
    Map<String, Object> headroom = Json.object(session.json(), "ceilings");
    double worst = 0;
    for (String ceiling : headroom.keySet()) {
      worst = Math.max(worst, Json.real(Json.object(headroom, ceiling), "worst_utilization_ratio"));
    }
    return worst;
  }
}

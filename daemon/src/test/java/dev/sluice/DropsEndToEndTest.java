package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.tool.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A real daemon that is overrun by a device of the generation that drops at once: what an operator
 * can read of it afterwards. The daemon is slowed by its own fault hooks, so that the machine's
 * speed does not matter.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class DropsEndToEndTest {
  private static final String[] OVERRUN = {
    "--layout", "l2-2026.06/a2a3", "--rate", "600000000", "--duration-ns", "1500000000"
  };

  /** What both cases have in common; returns the dropped records. */
  private static long expectEvidence(TestDaemon daemon, String name, String cause)
      throws Exception {
    SessionView session = daemon.session(name);
    long dropped = session.total().dropped(cause);
    assertTrue(dropped > 0, "nothing was dropped as " + cause + ": " + session.json());
    Map<String, Object> answer = Json.parse(daemon.get("/api/v1/drops?limit=65536"), "drops");
    List<Map<String, Object>> events = Json.objects(answer, "drops");
    long told = 0;
    Instant before = Instant.MAX;
    for (Map<String, Object> event : events) {
      assertEquals(session.id(), Json.whole(event, "session"));
      Instant time = Instant.parse(Json.text(event, "time"));
      assertTrue(!time.isAfter(before), "newest first");
      before = time;
      told += Json.text(event, "cause").equals(cause) ? Json.whole(event, "dropped_records") : 0;
    }
    assertTrue(Json.whole(answer, "total_events") == events.size(), "the test wants them all");
    assertEquals(dropped, told, "every dropped record has its event");
    assertEquals(1, daemon.logged(Level.WARN, "drops records").size(), "once per episode");
    assertEquals(1, daemon.logged(Level.WARN, "stopped dropping").size());
    return dropped;
  }

  /**
   * How many, a busy machine has a say in: it adds causes. {@link DropCausesTest} asks for 95 %.
   */
  private static void expectMost(long records, long all) {
    assertTrue(2 * records > all, records + " of " + all);
  }

  private static double worst(TestDaemon daemon, String name, String ceiling) throws Exception {
    Map<String, Object> headroom = Json.object(daemon.session(name).json(), "headroom");
    return Json.real(Json.object(headroom, ceiling), "worst_ratio");
  }

  @Test
  void shouldShowAHostThatWasLate() throws Exception {
    try (TestDaemon daemon =
        TestDaemon.start(
            "sluice.faults.pause=100ms",
            "sluice.faults.pause-every=300ms",
            // Collectors that compare every record are slow: that would be another cause.
            "sluice.collector.verify-synthetic=false",
            "sluice.drops.kept-events=65536")) {
      daemon.run("late", OVERRUN);
      long late = expectEvidence(daemon, "late", "host_late");
      long all = daemon.session("late").total().droppedByDevice();
      expectMost(late, all);
      assertTrue(worst(daemon, "late", "control_path") > 1, daemon.get("/api/v1/sessions"));
      assertTrue(
          daemon.metric("sluice_headroom_ratio{ceiling=\"control_path\",device=\"0\"}") > 1,
          "a session that has just ended still counts");
    }
  }

  @Test
  void shouldShowCollectorsThatAreTooSlow() throws Exception {
    try (TestDaemon daemon =
        TestDaemon.start(
            "sluice.faults.collector-bytes-per-second=20000000",
            "sluice.drops.kept-events=65536")) {
      daemon.run("slow", OVERRUN);
      long exhausted = expectEvidence(daemon, "slow", "pool_exhausted");
      long all = daemon.session("slow").total().droppedByDevice();
      expectMost(exhausted, all);
      assertTrue(worst(daemon, "slow", "bandwidth") > 1, daemon.get("/api/v1/sessions"));
      assertTrue(worst(daemon, "slow", "buffer_lifecycle") >= 1, daemon.get("/api/v1/sessions"));
    }
  }
}

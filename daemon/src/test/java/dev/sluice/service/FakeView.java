package dev.sluice.service;

import dev.sluice.abi.RunId;
import dev.sluice.headroom.Headroom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** A scripted daemon view: one device with one session, all numbers different. */
public class FakeView implements DaemonView {
  public final List<String> notReady = new ArrayList<>();
  public final List<String> notices = new ArrayList<>();
  public boolean isHealthy = true;
  public String sessionName = "train";
  public CaptureArchive archive = CaptureArchive.NONE;

  private static final Headroom HEADROOM =
      new Headroom(new double[] {0.25, 0.5, 0.125, 0}, new double[] {1.5, 0.75, 0.25, 0});

  public static final Instant STARTED_AT = Instant.parse("2026-11-22T10:00:00Z");

  @Override
  public BuildInfo build() {
    return new BuildInfo("1.2.3", "abc123", "17.0.15");
  }

  @Override
  public CaptureArchive archive() {
    return archive;
  }

  @Override
  public int abandonedThreads() {
    return 2;
  }

  @Override
  public Instant startedAt() {
    return STARTED_AT;
  }

  @Override
  public List<SessionSnapshot> sessions() {
    return List.of(session(7, "running"));
  }

  @Override
  public List<SessionSnapshot> recentSessions() {
    return List.of(session(6, "ended"));
  }

  private SessionSnapshot session(int id, String state) {
    return new SessionSnapshot(
        id,
        3,
        sessionName,
        "l2-2026.07/a2a3",
        "",
        4,
        24,
        2,
        state,
        Instant.parse("2026-11-22T10:05:00Z"),
        12.5,
        kinds(),
        Map.of("sequence", 2L),
        900,
        1,
        0.25,
        new LatencySnapshot(1000, 0.002, 1.5e-6, 2e-5, 3e-5, 4e-5),
        LatencySnapshot.EMPTY,
        new ArenaSnapshot(1 << 20, 64, true, false, "sim", "memfd", ""),
        List.of(new QueueSnapshot(0, 1, 1023, 5)),
        HEADROOM,
        tasks(),
        new SessionRates(2.5e8, 12, Map.of("aic", 300.0), Map.of("aic", 2.0)),
        Optional.empty(),
        2,
        new RunId(7, "out/TestCase_20260822_101500"));
  }

  private static Map<String, TaskTotals> tasks() {
    Histogram durations = new Histogram(1, 60_000_000_000L, 2);
    durations.recordValueWithCount(12_000, 300);
    Histogram dispatch = new Histogram(1, 60_000_000_000L, 2);
    dispatch.recordValueWithCount(400, 300);
    return Map.of("aic", new TaskTotals(8, 300, 0.0036, durations, dispatch));
  }

  private static Map<String, KindTotals> kinds() {
    Map<String, KindTotals> kinds = new LinkedHashMap<>();
    kinds.put(
        "aicpu_task", new KindTotals(1000, 900, 28_800, Map.of("host_late", 60L), 20, 0, 5, 15));
    kinds.put("aicore_task", new KindTotals(100, 100, 3_200, Map.of(), 0, 0, 0, 0));
    return kinds;
  }

  @Override
  public List<DeviceSnapshot> devices() {
    Histogram refill = new Histogram(1, 60_000_000_000L, 2);
    refill.recordValueWithCount(1_500, 990);
    refill.recordValueWithCount(20_000, 10);
    Histogram pause = new Histogram(1, 60_000_000_000L, 2);
    pause.recordValue(3_000_000);
    return List.of(
        new DeviceSnapshot(
            3,
            "",
            1,
            kinds(),
            List.of(new QueueSnapshot(0, 1, 1023, 5), new QueueSnapshot(1, 0, 1023, 2)),
            Map.of("aicpu_task", new DeviceSnapshot.FreeQueueSnapshot(2, 4)),
            Map.of("aicpu_task", Map.of("free", 30L, "device", 24L, "free_queue", 10L)),
            Map.of("aicpu_task", refill),
            pause,
            Map.of("pop", new DeviceSnapshot.StallTotals(8, 0.25)),
            2,
            128,
            0.75,
            Map.of("sequence", 2L),
            tasks(),
            HEADROOM));
  }

  @Override
  public List<RateHistory.Points> rateHistory() {
    return List.of(new RateHistory.Points(7, List.of(10L, 20L), List.of(0L, 1L)));
  }

  /** Three events occurred, two are kept. */
  @Override
  public DropsSnapshot drops(int limit) {
    List<DropEventSnapshot> events = new ArrayList<>();
    for (int age = 0; age < Math.min(2, limit); age++) {
      events.add(
          new DropEventSnapshot(
              STARTED_AT.minusSeconds(age),
              3,
              7,
              "aicpu_task",
              12,
              1,
              "pool_exhausted",
              "storage",
              4000 + age,
              0,
              1,
              2,
              3,
              4,
              5,
              0.5,
              0.25));
    }
    return new DropsSnapshot(3, 2, events);
  }

  @Override
  public List<AgentSnapshot> agents() {
    return List.of(
        new AgentSnapshot("drain", 1_795_341_600.5, 4, true),
        new AgentSnapshot("refill", 1_795_341_600.25, 0, isHealthy));
  }

  @Override
  public List<String> notReadyReasons() {
    return notReady;
  }

  @Override
  public List<String> notices() {
    return notices;
  }

  @Override
  public Map<String, Long> attachFailures() {
    AttachFailures failures = new AttachFailures();
    failures.add(AttachStatus.VERSION);
    return failures.byReason();
  }
}

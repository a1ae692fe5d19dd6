package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every declared layout against every actual layout and against other core counts. */
class LayoutCheckTest {
  private static final int LONGEST_BRIEF = 63;

  static Stream<Arguments> pairs() {
    return Layout.all().stream()
        .flatMap(declared -> Layout.all().stream().map(actual -> Arguments.of(declared, actual)));
  }

  private static List<Integer> cores(Layout layout) {
    return List.of(1, 24, layout.platform().maxCores());
  }

  private static LayoutCheck check(ArenaPlan plan, TestArena arena) {
    return new LayoutCheck(
        new RunSetup(
            plan,
            arena.memory(),
            TestArena.DEVICE_BASE,
            0,
            TestSettings.with(),
            new ManualClock(),
            new ParkMeter(),
            ContentChecks.none(),
            RunCapture.NONE));
  }

  /** Writes what a device of that layout writes before its cores start. */
  private static void writeInit(TestArena arena, ArenaPlan plan, Layout actual, int actualCores) {
    if (actual.facts().hasCountedEntries()) {
      arena.bytes().putInt(actual.handoffSchemaOffset(), 1);
    }
    int pools = actual.poolsOffset(BufferKind.AICORE_TASK, actualCores);
    for (int core = 0; core < actualCores; core++) {
      arena
          .bytes()
          .putLong(
              plan.rotationOffset() + core * Long.BYTES,
              TestArena.DEVICE_BASE + pools + (long) core * actual.pool().sizeBytes());
    }
  }

  private static LayoutCheck.Finding look(
      Layout declared, int declaredCores, Layout actual, int actualCores) {
    ArenaPlan plan =
        TestArena.plan(
            new Geometry(declared, declaredCores, 1, 1, 1), new BufferCounts(2, 2, 2, 3));
    TestArena arena = new TestArena(plan);
    LayoutCheck check = check(plan, arena);
    assertEquals("", check.look(false, false).text(), "before the device has begun");
    writeInit(arena, plan, actual, actualCores);
    assertEquals(check.look(true, false), check.look(true, true), "it does not change its mind");
    return check.look(true, true);
  }

  @Test
  void shouldSeeAtTheEndThatTheSchemaWordHasChanged() {
    Layout layout = Layout.parse("chip-2026.09/a2a3");
    ArenaPlan plan = TestArena.plan(new Geometry(layout, 2, 1, 1, 1), new BufferCounts(2, 2, 2, 3));
    TestArena arena = new TestArena(plan);
    LayoutCheck check = check(plan, arena);
    writeInit(arena, plan, layout, 2);
    assertEquals("", check.look(true, false).text());
    arena.bytes().putInt(layout.handoffSchemaOffset(), 2);
    assertTrue(check.look(true, true).text().contains("0x2 after core_to_thread"));
  }

  private static LayoutCheck quiet(ArenaPlan plan, TestArena arena) {
    writeInit(arena, plan, plan.layout(), plan.geometry().numCores());
    return check(plan, arena);
  }

  private static ArenaPlan plan(int schedThreads, int orchThreads) {
    Layout layout = Layout.parse("chip-2026.08/a2a3");
    return TestArena.plan(
        new Geometry(layout, 2, schedThreads, orchThreads, 4), new BufferCounts(2, 2, 2, 3));
  }

  @Test
  void shouldSayThatADeviceTakesNoBuffer() {
    ArenaPlan plan = plan(1, 1);
    TestArena arena = new TestArena(plan);
    assertEquals("", check(plan, arena).silence(5_000_000_000L), "nothing is announced");
    LayoutCheck check = quiet(plan, arena);
    assertEquals("", check.silence(5_000_000_000L));
    assertEquals("", check.silence(5_999_999_999L));
    String text = check.silence(6_000_000_000L);
    assertTrue(text.contains("no buffer from any pool for 1s"), text);
    assertTrue(text.contains("chip-2026.08/a2a3 with 2 cores"), text);
  }

  @Test
  void shouldSayHowManyThreadsTheDeviceHas() {
    ArenaPlan plan = plan(2, 0);
    TestArena arena = new TestArena(plan);
    LayoutCheck check = quiet(plan, arena);
    assertEquals("", check.otherThreads(), "a device below level 3 says nothing");
    arena.bytes().putInt(plan.layout().numSchedPhaseThreadsOffset(), 2);
    assertEquals("", check.otherThreads());
    arena.bytes().putInt(plan.layout().numOrchPhaseThreadsOffset(), 1);
    assertEquals(
        "the device has sched_threads 2, orch_threads 1, but 2, 0 were declared",
        check.otherThreads());
    arena.bytes().putInt(plan.layout().numSchedPhaseThreadsOffset(), 3);
    assertTrue(check.otherThreads().startsWith("the device has sched_threads 3"));
    for (int untrusted : new int[] {-1, 5, Integer.MAX_VALUE}) {
      arena.bytes().putInt(plan.layout().numSchedPhaseThreadsOffset(), untrusted);
      assertEquals("", check.otherThreads());
    }
  }

  private static boolean areAlike(Layout a, Layout b) {
    boolean areOld = !a.generation().isChip() && !b.generation().isChip();
    return a.equals(b) || a.id().equals(b.id()) || (areOld && a.platform() == b.platform());
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void shouldTellEveryLayoutThatIsNotTheDeclaredOne(Layout declared, Layout actual) {
    for (int declaredCores : cores(declared)) {
      for (int actualCores : cores(actual)) {
        String cell = declared + " x" + declaredCores + ", device " + actual + " x" + actualCores;
        LayoutCheck.Finding finding = look(declared, declaredCores, actual, actualCores);
        if (areAlike(declared, actual) && declaredCores == actualCores) {
          assertEquals("", finding.text(), cell);
          continue;
        }
        String brief = finding.brief();
        assertTrue(brief.startsWith("not " + declared + " x" + declaredCores + " but "), cell);
        assertTrue(brief.length() <= LONGEST_BRIEF, brief);
        assertTrue(finding.text().startsWith("wrong layout: declared " + declared), cell);
        if (actualCores <= declared.platform().maxCores()) {
          assertTrue(finding.text().contains(actual.id()), cell + ": " + finding.text());
          assertTrue(brief.endsWith(" x" + actualCores), brief);
        }
      }
    }
  }
}

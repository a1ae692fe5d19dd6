package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.abi.AbiViolation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A device that violates the wire format. Each violation is counted under its reason and logged
 * once, the books balance to the record, the content of all collected records is right, and a
 * concurrent session is unaffected.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class FaultsTest {
  private static final String L2_2026_06 = "l2-2026.06/a2a3";
  private static final String L2_2026_07 = "l2-2026.07/a2a3";
  private static final String CHIP_2026_08 = "chip-2026.08/a2a3";
  private static final String CHIP_2026_09 = "chip-2026.09/a2a3";

  /**
   * Small AICPU buffers: faults are injected at publications, so a short run needs many of them.
   */
  private static final String[] LOAD = {
    "--rate", "30000000", "--duration-ns", "150000000", "--records", "100,4096,64,4096"
  };

  private static TestDaemon daemon;

  @BeforeAll
  static void startDaemon() {
    daemon = TestDaemon.start();
  }

  @AfterAll
  static void stopDaemon() {
    daemon.close();
  }

  /**
   * Every fault that writes bogus entries, per generation, with the reasons that the host must
   * count.
   */
  static Stream<Arguments> bogusEntries() {
    List<Arguments> all = new ArrayList<>();
    for (String layout : List.of(L2_2026_06, L2_2026_07, CHIP_2026_08, CHIP_2026_09)) {
      all.add(Arguments.of(layout, "wrong-kind", "wrong_kind"));
      all.add(Arguments.of(layout, "foreign-pointer", "unknown_pointer"));
      all.add(Arguments.of(layout, "misaligned-pointer", "misaligned_pointer"));
      all.add(Arguments.of(layout, "bad-core-index", "bad_instance"));
      all.add(Arguments.of(layout, "bad-kind", "bad_kind"));
      // The host either owns the buffer already, or has lent it again and the entry is stale.
      all.add(Arguments.of(layout, "repeated-pointer", "not_device_owned sequence"));
      // In the first generation the pointer becomes a repeated one after a while.
      all.add(
          Arguments.of(
              layout,
              "null-pointer",
              layout.equals(L2_2026_06)
                  ? "null_pointer not_device_owned sequence"
                  : "null_pointer"));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("bogusEntries")
  void shouldStepOverABogusEntry(String layout, String fault, String reasons) throws Exception {
    Outcome outcome = misbehave(layout, fault);
    Map<String, Long> violations = outcome.session.violations();
    assertTrue(outcome.device.injected(fault) > 0, "the fault was injected");
    long counted = 0;
    for (String reason : List.of(reasons.split(" "))) {
      counted += violations.get(reason);
    }
    assertEquals(outcome.device.injected(fault), counted, () -> "counted: " + violations);
    assertEquals(counted, outcome.session.violationsInAll(), () -> "others: " + violations);
    assertEverythingCame(outcome);
  }

  @ParameterizedTest
  @ValueSource(strings = {L2_2026_06, L2_2026_07, CHIP_2026_08, CHIP_2026_09})
  void shouldBelieveItsOwnCapacityOverACountAboveIt(String layout) throws Exception {
    Outcome outcome = misbehave(layout, "count-overflow");
    long counted = outcome.session.violations().get("count_overflow");
    // The host ignores the count of an AICore buffer, a mere hint; most buffers are of other kinds.
    assertTrue(counted > 0 && counted <= outcome.device.injected("count-overflow"));
    assertEquals(counted, outcome.session.violationsInAll());
    assertEverythingCame(outcome);
  }

  @ParameterizedTest
  @ValueSource(strings = {L2_2026_06, L2_2026_07, CHIP_2026_08, CHIP_2026_09})
  void shouldReportASkippedSequenceNumberAndKeepTheBuffer(String layout) throws Exception {
    Outcome outcome = misbehave(layout, "sequence-gap");
    long counted = outcome.session.violations().get("sequence");
    assertTrue(counted > 0 && counted <= outcome.device.injected("sequence-gap"));
    assertEquals(counted, outcome.session.violationsInAll());
    assertEverythingCame(outcome);
  }

  @ParameterizedTest
  @ValueSource(strings = {L2_2026_06, L2_2026_07, CHIP_2026_08, CHIP_2026_09})
  void shouldOutlastATailBeyondTheQueue(String layout) throws Exception {
    Outcome outcome = misbehave(layout, "bad-tail");
    // Visible for only 50 us, so a busy host may miss some.
    assertTrue(outcome.device.injected("bad-tail") > 0);
    long counted = outcome.session.violations().get("bad_index");
    assertTrue(counted <= outcome.device.injected("bad-tail"), "counted " + counted);
    assertEquals(counted, outcome.session.violationsInAll());
    assertEverythingCame(outcome);
  }

  @Test
  void shouldWaitForATornEntryToBecomeWhole() throws Exception {
    Outcome outcome = misbehave(L2_2026_06, "torn-entry");
    assertTrue(outcome.device.injected("torn-entry") > 0);
    assertEverythingCame(outcome);
  }

  @ParameterizedTest
  @ValueSource(strings = {"never", "cycle"})
  void shouldNotMindAStaleContendedFlag(String freeze) throws Exception {
    try (TestDaemon own = TestDaemon.start("sluice.refill.freeze=" + freeze)) {
      TestProducer.Report device = own.run("stale", arguments(CHIP_2026_08, "stale-contended"));
      assertTrue(device.injected("stale-contended") > 0);
      Law.assertExact(own.session("stale"), device);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {L2_2026_06, L2_2026_07, CHIP_2026_08, CHIP_2026_09})
  void shouldSitOutALaneThatStops(String layout) throws Exception {
    Outcome outcome = misbehave(layout, "stall");
    assertTrue(outcome.device.injected("stall") > 0);
    assertEquals(0, outcome.session.violationsInAll());
    assertEverythingCame(outcome);
  }

  @ParameterizedTest
  @ValueSource(strings = {L2_2026_06, L2_2026_07, CHIP_2026_08, CHIP_2026_09})
  void shouldSurviveEverythingAtOnce(String layout) throws Exception {
    String faults =
        "wrong-kind,foreign-pointer,misaligned-pointer,repeated-pointer,null-pointer,"
            + "bad-core-index,bad-kind,bad-tail,count-overflow,sequence-gap,stall"
            + (layout.equals(L2_2026_06) ? ",torn-entry" : "")
            + (layout.equals(CHIP_2026_08) ? ",stale-contended" : "");
    Outcome outcome = misbehave(layout, faults);
    for (String reason :
        List.of(
            "wrong_kind", "unknown_pointer", "misaligned_pointer", "bad_instance", "bad_kind")) {
      assertTrue(outcome.session.violations().get(reason) > 0, reason);
    }
    assertEverythingCame(outcome);
  }

  @Test
  void shouldBelieveTheBufferOverAnEntryWithAnImpossibleCount() throws Exception {
    Outcome outcome = misbehave(CHIP_2026_09, "entry-count");
    long injected = outcome.device.injected("entry-count");
    assertTrue(injected > 0);
    assertEquals(injected, outcome.session.violations().get("count_overflow"));
    assertEquals(injected, outcome.session.violationsInAll());
    assertEverythingCame(outcome);
  }

  /** Buffers of another run are counted, not mixed in, and missing from this run. */
  @Test
  void shouldMixNoBufferOfAnotherRun() throws Exception {
    TestProducer.Report device = daemon.run("wrong epoch", arguments(CHIP_2026_09, "wrong-epoch"));
    SessionView session = daemon.session("wrong epoch");
    assertEquals(0, device.exitCode(), device::errors);
    Map<String, Long> violations = session.violations();
    long injected = device.injected("wrong-epoch");
    assertTrue(injected > 0);
    assertEquals(injected, violations.get("wrong_run"), () -> "counted: " + violations);
    long missing = violations.get("sequence");
    assertTrue(missing > 0 && missing <= injected, () -> "counted: " + violations);
    assertEquals(injected + missing, session.violationsInAll(), () -> "others: " + violations);
    assertTrue(session.total().unaccounted() > 0, "nothing else has these records");
    Law.assertContentIsTrue(session);
    Law.assertAgrees(session, device);
  }

  @Test
  void shouldEndASessionWhoseSchemaChanges() throws Exception {
    TestProducer.Report device = daemon.run("schema flip", arguments(CHIP_2026_09, "schema-flip"));
    SessionView session = daemon.session("schema flip");
    assertTrue(device.exitCode() != 0, device::output);
    assertTrue(device.errors().contains("not chip-2026.09/a2a3 x24 but "), device::errors);
    assertTrue(session.state().contains("wrong layout"), session.state());
    assertEquals(1, session.violations().get("wrong_layout"));
  }

  @Test
  void shouldNameProducersThatWriteNoTerminalLine() throws Exception {
    Outcome outcome = misbehave(CHIP_2026_09, "no-terminal");
    long injected = outcome.device.injected("no-terminal");
    assertTrue(injected > 0);
    assertEquals(injected, outcome.session.violations().get("terminal_mismatch"));
    assertEquals(injected, outcome.session.violationsInAll());
    assertEverythingCame(outcome);
  }

  /** A dry pool at init is an error line on a real device. */
  @ParameterizedTest
  @CsvSource({
    CHIP_2026_09 + ",1",
    CHIP_2026_09 + ",2",
    CHIP_2026_09 + ",3",
    CHIP_2026_09 + ",4",
    "chip-2026.09/a5,1",
    "chip-2026.09/a5,3",
    CHIP_2026_08 + ",1",
    CHIP_2026_08 + ",3",
    L2_2026_07 + ",1",
    L2_2026_06 + ",3"
  })
  void shouldLeaveNoPoolDryAtInit(String layout, String level) throws Exception {
    String name = "init " + layout + " " + level;
    TestProducer.Report device =
        daemon.run(
            name,
            "--layout",
            layout,
            "--level",
            level,
            "--rate",
            "10000000",
            "--duration-ns",
            "20000000");
    assertTrue(device.output().contains("\"pools_dry_at_init\":0,"), device::output);
    Law.assertExact(daemon.session(name), device);
  }

  @Test
  void shouldFollowACounterThatWraps() throws Exception {
    List<TestProducer> producers = new ArrayList<>();
    try {
      // All generations with wrapping counters at once, because each takes two seconds.
      for (String layout : List.of(L2_2026_06, L2_2026_07, CHIP_2026_08)) {
        producers.add(
            daemon.producer(
                "wrap " + layout,
                "--layout",
                layout,
                "--misbehave",
                "counter-wrap",
                "--rate",
                "10000000",
                "--duration-ns",
                "100000000"));
      }
      for (TestProducer producer : producers) {
        TestProducer.Report device = producer.await();
        SessionView session = daemon.session(producer.name());
        Law.assertExact(session, device);
        assertTrue(session.kind("aicpu_task").produced() > 1L << 32, session::toString);
        assertTrue(session.kind("aicpu_task").dropped() >= 1L << 32, session::toString);
      }
    } finally {
      for (TestProducer producer : producers) {
        producer.close();
      }
    }
  }

  private static String[] arguments(String layout, String faults) {
    List<String> arguments = new ArrayList<>(List.of(LOAD));
    arguments.addAll(List.of("--layout", layout, "--misbehave", faults));
    return arguments.toArray(String[]::new);
  }

  private record Outcome(SessionView session, TestProducer.Report device) {}

  /** Runs a faulty producer next to a clean one; asserts what holds for every fault. */
  private static Outcome misbehave(String layout, String faults) throws Exception {
    String guilty = "guilty " + layout + " " + Integer.toHexString(faults.hashCode());
    String innocent = "innocent " + guilty;
    TestProducer.Report device;
    try (TestProducer other =
        daemon.producer(
            innocent,
            "--device",
            "1",
            "--layout",
            layout,
            "--cores",
            "3",
            "--aicpu-threads",
            "1",
            "--rate",
            "10000000",
            "--duration-ns",
            "200000000")) {
      device = daemon.run(guilty, arguments(layout, faults));
      TestProducer.Report untouched = other.await();
      Law.assertExact(daemon.session(innocent), untouched);
    }
    SessionView session = daemon.session(guilty);
    assertEquals(0, device.exitCode(), device::errors);
    Law.assertBalanced(session);
    Law.assertContentIsTrue(session);
    assertLoggedOncePerCause(session);
    assertTrue(daemon.isHealthy(), "the daemon stays up");
    return new Outcome(session, device);
  }

  /** Asserts that only records are missing that the device itself dropped or lost. */
  private static void assertEverythingCame(Outcome outcome) throws Exception {
    Law.assertAgrees(outcome.session, outcome.device);
    assertEquals(0, outcome.session.total().inFlight());
  }

  private static void assertLoggedOncePerCause(SessionView session) throws Exception {
    List<String> lines = daemon.logged(Level.WARN, "session " + session.id() + " ");
    for (AbiViolation violation : AbiViolation.ALL) {
      long expected = session.violations().get(violation.label()) > 0 ? 1 : 0;
      String text = "the device wrote " + violation.meaning() + " (";
      assertEquals(
          expected,
          lines.stream().filter(line -> line.contains(text)).count(),
          () -> violation + " in " + lines);
    }
  }
}

package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.headroom.Ceiling;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
  @Test
  void shouldBeFineWhenEveryRecordArrived() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 1000, 0, 0), 1000), false);
    assertEquals(
        new Verdict(
            ExitCode.FINE,
            "Nothing was lost: all 1,000 records were collected, and the device never waited.",
            Optional.empty()),
        verdict,
        "a ceiling that was touched without any harm is no bad news");
  }

  @Test
  void shouldSayThatTheRecordsWereCapturedToo() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("capture", FakeDaemon.capture("/captures/one", 5_000, 1000, 0));
    assertEquals(
        "Nothing was lost: all 1,000 records were collected and captured, and the device waited"
            + " 0.17 % of its time.",
        Verdict.of(waiting(session, 0.01), false).sentence());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host_late        | 1.5 | 0.6 | 1.0 | 1.0 | CONTROL_PATH",
        "ready_queue_full | 1.0 | 1.6 | 0.1 | 0.0 | CONTROL_PATH",
        "pool_exhausted   | 0.3 | 1.6 | 0.1 | 0.0 | BUFFER_LIFECYCLE",
        "pool_exhausted   | 0.3 | 1.6 | 1.0 | 0.2 | BANDWIDTH",
        "pool_exhausted   | 0.3 | 1.6 | 1.0 | 0.9 | STORAGE",
        "inferred         | 0.3 | 1.2 | 0.1 | 0.0 | BUFFER_LIFECYCLE",
        "inferred         | 1.5 | 0.5 | 0.95 | 0.0 | BANDWIDTH",
        "inferred         | 1.5 | 1.2 | 1.0 | 0.9 | STORAGE",
        "inferred         | 0.8 | 0.5 | 0.7 | 0.1 | CONTROL_PATH",
      })
  void shouldNameTheCeilingThatALossWasDueTo(
      String cause,
      double controlPath,
      double lifecycle,
      double bandwidth,
      double storage,
      Ceiling limit)
      throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 10, 0);
    session.put("dropped_records", Map.of(cause, 10));
    session.put("ceilings", headroom(controlPath, lifecycle, bandwidth, storage));
    Verdict verdict = Verdict.of(run(session, 1000), false);
    assertEquals(ExitCode.RECORDS_LOST, verdict.exitCode());
    assertEquals(Optional.of(limit), verdict.limit());
    assertTrue(
        verdict
            .sentence()
            .endsWith("collected. The limit was " + limit.phrase() + ": " + limit.remedy() + "."),
        verdict.sentence());
  }

  @Test
  void shouldBlameNoCeilingForADeadProducer() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 10, 0);
    session.put("dropped_records", Map.of("producer_died", 10));
    Verdict verdict = Verdict.of(run(session, 1000), false);
    assertTrue(verdict.sentence().endsWith("all others were collected."), verdict.sentence());
    assertEquals(Optional.empty(), verdict.limit());
  }

  private static Map<String, Object> headroom(
      double controlPath, double lifecycle, double bandwidth, double storage) {
    return Map.of(
        "control_path", Map.of("utilization_ratio", 0, "worst_utilization_ratio", controlPath),
        "buffer_lifecycle", Map.of("utilization_ratio", 0, "worst_utilization_ratio", lifecycle),
        "bandwidth", Map.of("utilization_ratio", 0, "worst_utilization_ratio", bandwidth),
        "storage", Map.of("utilization_ratio", 0, "worst_utilization_ratio", storage));
  }

  @Test
  void shouldNameTheMainCauseOfDrops() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 200_000, 5_000, 0), 200_000), false);
    assertEquals(ExitCode.RECORDS_LOST, verdict.exitCode());
    assertEquals(
        "The device dropped 5,000 of 200,000 records (2.5 %), mostly because the daemon refilled"
            + " too late; all others were collected. The limit was the control path: the daemon's"
            + " threads were late; give them free CPUs.",
        verdict.sentence());
  }

  @Test
  void shouldNotFormatSmallSharesAsPowersOfTen() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 10_000_000, 3, 0), 10_000_000), false);
    assertTrue(
        verdict.sentence().startsWith("The device dropped 3 of 10,000,000 records (0.00003 %),"),
        verdict.sentence());
  }

  @Test
  void shouldCallUnaccountedRecordsADefect() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 1000, 10, 1), 1000), false);
    assertEquals(ExitCode.RECORDS_LOST, verdict.exitCode());
    assertEquals(
        "1 records are unaccounted for: a defect of the device or of Sluice.", verdict.sentence());
  }

  @Test
  void shouldFailWhenTheTwoSidesCountedDifferently() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 1000, 0, 0), 1001), false);
    assertEquals(
        new Verdict(
            ExitCode.FAILED,
            "The books do not match: the producer counted 1,001 records, the daemon read 1,000 from"
                + " the device.",
            Optional.empty()),
        verdict);
  }

  @Test
  void shouldFailOnViolationsOnlyWhenTheyWereNotAskedFor() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("abi_violations", Map.of("torn_entry", 2, "bad_kind", 1));
    assertEquals(
        new Verdict(
            ExitCode.FAILED,
            "Nothing was lost, but the device broke the wire format 3 times.",
            Optional.empty()),
        Verdict.of(run(session, 1000), false));
    assertEquals(ExitCode.FINE, Verdict.of(run(session, 1000), true).exitCode());
  }

  @Test
  void shouldSayHowLongTheDeviceWaitedAndForWhat() throws ToolException {
    // 3 threads for 2 seconds: 0.6 s of waiting is 10 %.
    Verdict verdict = Verdict.of(waiting(FakeDaemon.session("a", 1000, 0, 0), 0.6), false);
    assertEquals(
        new Verdict(
            ExitCode.FINE,
            "Nothing was lost, but the device waited 10 % of its time for the host. The limit was"
                + " the control path: the daemon's threads were late; give them free CPUs.",
            Optional.of(Ceiling.CONTROL_PATH)),
        verdict);
  }

  @Test
  void shouldNotBlameACeilingThatWasFar() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("ceilings", headroom(0.3, 0.5, 0.1, 0.2));
    Verdict verdict = Verdict.of(waiting(session, 0.6), false);
    assertEquals(
        "Nothing was lost, but the device waited 10 % of its time for the host.",
        verdict.sentence());
    assertEquals(Optional.empty(), verdict.limit());
  }

  @Test
  void shouldSayWhichDirectoryTookHowMuch() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("ceilings", headroom(1.0, 1.0, 1.0, 1.6));
    // Over the session's 2.5 s, which include the last write.
    session.put("capture", FakeDaemon.capture("/captures/one", 500_000_000, 1000, 0));
    Verdict verdict = Verdict.of(waiting(session, 3), false);
    assertEquals(
        "Nothing was lost, but the device waited 50 % of its time for the host. The limit was"
            + " storage: /captures took 200MB/s.",
        verdict.sentence());
    assertEquals(Optional.of(Ceiling.STORAGE), verdict.limit());
  }

  @Test
  void shouldSayWhatTheCaptureLost() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("capture", FakeDaemon.capture("/captures/one", 0, 700, 300));
    Verdict verdict = Verdict.of(run(session, 1000), false);
    assertEquals(ExitCode.RECORDS_LOST, verdict.exitCode());
    assertEquals(
        "The device dropped nothing, but 300 of 1,000 collected records are not in the capture"
            + " (io_error). The limit was storage: /captures took 0B/s.",
        verdict.sentence());
  }

  @Test
  void shouldNotCallAnInterruptedRunFine() throws ToolException {
    Verdict fine = Verdict.of(run(FakeDaemon.session("a", 1000, 0, 0), 1000), false);
    Verdict interrupted = fine.interrupted("after 2s");
    assertEquals(ExitCode.FAILED, interrupted.exitCode());
    assertEquals("Interrupted after 2s. " + fine.sentence(), interrupted.sentence());
    Verdict lossy = Verdict.of(run(FakeDaemon.session("a", 1000, 1, 0), 1000), false);
    assertEquals(ExitCode.RECORDS_LOST, lossy.interrupted("after 2s").exitCode());
  }

  static RunReport run(Map<String, Object> session, long produced) throws ToolException {
    return run(session, produced, 0);
  }

  private static RunReport waiting(Map<String, Object> session, double stallSeconds)
      throws ToolException {
    return run(session, 1000, stallSeconds);
  }

  private static RunReport run(Map<String, Object> session, long produced, double stallSeconds)
      throws ToolException {
    return new RunReport(
        SessionReport.read(session),
        Json.parse(FakeProducer.report(produced, stallSeconds), "the producer"),
        0.5,
        3);
  }
}

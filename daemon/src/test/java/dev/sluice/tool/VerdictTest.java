package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
  @Test
  void shouldBeFineWhenEveryRecordArrived() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 1000, 0, 0), 1000), false);
    assertEquals(
        new Verdict(
            ExitCode.FINE, "Every record was collected. Nearest ceiling: control path, at 150 %."),
        verdict);
  }

  @Test
  void shouldNameTheNearestCeilingInTheWordsOfDiagnose() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("headroom", headroom(0.25, 0.57, 0.1, 0));
    assertEquals(
        "Every record was collected. Nearest ceiling: buffer life cycle, at 57 %.",
        Verdict.of(run(session, 1000), false).sentence());
    session.put("headroom", headroom(0.004, 0.001, 0, 0));
    assertEquals(
        "Every record was collected.",
        Verdict.of(run(session, 1000), false).sentence(),
        "nothing came near one");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host_late        | 1.5 | 0.6 | 1.0 | 1.0 | control path, at 150 %",
        "ready_queue_full | 1.0 | 1.6 | 0.1 | 0.0 | control path, at 100 %",
        "pool_exhausted   | 0.3 | 1.6 | 0.1 | 0.0 | buffer life cycle, at 160 %",
        "pool_exhausted   | 0.3 | 1.6 | 1.0 | 0.2 | bandwidth, at 100 %",
        "pool_exhausted   | 0.3 | 1.6 | 1.0 | 0.9 | storage, at 90 %",
        "inferred         | 0.3 | 1.2 | 0.1 | 0.0 | buffer life cycle, at 120 %",
      })
  void shouldNameTheCeilingThatALossWasDueTo(
      String cause,
      double controlPath,
      double lifecycle,
      double bandwidth,
      double storage,
      String bound)
      throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 10, 0);
    session.put("dropped_records", Map.of(cause, 10));
    session.put("headroom", headroom(controlPath, lifecycle, bandwidth, storage));
    Verdict verdict = Verdict.of(run(session, 1000), false);
    assertEquals(ExitCode.RECORDS_LOST, verdict.exitCode());
    assertTrue(
        verdict.sentence().endsWith("collected. The ceiling that bound: " + bound + "."),
        verdict.sentence());
  }

  @Test
  void shouldBlameNoCeilingForADeadProducer() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 10, 0);
    session.put("dropped_records", Map.of("producer_died", 10));
    String sentence = Verdict.of(run(session, 1000), false).sentence();
    assertTrue(sentence.endsWith("all others were collected."), sentence);
  }

  private static Map<String, Object> headroom(
      double controlPath, double lifecycle, double bandwidth, double storage) {
    return Map.of(
        "control_path", Map.of("ratio", 0, "worst_ratio", controlPath),
        "buffer_lifecycle", Map.of("ratio", 0, "worst_ratio", lifecycle),
        "bandwidth", Map.of("ratio", 0, "worst_ratio", bandwidth),
        "storage", Map.of("ratio", 0, "worst_ratio", storage));
  }

  @Test
  void shouldNameTheMainCauseOfDrops() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 200_000, 5_000, 0), 200_000), false);
    assertEquals(ExitCode.RECORDS_LOST, verdict.exitCode());
    assertEquals(
        "The device dropped 5,000 of 200,000 records (2.5 %), mostly because the daemon refilled"
            + " too late; all others were collected. The ceiling that bound: control path, at"
            + " 150 %.",
        verdict.sentence());
  }

  @Test
  void shouldNotFormatSmallSharesAsPowersOfTen() throws ToolException {
    Verdict verdict = Verdict.of(run(FakeDaemon.session("a", 10_000_000, 3, 0), 10_000_000), false);
    assertEquals(
        "The device dropped 3 of 10,000,000 records (0.00003 %), mostly because the daemon"
            + " refilled too late; all others were collected. The ceiling that bound: control path,"
            + " at 150 %.",
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
                + " the device."),
        verdict);
  }

  @Test
  void shouldFailOnViolationsOnlyWhenNobodyAskedForThem() throws ToolException {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.put("abi_violations", Map.of("torn_entry", 2, "bad_kind", 1));
    assertEquals(
        new Verdict(
            ExitCode.FAILED, "No record was lost, but the device broke the wire format 3 times."),
        Verdict.of(run(session, 1000), false));
    assertEquals(ExitCode.FINE, Verdict.of(run(session, 1000), true).exitCode());
  }

  @Test
  void shouldTellHowLongTheDeviceWaited() throws ToolException {
    // 3 threads for 2 seconds: 0.6 s of waiting is a tenth.
    RunReport run =
        new RunReport(
            SessionReport.read(FakeDaemon.session("a", 1000, 0, 0)),
            Json.parse(FakeProducer.report(1000, 0.6), "the producer"),
            0.5,
            3);
    assertEquals(
        new Verdict(
            ExitCode.FINE,
            "No record was lost, but the device waited for the host 10.0 % of its time. Nearest"
                + " ceiling: control path, at 150 %."),
        Verdict.of(run, false));
  }

  static RunReport run(Map<String, Object> session, long produced) throws ToolException {
    return new RunReport(
        SessionReport.read(session),
        Json.parse(FakeProducer.report(produced), "the producer"),
        0.5,
        3);
  }
}

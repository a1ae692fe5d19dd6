package dev.sluice.tool.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuietCheckTest {
  @TempDir private Path folder;

  /** Writes user, idle and steal ticks; all others are 0. */
  private void times(long user, long idle, long stolen) {
    try {
      Files.writeString(
          folder.resolve("stat"),
          "cpu  " + user + " 0 0 " + idle + " 0 0 0 " + stolen + " 0 0\ncpu0 1 2 3\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private QuietCheck check(int processors, long userMeanwhile, long stolenLater)
      throws ToolException {
    times(1000, 1000, 0);
    QuietCheck check = new QuietCheck(processors, folder.resolve("stat"));
    check.before(() -> times(1000 + userMeanwhile, 1100 - userMeanwhile, 0));
    times(2000, 2000, stolenLater);
    check.after();
    return check;
  }

  @Test
  void shouldBeQuietWhereNothingElseRuns() throws ToolException {
    QuietCheck check = check(2, 2, 0);
    assertTrue(check.isQuiet(), () -> check.reasons().toString());
    assertEquals(true, check.toJson().get("quiet"));
  }

  @Test
  void shouldSayHowMuchOthersUsed() throws ToolException {
    QuietCheck check = check(2, 40, 0);
    assertFalse(check.isQuiet());
    assertTrue(check.reasons().get(0).contains("other work used 40 %"), check.reasons().get(0));
  }

  @Test
  void shouldSayThatOneProcessorIsTooFew() throws ToolException {
    List<String> reasons = check(1, 0, 0).reasons();
    assertTrue(reasons.get(0).startsWith("only one CPU"), reasons.toString());
  }

  @Test
  void shouldSayWhatTheHostOfAVirtualMachineTook() throws ToolException {
    List<String> reasons = check(2, 0, 190).reasons();
    assertTrue(reasons.get(0).contains("took 9."), reasons.toString());
  }

  @Test
  void shouldSayThatAThreadWasKeptFromItsProcessor() {
    QuietCheck check = new QuietCheck(2, folder.resolve("stat"));
    check.pauses(0.024, 0.015);
    assertEquals(2, check.reasons().size(), check.reasons().toString());
    assertTrue(check.reasons().get(0).contains("2.4 %"), check.reasons().get(0));
    assertTrue(check.reasons().get(1).contains("15ms"), check.reasons().get(1));
  }

  @Test
  void shouldNameATermThatDoesNotRepeat() {
    QuietCheck check = new QuietCheck(2, folder.resolve("stat"));
    check.repeats(Figure.told("steady", Unit.SECONDS, 1.0, 1.1, 1.2));
    assertTrue(check.isQuiet());
    check.repeats(Figure.told("wild", Unit.SECONDS, 1.0, 1.1, 1.9));
    assertTrue(check.reasons().get(0).startsWith("wild did not repeat"));
  }

  @Test
  void shouldSayThatTheMachineIsNoLongerTheOneOfThePrediction() {
    QuietCheck check = new QuietCheck(2, folder.resolve("stat"));
    Figure before = Figure.told("latency", Unit.SECONDS, 0.010, 0.011, 0.012);
    check.drift("24 cores", before, Figure.told("after", Unit.SECONDS, 0.016));
    check.drift("24 cores", before, Figure.told("after", Unit.SECONDS, 0.008));
    assertTrue(check.isQuiet(), () -> check.reasons().toString());
    check.drift("24 cores", before, Figure.told("after", Unit.SECONDS, 0.017));
    check.drift("24 cores", before, Figure.told("after", Unit.SECONDS, 0.007));
    assertEquals(
        List.of(
            "24 cores: latency was 11ms before the search and 17ms after it",
            "24 cores: latency was 11ms before the search and 7ms after it"),
        check.reasons());
  }

  @Test
  void shouldFailInOneLineWithoutProcessorTimes() {
    QuietCheck check = new QuietCheck(2, folder.resolve("missing"));
    assertThrows(ToolException.class, () -> check.before(() -> {}));
  }
}

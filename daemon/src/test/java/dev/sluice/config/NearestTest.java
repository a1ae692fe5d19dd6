package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NearestTest {
  private static final List<String> KEYS =
      List.of("sluice.collector.cpus", "sluice.drain.batch-entries", "sluice.http.listen");

  @ParameterizedTest
  @CsvSource({
    "sluice.drian.batch, sluice.drain.batch-entries",
    "sluice.http.listne, sluice.http.listen",
    "http.listen, sluice.http.listen",
    "sluice.collector.cpu, sluice.collector.cpus"
  })
  void shouldNameWhatWasMeant(String name, String meant) {
    assertEquals(Optional.of(meant), Nearest.of(name, KEYS));
    assertEquals(", did you mean " + meant + "?", Nearest.didYouMean(name, KEYS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sluice.foo", "foo", "sluice.x", ""})
  void shouldNameNothingWhereNothingIsNear(String name) {
    assertEquals("", Nearest.didYouMean(name, KEYS));
  }

  @Test
  void shouldTakeTheFirstByNameOfEquals() {
    assertEquals(Optional.of("bar"), Nearest.of("baz", List.of("foo", "bat", "bar")));
  }
}

package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoopbackTest {
  @ParameterizedTest
  @CsvSource({"0.0.0.0, 127.0.0.1", "[::], [::1]", "[::1], [::1]", "10.0.0.7, 10.0.0.7"})
  void shouldReachADaemonWhereItListens(String listen, String reached) {
    assertEquals(reached, Loopback.reaching(listen));
    assertEquals(
        URI.create("http://" + reached + ":9797"),
        DaemonClient.at(Loopback.reaching(listen), 9797).base());
  }
}

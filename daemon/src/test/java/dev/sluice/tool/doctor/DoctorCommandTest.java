package dev.sluice.tool.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.Console;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  private final Console console = new Console(new DoctorCommand());

  @Test
  void shouldFailWhereAPlacementCannotWork() throws Exception {
    // Test machines have no device, and the given folder has no libraries.
    int code =
        console.run(
            "doctor",
            "--json",
            "--set",
            "sluice.placement.default=device-mapped",
            "--set",
            "sluice.cann.directory=/nowhere");
    assertEquals(ExitCode.FAILED, code, console.err());
    Map<String, Object> answer = Json.parse(console.out(), "doctor");
    assertTrue(Json.whole(answer, "bad") >= 2);
    assertTrue(
        Json.objects(answer, "checks").stream()
            .anyMatch(
                check ->
                    check.get("check").equals("cann-runtime") && check.get("grade").equals("bad")));
  }

  @Test
  void shouldPrintEachFixBelowItsFinding() {
    console.run(
        "doctor",
        "--set",
        "sluice.placement.default=device-mapped",
        "--set",
        "sluice.cann.directory=/nowhere");
    assertTrue(console.out().contains("bad   cann-runtime"), console.out());
    assertTrue(console.out().contains("-> see docs/integrating-a-runtime.md"), console.out());
  }

  @Test
  void shouldRefuseASettingThatDoesNotExist() {
    assertEquals(ExitCode.USAGE, console.run("doctor", "--set", "sluice.plaecment.default=sim"));
  }
}

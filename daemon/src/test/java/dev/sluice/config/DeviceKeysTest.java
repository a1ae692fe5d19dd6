package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings per device, and keys that are refused by name. */
class DeviceKeysTest {
  @TempDir private Path directory;

  private Configuration load(String text, String... overrides) throws IOException {
    Path file = Files.writeString(directory.resolve("sluice.conf"), text);
    return Configuration.load(new ConfigSources(Optional.of(file), Map.of(), List.of(overrides)));
  }

  private String refusal(String text) {
    return assertThrows(SettingsException.class, () -> load(text)).getMessage();
  }

  @Test
  void shouldGiveADeviceItsOwnAndTheGeneralForTheRest() throws IOException {
    Settings settings =
        load("""
        sluice.arena.buffers.aicpu-task = 4
        sluice.device {
          3 {
            placement = device-copied
            arena { bytes = 64MiB, buffers.aicpu-task = 6 }
            threading = shared
            drain.cpus = "4-5"
            capture { enabled = false, overload = discard, stage-bytes = 32MiB }
            cann.share = ipc-key
          }
          7.arena.bytes = 128MiB
        }
        """)
            .settings();
    Settings third = settings.ofDevice(3);
    assertEquals(64 << 20, third.arena().bytes());
    assertEquals(6, third.arena().buffers().aicpuTask());
    assertEquals(ThreadingMode.SHARED, third.threading());
    assertEquals(List.of(4, 5), third.drain().cpus());
    assertEquals(false, third.capture().enabled());
    assertEquals(CaptureSettings.Overload.DISCARD, third.capture().overload());
    assertEquals(CannSettings.Share.IPC_KEY, third.cann().share());
    assertEquals(settings.attach(), third.attach());
    Settings seventh = settings.ofDevice(7);
    assertEquals(128 << 20, seventh.arena().bytes());
    assertEquals(4, seventh.arena().buffers().aicpuTask());
    assertEquals(true, seventh.capture().enabled());
    assertSame(settings, settings.ofDevice(0));
    assertEquals(1 << 30, settings.arena().bytes());
    assertEquals(Placement.DEVICE_COPIED, settings.placement().of(3));
    assertEquals(Placement.DEVICE_COPIED, third.placement().of(3));
    assertEquals(Placement.SIM, settings.placement().of(7));
  }

  @Test
  void shouldOpenCapturesForTheOneDeviceThatWantsThem() throws IOException {
    String off = "sluice.capture.enabled = false\n";
    assertEquals(false, load(off).settings().captureOfAny().enabled());
    Settings settings = load(off + "sluice.device.2.capture.enabled = true").settings();
    assertEquals(true, settings.captureOfAny().enabled());
    assertEquals(false, settings.ofDevice(1).capture().enabled());
  }

  @Test
  void shouldTakeThemFromVariablesAndOptionsInTheOrderOfAnyKey() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("sluice.conf"),
            "sluice.device.1 { arena.bytes = 16MiB, threading = inline, placement = host }");
    Settings own =
        Configuration.load(
                new ConfigSources(
                    Optional.of(file),
                    Map.of(
                        "SLUICE_DEVICE_1_ARENA_BYTES", "32MiB",
                        "SLUICE_DEVICE_1_THREADING", "shared",
                        "SLUICE_DEVICE_PLUGIN_PORT", "none of ours"),
                    List.of("sluice.device.1.arena.bytes=64MiB")))
            .settings()
            .ofDevice(1);
    assertEquals(64 << 20, own.arena().bytes());
    assertEquals(ThreadingMode.SHARED, own.threading());
    assertEquals(Placement.HOST, own.placement().of(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "sluice.device.3.arena.byte = 1MiB"
            + "| :1: unknown key sluice.device.3.arena.byte, did you mean"
            + " sluice.device.3.arena.bytes?",
        "sluice.device.3.http.listen = \"a:1\"| :1: unknown key sluice.device.3.http",
        "sluice.device.x.arena.bytes = 1MiB"
            + "| :1: sluice.device.x: 'x' is not a device number, write sluice.device.0",
        "sluice.device.03.arena.bytes = 1MiB| :1: sluice.device.03: '03' is not a device number",
        "sluice.device = 3| :1: sluice.device is a section, write sluice.device { 0 { ... } }",
        "sluice.device.3 = host| :1: sluice.device.3 is a section",
        "sluice.device.3.arena.bytes = 1| :1: sluice.device.3.arena.bytes must be a size from",
        "sluice.device.3.placement = gpu| :1: sluice.device.3.placement must be one of sim, host",
      })
  void shouldRefuseByName(String text, String expected) {
    String message = refusal(text);
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void shouldRefuseAPlacementThatIsSaidTwice() {
    assertEquals(
        directory.resolve("sluice.conf")
            + ":2: sluice.device.3.placement and sluice.placement.devices both set the placement"
            + " of device 3; set it once",
        refusal("sluice.placement.devices = [\"3:host\"]\nsluice.device.3.placement = host"));
  }

  @Test
  void shouldRefuseUnknownOnesOfVariablesAndOptions() {
    SettingsException option =
        assertThrows(SettingsException.class, () -> load("", "sluice.device.1.threads=shared"));
    assertEquals(
        "--set: unknown key sluice.device.1.threads, did you mean sluice.device.1.threading?",
        option.getMessage());
    SettingsException variable =
        assertThrows(
            SettingsException.class,
            () ->
                Configuration.load(
                    new ConfigSources(
                        Optional.empty(), Map.of("SLUICE_DEVICE_1_ARENA_BITES", "1"), List.of())));
    assertEquals(
        "environment: unknown variable SLUICE_DEVICE_1_ARENA_BITES, did you mean"
            + " SLUICE_DEVICE_1_ARENA_BYTES?",
        variable.getMessage());
  }

  @Test
  void shouldPrintWhatLoadsToTheSame() throws IOException {
    Configuration first =
        load("sluice.device { 0 { placement = host }, 2.capture.enabled = false }");
    assertTrue(first.render().contains("sluice.device.2.capture.enabled = false"), first.render());
    assertEquals(first.settings(), load(first.render()).settings());
  }

  @Test
  void shouldReloadEachLikeItsGeneralKey() throws IOException {
    Configuration running = load("sluice.device.3 { arena.bytes = 64MiB, threading = inline }");
    Configuration next =
        load("sluice.device { 3 { threading = shared }, 4 { arena.bytes = 32MiB } }");
    assertEquals(
        Set.of(
            "sluice.device.3.arena.bytes",
            "sluice.device.3.threading",
            "sluice.device.4.arena.bytes"),
        running.changed(next).stream().map(ConfigKey::path).collect(Collectors.toSet()));
    Settings mixed = running.reloaded(next).settings();
    assertEquals(ThreadingMode.INLINE, mixed.ofDevice(3).threading(), "with a restart");
    assertEquals(1 << 30, mixed.ofDevice(3).arena().bytes(), "gone: the general one");
    assertEquals(32 << 20, mixed.ofDevice(4).arena().bytes(), "for sessions afterwards");
  }
}

package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
  @TempDir Path directory;

  @Test
  void shouldHaveTheDocumentedDefaults() {
    Settings settings = Configuration.load(ConfigSources.none()).settings();
    assertEquals(new ListenAddress("127.0.0.1", 9797), settings.http().listen());
    assertEquals(Path.of("/run/sluice/attach.sock"), settings.attach().socket());
    assertEquals(Path.of("/run/sluice/control.sock"), settings.control().socket());
    assertEquals(1L << 30, settings.arena().bytes());
    assertEquals(Provision.TRY, settings.arena().hugePages());
    assertEquals(new BufferCounts(0, 0, 0, 0), settings.arena().buffers());
    assertEquals(ThreadingMode.AUTO, settings.threading());
    assertEquals(8_000_000, settings.drain().idle().maxParkNanos());
    assertEquals(1_000_000, settings.refill().sweepIntervalNanos());
    assertEquals(FreezePolicy.NEVER, settings.refill().freeze());
    assertEquals(Verification.SAMPLE, settings.collector().verifySynthetic());
    assertEquals(15_000_000_000L, settings.watermark().windowNanos());
    assertTrue(settings.devices().allows(0));
    assertTrue(settings.devices().allows(63));
  }

  @Test
  void shouldTakeTheStrongestSource() throws IOException {
    Path file =
        file("sluice { drain.batch-entries = 10, drain.groups = 2, attach.max-sessions = 7 }");
    Settings settings =
        Configuration.load(
                new ConfigSources(
                    Optional.of(file),
                    Map.of("SLUICE_DRAIN_BATCH_ENTRIES", "20", "SLUICE_DRAIN_GROUPS", "3"),
                    List.of("sluice.drain.groups=4", "sluice.drain.groups=5")))
            .settings();
    assertEquals(7, settings.attach().maxSessions());
    assertEquals(20, settings.drain().batchEntries());
    assertEquals(5, settings.drain().groups());
  }

  @Test
  void shouldReadListsFromAnySource() throws IOException {
    Path file = file("sluice { devices = [3, 1], drain.cpus = \"2-4,8\", refill.cpus = [5] }");
    Settings settings =
        Configuration.load(
                new ConfigSources(
                    Optional.of(file),
                    Map.of("SLUICE_COLLECTOR_CPUS", "6, 7", "SLUICE_ATTACH_ALLOWED_GIDS", ""),
                    List.of("sluice.attach.allowed-uids=[1000,1001]")))
            .settings();
    assertFalse(settings.devices().any());
    assertTrue(settings.devices().allows(3));
    assertFalse(settings.devices().allows(2));
    assertEquals(List.of(2, 3, 4, 8), settings.drain().cpus());
    assertEquals(List.of(5), settings.refill().cpus());
    assertEquals(List.of(6, 7), settings.collector().cpus());
    assertEquals(Set.of(1000, 1001), settings.attach().allowedUids());
    assertEquals(Set.of(), settings.attach().allowedGids());
  }

  @Test
  void shouldLeaveForeignVariablesAlone() {
    Map<String, String> foreign =
        Map.of(
            "SLUICE_PORT", "tcp://10.0.0.1:9797",
            "SLUICE_SERVICE_HOST", "10.0.0.1",
            "SLUICE_JAVA_OPTS", "-Xmx256m",
            "HOME", "/nowhere");
    Configuration.load(new ConfigSources(Optional.empty(), foreign, List.of()));
  }

  @Test
  void shouldGiveEveryKeyItsOwnVariable() {
    long distinct =
        ConfigKeys.all().stream().map(ConfigKey::environmentVariable).distinct().count();
    assertEquals(ConfigKeys.all().size(), distinct);
    assertEquals("SLUICE_HTTP_LISTEN", ConfigKeys.HTTP_LISTEN.environmentVariable());
    assertEquals("SLUICE_DRAIN_IDLE_MAX_PARK", ConfigKeys.IDLE_MAX_PARK.environmentVariable());
  }

  @Test
  void shouldNameFileLineAndNearestKeyForAnUnknownKey() throws IOException {
    Path file = file("sluice {\n  drain {\n    batch-entires = 5\n  }\n}\n");
    assertEquals(
        file
            + ":3: unknown key sluice.drain.batch-entires, did you mean"
            + " sluice.drain.batch-entries?",
        refusal(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "slice.http.listen = \"a:1\"|:1: unknown key slice, did you mean",
        "sluice.http.lissten = \"a:1\"|unknown key sluice.http.lissten, did you mean"
            + " sluice.http.listen?",
        "sluice.captures.enabled = true|unknown key sluice.captures",
        "sluice.drain = 5|sluice.drain is a section, write sluice.drain { ... }",
        "sluice.threading { mode = auto }|sluice.threading must be one of auto, dedicated, shared,"
            + " inline: it is a section",
        "sluice.threading = turbo|'turbo' is not one of them",
        "sluice.threading = [auto]|it is a list",
        "sluice.threading = null|sluice.threading has no value",
        "sluice.drain.batch-entries = 0|must be a whole number from 1 to 65536: '0' is too small",
        "sluice.drain.batch-entries = 65537|'65537' is too large",
        "sluice.drain.batch-entries = 1.5|'1.5' is not a whole number",
        "sluice.drain.nice = 20|from -20 to 19",
        "sluice.drain.cpus = [1, 1]|CPU 1 is listed twice",
        "sluice.drain.cpus = \"4-2\"|'4-2' is in the wrong order",
        "sluice.drain.cpus = [[1]]|nested",
        "sluice.drain.cpus = \"1,,2\"|empty entry",
        "sluice.drain.idle.max-park = 11ms|a duration from 1us to 10ms: '11ms' is too large",
        "sluice.drain.idle.max-park = 5|the unit is missing",
        "sluice.arena.bytes = 2GiB|'2GiB' is too large",
        "sluice.arena.bytes = 1M|write MB or MiB",
        "sluice.arena.buffers.aicpu-task = some|auto or a whole number",
        "sluice.http.listen = \"9797\"|is not a listen address",
        "sluice.http.listen = \"127.0.0.1:70000\"|port from 0 to 65535",
        "sluice.http.listen = \"::1:9797\"|is not a listen address",
        "sluice.attach.socket = attach.sock|not an absolute path",
        "sluice.attach.socket = /run/sluice/control.sock|are the same path",
        "sluice.devices = []|no device could attach",
        "sluice.devices = [a]|'a' is not a whole number",
        "sluice { http|:1: ",
        "sluice.http.listen = ${nowhere}|nowhere",
      })
  void shouldRefuseWithOneLineThatNamesThePlace(String text, String reason) throws IOException {
    Path file = file(text);
    String message = refusal(file);
    assertTrue(message.contains(reason), message);
    assertFalse(message.contains("\n"), message);
    boolean namesFile = message.contains(file.toString()) || text.contains("null");
    assertTrue(namesFile, message);
  }

  @Test
  void shouldRefuseASocketPathThatTheKernelCannotHold() throws IOException {
    String longest = "/" + "a".repeat(106);
    load("sluice.attach.socket=" + longest);
    String message =
        assertThrows(SettingsException.class, () -> load("sluice.attach.socket=" + longest + "a"))
            .getMessage();
    assertEquals(
        "--set: sluice.attach.socket must be an absolute path of at most 107 bytes: the path has"
            + " 108 bytes, a Unix socket takes 107",
        message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "sluice.http.listn=x:1|--set: unknown key sluice.http.listn, did you mean"
            + " sluice.http.listen?",
        "http.listen=x:1|--set: unknown key http.listen, did you mean sluice.http.listen?",
        "sluice.http.listen|--set sluice.http.listen: write key=value",
        "=5|write key=value",
        "sluice.drain.groups=many|--set: sluice.drain.groups must be a whole number",
      })
  void shouldRefuseBadOverrides(String override, String reason) {
    String message = assertThrows(SettingsException.class, () -> load(override)).getMessage();
    assertTrue(message.contains(reason), message);
  }

  /** Users export these for runtimes started from the same shell. */
  @ParameterizedTest
  @ValueSource(strings = {"SLUICE_ATTACH_TIMEOUT_MS", "SLUICE_REPLY_TIMEOUT_MS"})
  void shouldIgnoreTheVariablesOfTheAttachClient(String name) {
    ConfigSources sources = new ConfigSources(Optional.empty(), Map.of(name, "2000"), List.of());
    assertEquals(
        Configuration.load(new ConfigSources(Optional.empty(), Map.of(), List.of())).settings(),
        Configuration.load(sources).settings());
  }

  @Test
  void shouldRefuseAMisspelledVariable() {
    ConfigSources sources =
        new ConfigSources(Optional.empty(), Map.of("SLUICE_HTTP_LISTNE", "x:1"), List.of());
    assertEquals(
        "environment: unknown variable SLUICE_HTTP_LISTNE, did you mean SLUICE_HTTP_LISTEN?",
        assertThrows(SettingsException.class, () -> Configuration.load(sources)).getMessage());
    ConfigSources wrongValue =
        new ConfigSources(Optional.empty(), Map.of("SLUICE_THREADING", "turbo"), List.of());
    String message =
        assertThrows(SettingsException.class, () -> Configuration.load(wrongValue)).getMessage();
    assertTrue(message.startsWith("environment SLUICE_THREADING: sluice.threading must"), message);
  }

  @Test
  void shouldIgnoreTheVariablesThatKubernetesSetsForServices() {
    Map<String, String> links = new HashMap<>();
    for (String section : List.of("METRICS", "HTTP", "CAPTURE", "DEVICE_0", "DEVICES", "LOG")) {
      String name = "SLUICE_" + section;
      links.put(name + "_SERVICE_HOST", "10.0.0.1");
      links.put(name + "_SERVICE_PORT", "9797");
      links.put(name + "_SERVICE_PORT_METRICS", "9797");
      links.put(name + "_PORT", "tcp://10.0.0.1:9797");
      links.put(name + "_PORT_9797_TCP", "tcp://10.0.0.1:9797");
      links.put(name + "_PORT_9797_TCP_PROTO", "tcp");
      links.put(name + "_PORT_9797_TCP_PORT", "9797");
      links.put(name + "_PORT_9797_TCP_ADDR", "10.0.0.1");
    }
    Configuration with = Configuration.load(new ConfigSources(Optional.empty(), links, List.of()));
    assertEquals(Configuration.load(ConfigSources.none()).render(), with.render());
    links.put("SLUICE_HTTP_PORT", "9797");
    assertThrows(
        SettingsException.class,
        () -> Configuration.load(new ConfigSources(Optional.empty(), links, List.of())));
  }

  @Test
  void shouldRefuseWhatIsThereAndCannotBeRead() throws IOException {
    Path dangling = Files.createSymbolicLink(directory.resolve("d.conf"), Path.of("nowhere"));
    assertTrue(ConfigSources.isThere(dangling));
    assertTrue(ConfigSources.isThere(directory));
    assertFalse(ConfigSources.isThere(directory.resolve("none.conf")));
    assertTrue(refusal(dangling).endsWith("d.conf: it is a dangling link"), refusal(dangling));
    assertTrue(refusal(directory).endsWith(": it is a directory"));
    for (String include : List.of("include \"d.conf\"", "include file(\"" + dangling + "\")")) {
      String message = refusal(file(include + "\n"));
      assertTrue(message.contains("d.conf: it is a dangling link"), include + ": " + message);
    }
    Configuration.load(
        new ConfigSources(Optional.of(file("include \"none.conf\"\n")), Map.of(), List.of()));
  }

  @Test
  void shouldGiveAUserPlacesOfItsOwn() throws IOException {
    Map<String, String> user = Map.of("HOME", "/home/u", "XDG_RUNTIME_DIR", "/run/user/1000");
    assertEquals(Map.of(), UserPlaces.of(user, true));
    assertEquals(Map.of(), UserPlaces.of(Map.of(), false));
    assertEquals(
        Map.of(
            "sluice.control.socket", "/run/user/1000/sluice/control.sock",
            "sluice.attach.socket", "/run/user/1000/sluice/attach.sock",
            "sluice.capture.directory", "/home/u/.local/state/sluice/captures"),
        UserPlaces.of(user, false));
    String home = directory.toString();
    Map<String, String> bare = Map.of("HOME", home, "XDG_STATE_HOME", "relative");
    Map<String, String> places = UserPlaces.of(bare, false);
    Path runtime = directory.resolve(".local/state/sluice/run");
    assertEquals(runtime + "/control.sock", places.get("sluice.control.socket"));
    Path file = file("sluice.attach.socket = /elsewhere/attach.sock\n");
    Configuration configuration =
        Configuration.load(new ConfigSources(Optional.of(file), Map.of(), List.of(), places));
    assertEquals(runtime.resolve("control.sock"), configuration.settings().control().socket());
    assertEquals(Path.of("/elsewhere/attach.sock"), configuration.settings().attach().socket());
    assertLine(
        configuration.render(),
        "sluice.control.socket = \"" + runtime + "/control.sock\"",
        "user default");
    UserPlaces.makeDirectories(configuration);
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(runtime)));
  }

  @Test
  void shouldFindTheControlSocketOfAConfigurationThatIsWrong() throws IOException {
    Path file = file("sluice.control.socket = /x/c.sock\nsluice.drian = 1\n");
    ConfigSources sources = new ConfigSources(Optional.of(file), Map.of(), List.of());
    assertThrows(SettingsException.class, () -> Configuration.load(sources));
    assertEquals(Path.of("/x/c.sock"), Configuration.controlSocket(sources));
    Files.writeString(file, "sluice.control.socket = /x/c.sock\nsluice { \n");
    assertThrows(SettingsException.class, () -> Configuration.controlSocket(sources));
  }

  @Test
  void shouldSayWhichFileIsMissing() {
    Path missing = directory.resolve("none.conf");
    assertEquals(
        "cannot read the configuration file " + missing + ": no such file or directory",
        refusal(missing));
    assertTrue(refusal(directory).startsWith("cannot read the configuration file"));
  }

  @Test
  void shouldPrintWhatLoadsToTheSameWithItsOrigins() throws IOException {
    Path file = file("sluice.arena.bytes = 512MiB\nsluice.devices = [0, 2]\n");
    Configuration first =
        Configuration.load(
            new ConfigSources(
                Optional.of(file),
                Map.of("SLUICE_HTTP_LISTEN", "[::1]:0"),
                List.of("sluice.drain.idle.max-park=1500us")));
    String printed = first.render();
    assertLine(printed, "sluice.arena.bytes = \"512MiB\"", file + ":1");
    assertLine(printed, "sluice.devices = [0, 2]", file + ":2");
    assertLine(printed, "sluice.http.listen = \"[::1]:0\"", "environment SLUICE_HTTP_LISTEN");
    assertLine(printed, "sluice.drain.idle.max-park = \"1500us\"", "--set");
    assertLine(printed, "sluice.threading = auto", "default");
    Path copy = Files.writeString(directory.resolve("printed.conf"), printed);
    Configuration second =
        Configuration.load(new ConfigSources(Optional.of(copy), Map.of(), List.of()));
    assertEquals(first.settings(), second.settings());
  }

  private static void assertLine(String printed, String value, String origin) {
    List<String> lines = printed.lines().filter(line -> line.startsWith(value + " ")).toList();
    assertEquals(1, lines.size(), value + " in:\n" + printed);
    assertTrue(lines.get(0).endsWith("# " + origin), lines.get(0));
  }

  private static Settings load(String override) {
    return Configuration.load(new ConfigSources(Optional.empty(), Map.of(), List.of(override)))
        .settings();
  }

  private static String refusal(Path file) {
    ConfigSources sources = new ConfigSources(Optional.of(file), Map.of(), List.of());
    return assertThrows(SettingsException.class, () -> Configuration.load(sources)).getMessage();
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("sluice.conf"), text);
  }
}

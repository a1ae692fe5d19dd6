package dev.sluice.tool.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.Settings;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorTest {
  private static final Settings PLAIN = TestSettings.with();

  @TempDir private Path root;

  private HostFiles host() {
    return new HostFiles(root);
  }

  private DoctorTest file(String path, String content) {
    try {
      Path file = root.resolve(path.substring(1));
      Files.createDirectories(file.getParent());
      Files.writeString(file, content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertGrade(Grade grade, Finding finding) {
    assertEquals(grade, finding.grade(), finding.toString());
    assertFalse(finding.found().contains("\n"));
    assertEquals(grade == Grade.BAD, grade == Grade.BAD && !finding.fix().isEmpty());
  }

  @Test
  void shouldExamineThisHostWhateverItLacks() {
    List<Finding> findings = Doctor.ofThisHost(PLAIN).examine();
    assertTrue(findings.size() >= 20, findings.size() + " findings");
    assertEquals(
        findings.size(), findings.stream().map(Finding::check).distinct().count(), "one each");
  }

  @Test
  void shouldExamineAHostThatShowsNothing() {
    List<Finding> findings = new Doctor(host(), PLAIN, Map.of()).examine();
    assertTrue(findings.stream().anyMatch(finding -> finding.check().equals("memory")));
  }

  @Test
  void shouldSayWhetherTheListenerIsFree() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String listen = "sluice.http.listen=127.0.0.1:" + taken.getLocalPort();
      Finding finding = ProcessChecks.listener(TestSettings.with(listen));
      assertGrade(Grade.WARN, finding);
      assertTrue(finding.found().contains("in use"), finding.found());
    }
    assertGrade(
        Grade.OK, ProcessChecks.listener(TestSettings.with("sluice.http.listen=127.0.0.1:0")));
  }

  @ParameterizedTest
  @CsvSource({"64000000, OK", "3000000, WARN", "10, BAD"})
  void shouldCompareMemoryWithWhatAnArenaTakes(long kib, Grade grade) {
    file("/proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable:   " + kib + " kB\n");
    assertGrade(
        grade, MemoryChecks.available(host(), TestSettings.with("sluice.arena.bytes=1GiB")));
  }

  @Test
  void shouldHeedTheLimitOfAContainer() {
    file("/proc/meminfo", "MemAvailable: 64000000 kB\n")
        .file("/proc/self/cgroup", "0::/\n")
        .file("/sys/fs/cgroup/memory.current", "500\n")
        .file("/sys/fs/cgroup/memory.max", "1000\n");
    assertGrade(Grade.BAD, MemoryChecks.available(host(), PLAIN));
    file("/sys/fs/cgroup/memory.max", "max\n");
    assertGrade(
        Grade.OK, MemoryChecks.available(host(), TestSettings.with("sluice.arena.bytes=1GiB")));
  }

  @ParameterizedTest
  @CsvSource({
    "unlimited, try, OK",
    "9000000000, require, OK",
    "65536, try, WARN",
    "65536, require, BAD",
    "65536, off, OK",
  })
  void shouldCompareTheLimitOfLockedMemory(String limit, String provision, Grade grade) {
    file(
        "/proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units\n"
            + "Max locked memory         "
            + limit
            + "               unlimited            bytes\n");
    assertGrade(
        grade,
        MemoryChecks.locked(host(), TestSettings.with("sluice.arena.lock-memory=" + provision)));
  }

  @ParameterizedTest
  @CsvSource({"512, try, OK", "511, try, WARN", "0, require, BAD", "0, off, OK"})
  void shouldCountHugePages(int free, String provision, Grade grade) {
    file("/proc/meminfo", "HugePages_Total: 600\nHugePages_Free:      " + free + "\n");
    assertGrade(
        grade,
        MemoryChecks.hugePages(
            host(),
            TestSettings.with("sluice.arena.bytes=1GiB", "sluice.arena.huge-pages=" + provision)));
  }

  @Test
  void shouldNameCpusThatAreNotThereOrNotIsolated() {
    file("/sys/devices/system/cpu/online", "0-7\n")
        .file("/sys/devices/system/cpu/isolated", "4-5\n");
    assertGrade(Grade.OK, CpuChecks.isolation(host(), PLAIN));
    assertGrade(Grade.OK, isolation("4,5"));
    assertGrade(Grade.WARN, isolation("3,4"));
    assertGrade(Grade.BAD, isolation("4,9"));
    assertTrue(isolation("4,9").found().contains("[9]"));
  }

  private Finding isolation(String cpus) {
    return CpuChecks.isolation(host(), TestSettings.with("sluice.drain.cpus=" + cpus));
  }

  @Test
  void shouldReadRangesOfCpus() {
    assertEquals(Set.of(), CpuChecks.range(""));
    assertEquals(Set.of(0, 1, 2, 8), CpuChecks.range("0-2,8"));
  }

  @Test
  void shouldNotSpinThreeThreadsOnTwoCpus() {
    Settings dedicated = TestSettings.with("sluice.threading=dedicated");
    assertGrade(Grade.BAD, CpuChecks.count(2, dedicated));
    assertGrade(Grade.OK, CpuChecks.count(8, dedicated));
    assertGrade(Grade.OK, CpuChecks.count(2, PLAIN));
    assertGrade(Grade.WARN, CpuChecks.count(1, PLAIN));
  }

  @ParameterizedTest
  @CsvSource({"6.1.0-13-amd64, OK", "5.10.0, WARN", "4.19.90, WARN", "4.4.0, BAD", "zork, WARN"})
  void shouldKnowKernels(String version, Grade grade) {
    assertGrade(grade, CpuChecks.kernel(version));
  }

  @ParameterizedTest
  @CsvSource({"tsc, OK", "arch_sys_counter, OK", "hpet, WARN"})
  void shouldKnowClocks(String source, Grade grade) {
    file("/sys/devices/system/clocksource/clocksource0/current_clocksource", source + "\n");
    assertGrade(grade, CpuChecks.clock(host()));
  }

  @Test
  void shouldMissDevicesOnlyWhereAPlacementNeedsThem() {
    assertGrade(Grade.OK, DeviceChecks.nodes(host(), PLAIN));
    Settings mapped = TestSettings.with("sluice.placement.devices=2:device-mapped");
    assertGrade(Grade.BAD, DeviceChecks.nodes(host(), mapped));
    file("/dev/davinci0", "").file("/dev/davinci1", "").file("/dev/davinci_manager", "");
    file("/dev/devmm_svm", "").file("/dev/hisi_hdc", "").file("/dev/null", "");
    Finding found = DeviceChecks.nodes(host(), mapped);
    assertGrade(Grade.OK, found);
    assertEquals("2 devices: davinci0, davinci1", found.found());
  }

  @Test
  void shouldNameTheDeviceNodeThatIsClosed() throws IOException {
    file("/dev/davinci0", "").file("/dev/davinci_manager", "").file("/dev/hisi_hdc", "");
    Settings mapped = TestSettings.with("sluice.placement.default=device-mapped");
    Finding found = DeviceChecks.nodes(host(), mapped);
    assertGrade(Grade.BAD, found);
    assertTrue(found.found().endsWith("not readable and writable: /dev/devmm_svm"), found.found());
  }

  @Test
  void shouldWarnOfRenumberedDevices() {
    assertGrade(Grade.OK, DeviceChecks.visibleDevices(Map.of()));
    assertGrade(
        Grade.WARN, DeviceChecks.visibleDevices(Map.of("ASCEND_RT_VISIBLE_DEVICES", "3,4")));
  }

  @Test
  void shouldNotPutCapturesWhereThereIsNoRoom() {
    Settings huge =
        TestSettings.with(
            "sluice.capture.enabled=true",
            "sluice.capture.directory=" + root,
            "sluice.capture.free-space-floor=1000TiB");
    assertGrade(Grade.BAD, StorageChecks.captures(huge.capture()));
    assertGrade(Grade.OK, StorageChecks.captures(PLAIN.capture()));
  }

  @Test
  void shouldMeasureTheDiskOfTheCapturesAndLeaveNothingBehind() throws IOException {
    Settings here =
        TestSettings.with(
            "sluice.capture.enabled=true",
            "sluice.capture.directory=" + root.resolve("not/yet"),
            "sluice.capture.free-space-floor=0B");
    Finding found = StorageChecks.rate(here.capture());
    assertTrue(found.grade() != Grade.BAD, found.found());
    assertTrue(found.found().matches(".* on \\w+ takes .*B/s .*direct I/O.*"), found.found());
    try (var left = Files.list(root)) {
      assertEquals(List.of(), left.toList());
    }
    Settings full =
        TestSettings.with(
            "sluice.capture.enabled=true",
            "sluice.capture.directory=" + root,
            "sluice.capture.free-space-floor=1000TiB");
    assertEquals("not measured: no room", StorageChecks.rate(full.capture()).found());
  }

  @Test
  void shouldFindTheFolderOfASocket() throws IOException {
    assertGrade(Grade.OK, StorageChecks.socket("attach-socket", root.resolve("a.sock")));
    assertGrade(Grade.OK, StorageChecks.socket("attach-socket", root.resolve("new/a.sock")));
    Path file = Files.writeString(root.resolve("file"), "");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    Path below = Path.of("/proc/1/a.sock");
    assertGrade(Grade.BAD, StorageChecks.socket("attach-socket", below));
  }

  @Test
  void shouldSumUpInOneLine() {
    assertEquals(
        "doctor: 1 ok, 2 warn (b, c), 1 bad (d); details: sluice doctor",
        Doctor.summary(
            List.of(
                Finding.ok("a", "x"),
                Finding.warn("b", "x", "y"),
                Finding.warn("c", "x", "y"),
                Finding.bad("d", "x", "y"))));
  }
}

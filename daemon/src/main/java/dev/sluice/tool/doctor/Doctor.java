package dev.sluice.tool.doctor;

import dev.sluice.bridge.cann.CannLibraries;
import dev.sluice.config.Settings;
import dev.sluice.tool.Invocation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** All checks of a host, in reading order. */
public final class Doctor {
  private final HostFiles host;
  private final Settings settings;
  private final Map<String, String> environment;

  /**
   * @param environment of the process
   */
  public Doctor(HostFiles host, Settings settings, Map<String, String> environment) {
    this.host = host;
    this.settings = settings;
    this.environment = Map.copyOf(environment);
  }

  /** Returns the doctor of the host that this process runs on. */
  public static Doctor ofThisHost(Settings settings) {
    return new Doctor(new HostFiles(Path.of("/")), settings, System.getenv());
  }

  /** Runs all checks. Loads the vendor's libraries if present. */
  public List<Finding> examine() {
    List<Finding> findings = examineHost();
    findings.addAll(
        DeviceChecks.libraries(
            CannLibraries.load(settings.cann().directory(), environment),
            DeviceChecks.isNeeded(settings.placement())));
    return findings;
  }

  /** Runs {@link #examine}, tests the listener's address, and writes to the disk for a second. */
  public List<Finding> measure() {
    List<Finding> findings = examine();
    findings.add(ProcessChecks.listener(settings));
    findings.add(StorageChecks.rate(settings.capture()));
    return findings;
  }

  /** Runs {@link #examine}, but loads the vendor's libraries only if a placement needs them. */
  public List<Finding> examineForStart() {
    return DeviceChecks.isNeeded(settings.placement()) ? examine() : examineHost();
  }

  /** Returns one line: counts by grade, and the names of the findings that matter. */
  public static String summary(List<Finding> findings) {
    StringBuilder line = new StringBuilder("doctor:");
    for (Grade grade : Grade.values()) {
      List<String> names =
          findings.stream()
              .filter(finding -> finding.grade() == grade)
              .map(Finding::check)
              .toList();
      line.append(grade == Grade.OK ? " " : ", ").append(names.size()).append(' ');
      line.append(grade.label());
      if (grade != Grade.OK && !names.isEmpty()) {
        line.append(" (").append(String.join(", ", names)).append(')');
      }
    }
    return line.append("; details: " + Invocation.of("doctor")).toString();
  }

  private List<Finding> examineHost() {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        ProcessChecks.java(Runtime.version(), System.getProperty("java.vendor", "unknown")));
    findings.add(ProcessChecks.nativeTools());
    findings.add(CpuChecks.kernel(host.read("/proc/sys/kernel/osrelease").orElse("unknown")));
    findings.add(CpuChecks.count(Runtime.getRuntime().availableProcessors(), settings));
    findings.add(CpuChecks.isolation(host, settings));
    findings.add(CpuChecks.governor(host));
    findings.add(CpuChecks.clock(host));
    findings.add(MemoryChecks.available(host, settings));
    findings.add(MemoryChecks.locked(host, settings));
    findings.add(MemoryChecks.hugePages(host, settings));
    findings.add(MemoryChecks.swap(host));
    findings.add(ProcessChecks.descriptors(host, settings));
    findings.add(StorageChecks.sharedMemory(host));
    findings.add(StorageChecks.captures(settings.capture()));
    if (settings.capture().enabled()) {
      findings.add(StorageChecks.stallLimit(settings.capture()));
    }
    findings.add(StorageChecks.socket("attach-socket", settings.attach().socket()));
    findings.add(StorageChecks.socket("control-socket", settings.control().socket()));
    findings.add(DeviceChecks.nodes(host, settings));
    findings.add(DeviceChecks.visibleDevices(environment));
    return findings;
  }
}

package dev.sluice.tool.doctor;

import dev.sluice.config.Settings;
import dev.sluice.config.ThreadingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Checks CPUs and clock, which decide the latency of a refill. */
final class CpuChecks {
  private static final int DEDICATED_CPUS = 5;
  private static final Set<String> FAST_CLOCKS = Set.of("tsc", "arch_sys_counter");
  private static final String CPU_FOLDER = "/sys/devices/system/cpu/";

  private CpuChecks() {}

  static Finding count(int cpus, Settings settings) {
    String found = cpus + " CPUs for this process";
    if (settings.threading() == ThreadingMode.DEDICATED && cpus < DEDICATED_CPUS) {
      return Finding.bad(
          "cpus",
          found + ", and sluice.threading = dedicated spins with three threads per session",
          "set sluice.threading = auto, or give the service more CPUs (CPUAffinity=, cpu.max)");
    }
    return cpus == 1
        ? Finding.warn("cpus", found, "use at least two: a workload on the same CPU delays refills")
        : Finding.ok("cpus", found);
  }

  static Finding isolation(HostFiles host, Settings settings) {
    Set<Integer> pinned = new TreeSet<>();
    pinned.addAll(settings.drain().cpus());
    pinned.addAll(settings.refill().cpus());
    pinned.addAll(settings.collector().cpus());
    String isolated = host.read(CPU_FOLDER + "isolated").orElse("");
    if (pinned.isEmpty()) {
      return Finding.ok(
          "cpu-isolation",
          isolated.isEmpty()
              ? "agent threads are not pinned, no CPU is isolated"
              : "CPUs " + isolated + " are isolated, agent threads are not pinned to them");
    }
    List<Integer> shared = new ArrayList<>(pinned);
    shared.removeAll(range(isolated));
    List<Integer> missing = new ArrayList<>(pinned);
    missing.removeAll(range(host.read(CPU_FOLDER + "online").orElse("")));
    if (!missing.isEmpty()) {
      return Finding.bad(
          "cpu-isolation",
          "agent threads are pinned to CPUs " + missing + ", which are not online",
          "correct sluice.drain.cpus, sluice.refill.cpus, sluice.collector.cpus");
    }
    return shared.isEmpty()
        ? Finding.ok("cpu-isolation", "agent threads are pinned to isolated CPUs " + pinned)
        : Finding.warn(
            "cpu-isolation",
            "agent threads are pinned to CPUs " + shared + ", which other work may use",
            "boot with isolcpus= and nohz_full= for them, or leave them to a cpuset of their own");
  }

  /** Parses {@code 2-5,8}. */
  static Set<Integer> range(String text) {
    Set<Integer> cpus = new TreeSet<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      String[] ends = part.split("-", 2);
      int last = Integer.parseInt(ends[ends.length - 1].strip());
      for (int cpu = Integer.parseInt(ends[0].strip()); cpu <= last; cpu++) {
        cpus.add(cpu);
      }
    }
    return cpus;
  }

  static Finding governor(HostFiles host) {
    String governor = host.read(CPU_FOLDER + "cpu0/cpufreq/scaling_governor").orElse("");
    if (governor.isEmpty()) {
      return Finding.ok("cpu-governor", "the kernel does not scale CPU frequencies here");
    }
    return governor.equals("performance")
        ? Finding.ok("cpu-governor", governor)
        : Finding.warn(
            "cpu-governor",
            governor + ": a parked thread wakes on a slow CPU",
            "cpupower frequency-set -g performance");
  }

  static Finding clock(HostFiles host) {
    String source =
        host.read("/sys/devices/system/clocksource/clocksource0/current_clocksource").orElse("");
    if (source.isEmpty()) {
      return Finding.warn("clock", "the kernel reports no clock source", "");
    }
    // kvm-clock and similar also need no system call, but a read costs several times as much.
    return FAST_CLOCKS.contains(source)
        ? Finding.ok("clock", source)
        : Finding.warn(
            "clock",
            source + ": reading the clock costs more than with tsc",
            "boot with clocksource=tsc where the CPU and hypervisor keep it stable");
  }

  static Finding kernel(String version) {
    String[] parts = version.split("[.-]", 3);
    try {
      int major = Integer.parseInt(parts[0]);
      int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
      if (major < 4 || (major == 4 && minor < 17)) {
        return Finding.bad(
            "kernel", version + " has no memfd_create with sealing of huge pages", "4.18 or newer");
      }
      return major < 5 || (major == 5 && minor < 14)
          ? Finding.warn(
              "kernel",
              version + " cannot map pages ahead: creating an arena takes longer",
              "5.14 or newer")
          : Finding.ok("kernel", version);
    } catch (NumberFormatException e) {
      return Finding.warn("kernel", version + " is not a version that doctor can parse", "");
    }
  }
}

package dev.sluice.tool.doctor;

import dev.sluice.config.Provision;
import dev.sluice.config.Quantities;
import dev.sluice.config.Settings;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Checks memory for arenas: amount, locking, huge pages. */
final class MemoryChecks {
  private static final long KIB = 1024;
  private static final long HUGE_PAGE_BYTES = 2L << 20;

  private MemoryChecks() {}

  static Finding available(HostFiles host, Settings settings) {
    OptionalLong kib = host.field("/proc/meminfo", "MemAvailable:");
    if (kib.isEmpty()) {
      return Finding.warn("memory", "/proc/meminfo has no MemAvailable", "");
    }
    long bytes = Math.min(kib.getAsLong() * KIB, host.groupMemory().left().bytes());
    long arena = settings.arena().bytes();
    String found =
        Quantities.formatBytes(bytes)
            + " available, an arena takes up to "
            + Quantities.formatBytes(arena);
    String fix = "free memory, raise MemoryMax=, or lower sluice.arena.bytes";
    if (bytes < arena) {
      return Finding.bad("memory", found, fix);
    }
    return bytes < 4 * arena ? Finding.warn("memory", found, fix) : Finding.ok("memory", found);
  }

  static Finding locked(HostFiles host, Settings settings) {
    if (settings.arena().lockMemory() == Provision.OFF) {
      return Finding.ok("memlock", "arenas are not locked (sluice.arena.lock-memory = off)");
    }
    Optional<String> line =
        host.read("/proc/self/limits").stream()
            .flatMap(String::lines)
            .filter(candidate -> candidate.startsWith("Max locked memory"))
            .findFirst();
    if (line.isEmpty()) {
      return Finding.warn("memlock", "cannot read the limit of locked memory", "");
    }
    String soft = line.get().substring("Max locked memory".length()).strip().split("\\s+", 2)[0];
    if (soft.equals("unlimited")) {
      return Finding.ok("memlock", "unlimited");
    }
    long limit = Long.parseLong(soft);
    long arena = settings.arena().bytes();
    String found =
        "locked memory is limited to "
            + Quantities.formatBytes(limit)
            + ", an arena takes up to "
            + Quantities.formatBytes(arena);
    if (limit >= arena) {
      return Finding.ok("memlock", found);
    }
    String fix = "LimitMEMLOCK=infinity in the service, or ulimit -l";
    return settings.arena().lockMemory() == Provision.REQUIRE
        ? Finding.bad("memlock", found, fix)
        : Finding.warn("memlock", found, fix);
  }

  static Finding hugePages(HostFiles host, Settings settings) {
    if (settings.arena().hugePages() == Provision.OFF) {
      return Finding.ok("huge-pages", "not used (sluice.arena.huge-pages = off)");
    }
    long free = host.field("/proc/meminfo", "HugePages_Free:").orElse(0);
    long need = (settings.arena().bytes() + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES;
    String found =
        String.format(Locale.ROOT, "%d huge pages are free, an arena takes up to %d", free, need);
    if (free >= need) {
      return Finding.ok("huge-pages", found);
    }
    String fix = "sysctl vm.nr_hugepages=" + need + " per open session";
    return settings.arena().hugePages() == Provision.REQUIRE
        ? Finding.bad("huge-pages", found, fix)
        : Finding.warn("huge-pages", found, fix);
  }

  static Finding swap(HostFiles host) {
    long kib = host.field("/proc/meminfo", "SwapTotal:").orElse(0);
    return kib == 0
        ? Finding.ok("swap", "none")
        : Finding.warn(
            "swap",
            Quantities.formatBytes(kib * KIB) + ": a page that was swapped out delays a refill",
            "swapoff, or MemorySwapMax=0 in the service");
  }
}

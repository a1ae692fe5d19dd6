package dev.sluice.tool;

import dev.sluice.config.Nearest;
import dev.sluice.config.Quantities;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of the synthetic AICPU producer, shared by {@code produce} and {@code demo}. */
public final class ProducerOptions {
  /** All layouts; the producer and the daemon use these names. */
  public static final List<String> LAYOUTS =
      List.of(
          "l2-2026.06/a2a3",
          "l2-2026.06/a5",
          "l2-2026.07/a2a3",
          "l2-2026.07/a5",
          "chip-2026.08/a2a3",
          "chip-2026.08/a5",
          "chip-2026.09/a2a3",
          "chip-2026.09/a5");

  private static final List<String> RUNTIMES =
      List.of("tensormap_and_ringbuffer", "host_build_graph");

  /** Same list as in the producer's faults.c; a test compares them. */
  static final List<String> FAULTS =
      List.of(
          "wrong-kind",
          "foreign-pointer",
          "misaligned-pointer",
          "repeated-pointer",
          "null-pointer",
          "bad-core-index",
          "bad-kind",
          "bad-tail",
          "count-overflow",
          "torn-entry",
          "sequence-gap",
          "counter-wrap",
          "stale-contended",
          "stall",
          "entry-count",
          "wrong-epoch",
          "schema-flip",
          "no-terminal",
          "kill",
          "no-flush");

  private static final List<String> CONTENTS = List.of("jittered", "regular");

  private static final int MAX_CORES = 108;
  private static final int MAX_NAME_BYTES = 63;
  private static final Path ONLINE_CPUS = Path.of("/sys/devices/system/cpu/online");

  private static final int LEVEL_WITH_ORCHESTRATOR = 4;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      defaultValue = "1GB/s",
      converter = RateConverter.class,
      description =
          "Bytes of records per second, or max for unthrottled. Default: ${DEFAULT-VALUE}.")
  private long bytesPerSecond;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = "How long to produce. Default: ${DEFAULT-VALUE}.")
  private long durationNs;

  @Option(
      names = "--tasks",
      paramLabel = "N",
      defaultValue = "0",
      description = "Stop after this many tasks; 0: only --duration counts.")
  private long tasks;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Runs in one session, each as long as --duration and --tasks say. Default:"
              + " ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--overlap",
      description = "Start each run before the previous one ends; chip-2026.09 only.")
  private boolean isOverlapped;

  @Option(
      names = "--layout",
      paramLabel = "LAYOUT",
      defaultValue = "chip-2026.09/a2a3",
      description = {
        "Wire layout and platform: l2-2026.06, l2-2026.07, chip-2026.08 or chip-2026.09, with"
            + " /a2a3 or /a5.",
        "Default: ${DEFAULT-VALUE}."
      })
  private String layout;

  @Option(
      names = "--runtime",
      paramLabel = "NAME",
      defaultValue = "tensormap_and_ringbuffer",
      description = {
        "tensormap_and_ringbuffer or host_build_graph: what task ids and scheduler phases mean,"
            + " from chip-2026.09 on.",
        "Default: ${DEFAULT-VALUE}."
      })
  private String runtime;

  @Option(
      names = "--regions",
      paramLabel = "LIST",
      description =
          "Profilers besides the swimlane, comma separated: pmu, scope_stats; chip-2026.09 only.")
  private String regions;

  @Option(
      names = "--declare",
      paramLabel = "LAYOUT[,CORES]",
      description =
          "Attach with this layout and number of cores instead of the device's own, as a wrong"
              + " configuration of a runtime would.")
  private String declared;

  @Option(
      names = "--device",
      paramLabel = "N",
      defaultValue = "0",
      description = "Device number to attach as. Default: ${DEFAULT-VALUE}.")
  private int device;

  @Option(
      names = "--cores",
      paramLabel = "N",
      defaultValue = "24",
      description = "AICore cores, at most 108. Default: ${DEFAULT-VALUE}.")
  private int cores;

  @Option(
      names = "--aicpu-threads",
      paramLabel = "N",
      defaultValue = "3",
      description = "AICPU scheduler threads. Default: ${DEFAULT-VALUE}.")
  private int aicpuThreads;

  @Option(
      names = "--level",
      paramLabel = "N",
      defaultValue = "4",
      description = {
        "What to record: 1 AICore tasks, 2 also AICPU tasks, 3 also scheduler phases, 4 also"
            + " orchestrator phases.",
        "Default: ${DEFAULT-VALUE}."
      })
  private int level;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      defaultValue = "steady",
      converter = BurstPattern.Converter.class,
      description = "steady, or burst:ON,OFF such as burst:10ms,90ms. Default: ${DEFAULT-VALUE}.")
  private BurstPattern pattern;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the record content. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--content",
      paramLabel = "CONTENT",
      defaultValue = "jittered",
      description = {
        "jittered: lengths, gaps and order of tasks vary like a workload's; regular: a task per"
            + " core and period.",
        "Default: ${DEFAULT-VALUE}."
      })
  private String content;

  @Option(
      names = "--slots",
      paramLabel = "N",
      defaultValue = "0",
      description = "Free-queue slots; 0 means the layout's own.")
  private int slots;

  @Option(
      names = "--ready-queue-entries",
      paramLabel = "N",
      defaultValue = "0",
      description = "Ready-queue entries; 0 means the layout's own.")
  private int readyQueueEntries;

  @Option(
      names = "--records",
      paramLabel = "A,S,O,C",
      description =
          "Records per buffer: AICPU task, scheduler phase, orchestrator phase, AICore task;"
              + " 0 means the layout's own.")
  private String records;

  @Option(
      names = "--buffers",
      paramLabel = "A,S,O,C",
      description =
          "Buffers per instance: AICPU task, scheduler phase, orchestrator phase, AICore task; 0"
              + " means that the daemon decides.")
  private String buffers;

  @Option(
      names = "--cpus",
      paramLabel = "LIST",
      description = "CPUs to pin the producer's threads to, such as 0 or 2,3.")
  private String cpus;

  @Option(names = "--name", paramLabel = "NAME", description = "Name of the session.")
  private String name;

  @Option(
      names = "--misbehave",
      paramLabel = "FAULTS",
      description = "Faults to inject, separated by commas; an unknown name lists them.")
  private String misbehave;

  @Option(
      names = "--guard",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "After the daemon has been gone for this long, recycle buffers unread, count them as"
              + " lost, and continue; without it the run ends with an error.")
  private Long guardNs;

  public String layout() {
    return layout;
  }

  long durationNs() {
    return durationNs;
  }

  long bytesPerSecond() {
    return bytesPerSecond;
  }

  /** Counts the device threads that can wait for the host: the schedulers and the orchestrator. */
  int deviceThreads() {
    return deviceThreads(aicpuThreads, level);
  }

  public static int deviceThreads(int aicpuThreads, int level) {
    return aicpuThreads + (level == LEVEL_WITH_ORCHESTRATOR ? 1 : 0);
  }

  boolean isMisbehaving() {
    return misbehave != null;
  }

  String nameOr(String other) {
    return name == null ? other : name;
  }

  /** Describes the run for the head of a summary. */
  String describe() {
    return layout
        + ", "
        + cores
        + " cores, "
        + aicpuThreads
        + " AICPU threads, level "
        + level
        + ", "
        + (bytesPerSecond == 0 ? "unthrottled" : Quantities.formatRate(bytesPerSecond));
  }

  /** Rejects invalid values before a process is started; exit code 2. */
  void validate() {
    if (!LAYOUTS.contains(layout)) {
      fail("--layout: unknown layout '" + layout + "'; write one of " + String.join(", ", LAYOUTS));
    }
    atLeast("--cores", cores, 1);
    atMost("--cores", cores, MAX_CORES);
    atLeast("--aicpu-threads", aicpuThreads, 1);
    atLeast("--device", device, 0);
    atLeast("--tasks", tasks, 0);
    atLeast("--runs", runs, 1);
    if (isOverlapped && (runs < 2 || !layout.startsWith("chip-2026.09/"))) {
      fail("--overlap: needs --runs 2 or more, and a chip-2026.09 layout");
    }
    if (durationNs == 0 && tasks == 0) {
      fail("--duration: 0s has no end; write for example 10s, or add --tasks");
    }
    atLeast("--slots", slots, 0);
    atLeast("--ready-queue-entries", readyQueueEntries, 0);
    if (level < 1 || level > 4) {
      fail("--level: " + level + " is not a level; write 1, 2, 3 or 4");
    }
    if (!CONTENTS.contains(content)) {
      fail("--content: unknown content '" + content + "'; write " + String.join(" or ", CONTENTS));
    }
    if (!RUNTIMES.contains(runtime)) {
      fail("--runtime: unknown runtime '" + runtime + "'; write " + String.join(" or ", RUNTIMES));
    }
    if (regions != null
        && !List.of("pmu", "scope_stats").containsAll(List.of(regions.split(",")))) {
      fail("--regions: '" + regions + "' is not pmu, scope_stats or both");
    }
    fourNumbers("--records", records);
    fourNumbers("--buffers", buffers);
    cpusAreOnline();
    faults();
    if (name != null && (name.isEmpty() || nameBytes() > MAX_NAME_BYTES)) {
      fail("--name: use 1 to 63 bytes of UTF-8, not " + nameBytes());
    }
  }

  private int nameBytes() {
    return name.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Returns the arguments of sluice-producer: plain numbers, one spelling. */
  List<String> arguments(Path socket, String sessionName) {
    List<String> arguments = new ArrayList<>();
    add(arguments, "--socket", socket.toString());
    add(arguments, "--device", device);
    add(arguments, "--layout", layout);
    if (!runtime.equals(RUNTIMES.get(0))) {
      add(arguments, "--runtime", runtime);
    }
    addUnlessNull(arguments, "--regions", regions);
    addUnlessNull(arguments, "--declare", declared);
    add(arguments, "--cores", cores);
    add(arguments, "--aicpu-threads", aicpuThreads);
    add(arguments, "--level", level);
    add(arguments, "--rate", bytesPerSecond);
    add(arguments, "--duration-ns", durationNs);
    add(arguments, "--seed", seed);
    add(arguments, "--content", content);
    add(arguments, "--name", sessionName);
    arguments.addAll(pattern.arguments());
    addUnlessZero(arguments, "--tasks", tasks);
    if (runs > 1) {
      add(arguments, "--runs", runs);
    }
    if (isOverlapped) {
      arguments.add("--overlap");
    }
    addUnlessZero(arguments, "--slots", slots);
    addUnlessZero(arguments, "--ready-queue-entries", readyQueueEntries);
    addUnlessNull(arguments, "--records", records);
    addUnlessNull(arguments, "--buffers", buffers);
    addUnlessNull(arguments, "--cpus", cpus);
    addUnlessNull(arguments, "--misbehave", misbehave);
    if (guardNs != null) {
      add(arguments, "--guard-ms", Math.max(1, guardNs / 1_000_000));
    }
    return arguments;
  }

  private static void add(List<String> arguments, String option, Object value) {
    arguments.add(option);
    arguments.add(value.toString());
  }

  private static void addUnlessZero(List<String> arguments, String option, long value) {
    if (value != 0) {
      add(arguments, option, value);
    }
  }

  private static void addUnlessNull(List<String> arguments, String option, String value) {
    if (value != null) {
      add(arguments, option, value);
    }
  }

  private void atMost(String option, long value, long most) {
    if (value > most) {
      fail(option + ": " + value + " is too large; the maximum is " + most);
    }
  }

  private void faults() {
    if (misbehave == null) {
      return;
    }
    for (String fault : misbehave.split(",", -1)) {
      if (!FAULTS.contains(fault)) {
        fail(
            "--misbehave: unknown fault '"
                + fault
                + "'"
                + Nearest.didYouMean(fault, FAULTS)
                + "; known: "
                + String.join(", ", FAULTS));
      }
    }
  }

  /** Rejects offline CPUs: pinning ignores them, so the results would be those of another run. */
  private void cpusAreOnline() {
    if (cpus == null) {
      return;
    }
    if (!cpus.matches("\\d{1,6}(-\\d{1,6})?(,\\d{1,6}(-\\d{1,6})?)*")) {
      fail("--cpus: '" + cpus + "' is not a list of CPUs; write for example 0 or 2,3");
    }
    BitSet online;
    String list;
    try {
      list = Files.readString(ONLINE_CPUS).strip();
      online = cpuSet(list);
    } catch (IOException ignored) {
      return; // this host does not list them
    }
    BitSet missing = cpuSet(cpus);
    missing.andNot(online);
    if (!missing.isEmpty()) {
      fail("--cpus: this host has no CPU " + missing.nextSetBit(0) + "; online are " + list);
    }
  }

  private static BitSet cpuSet(String list) {
    BitSet cpus = new BitSet();
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", 2);
      int first = Integer.parseInt(ends[0]);
      int last = Integer.parseInt(ends[ends.length - 1]);
      if (first <= last) {
        cpus.set(first, last + 1);
      }
    }
    return cpus;
  }

  private void atLeast(String option, long value, long floor) {
    if (value < floor) {
      fail(option + ": " + value + " is too small; the minimum is " + floor);
    }
  }

  private void fourNumbers(String option, String value) {
    if (value != null && !value.matches("\\d+,\\d+,\\d+,\\d+")) {
      fail(option + ": '" + value + "' is not four numbers; write for example 1000,0,0,1024");
    }
  }

  private void fail(String message) {
    throw new ParameterException(spec.commandLine(), message);
  }
}

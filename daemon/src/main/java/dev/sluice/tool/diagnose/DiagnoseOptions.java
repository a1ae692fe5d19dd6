package dev.sluice.tool.diagnose;

import dev.sluice.tool.ProducerOptions;
import dev.sluice.tool.RateConverter;
import dev.sluice.tool.UrlConverter;
import dev.sluice.tool.measure.Load;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of {@code diagnose} and their validation. */
final class DiagnoseOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--quick", description = "Less than half a minute, rougher figures.")
  private boolean isQuick;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      converter = RateConverter.class,
      description = "The production rate to judge, such as 2GB/s.")
  private Long targetBytesPerSecond;

  @Option(
      names = "--layout",
      paramLabel = "LAYOUT",
      defaultValue = Load.NEWEST,
      description =
          "Wire layout, as for demo. Where the device waits instead of dropping, the edge is that"
              + " of waiting. Default: ${DEFAULT-VALUE}.")
  private String layout;

  @Option(
      names = "--cores",
      paramLabel = "N",
      defaultValue = "24",
      description = "AICore cores. Default: ${DEFAULT-VALUE}.")
  private int cores;

  @Option(
      names = "--aicpu-threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "AICPU scheduler threads, one ready queue each. Default: ${DEFAULT-VALUE}.")
  private int aicpuThreads;

  @Option(
      names = "--slots",
      paramLabel = "N",
      defaultValue = "0",
      description = "Free-queue slots, a power of two; 0 means the layout's own.")
  private int slots;

  @Option(
      names = "--buffers",
      paramLabel = "N",
      defaultValue = "0",
      description = "Buffers per core and kind; 0 means that the daemon decides.")
  private int buffers;

  @Option(names = "--json", description = "Print one JSON object instead of the summary.")
  boolean isJson;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the report as one HTML file, with plots.")
  Path html;

  @Option(
      names = "--capture-directory",
      paramLabel = "DIR",
      description =
          "Where the storage is measured; what is written there is removed again. Default: the"
              + " folder for temporary files.")
  Path captureDirectory;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key of the private daemon; may be repeated.")
  Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--socket",
      paramLabel = "FILE",
      description =
          "Attach socket of a running daemon to diagnose instead of a private one. Only terms that"
              + " need no other configuration are measured then.")
  Path socket;

  @Option(
      names = "--url",
      paramLabel = "URL",
      converter = UrlConverter.class,
      description = "HTTP address of that daemon. Default: the listener of the configuration.")
  URI url;

  @Option(
      names = "--device",
      paramLabel = "N",
      defaultValue = "0",
      description = "Device number to attach to it as. Default: ${DEFAULT-VALUE}.")
  int device;

  @Option(
      names = "--force",
      description = "With --socket: continue even if the daemon has open sessions.")
  boolean isForced;

  /** Rejects invalid options. */
  void validate() {
    if (html != null && !isWritable(html)) {
      throw usage("--html: cannot write " + html + ": its directory is missing or not writable");
    }
    if (!ProducerOptions.LAYOUTS.contains(layout)) {
      throw usage(
          "--layout: unknown layout '"
              + layout
              + "'; write one of "
              + String.join(", ", ProducerOptions.LAYOUTS));
    }
    atLeast("--cores", cores, 1);
    atLeast("--aicpu-threads", aicpuThreads, 1);
    atLeast("--slots", slots, 0);
    atLeast("--buffers", buffers, 0);
    atLeast("--device", device, 0);
    if (Integer.bitCount(slots) > 1) {
      throw usage("--slots: " + slots + " is not a power of two");
    }
    if (aicpuThreads > cores) {
      throw usage("--aicpu-threads: more scheduler threads than cores");
    }
    if (targetBytesPerSecond != null && targetBytesPerSecond == 0) {
      throw usage("--rate: write the rate that is wanted, such as 2GB/s");
    }
    if (socket == null && (url != null || isForced)) {
      throw usage("--url and --force are for a running daemon; name its --socket, too");
    }
    if (socket != null && !settings.isEmpty()) {
      throw usage("--set changes the daemon; a running one stays as it is");
    }
    if (html != null && Files.isDirectory(html)) {
      throw usage("--html: " + html + " is a directory");
    }
  }

  private static boolean isWritable(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return Files.exists(file) ? Files.isWritable(file) : Files.isWritable(parent);
  }

  private void atLeast(String option, long value, long floor) {
    if (value < floor) {
      throw usage(option + ": " + value + " is too small; the minimum is " + floor);
    }
  }

  /** Returns shapes with fewer and more cores per queue, and more queues, to test the model. */
  List<ShapeRequest> others() {
    if (isQuick) {
      return List.of();
    }
    return Stream.of(
            request().withCores(1, 1),
            request().withCores(8, 1),
            request().withCores(72, 1),
            request().withCores(24, 3))
        .filter(other -> !other.equals(request()))
        .toList();
  }

  ShapeRequest request() {
    return new ShapeRequest(layout, cores, aicpuThreads, slots, buffers);
  }

  Effort effort() {
    return isQuick ? Effort.quick() : Effort.full();
  }

  /** Returns the rate to judge in bytes per second; 0 if not given. */
  double target() {
    return targetBytesPerSecond == null ? 0 : targetBytesPerSecond;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}

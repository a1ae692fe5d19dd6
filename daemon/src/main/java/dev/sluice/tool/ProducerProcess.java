package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One run of the C producer with its report. When stopped, the producer flushes, detaches and
 * reports what it did so far.
 */
public final class ProducerProcess extends ReportingProcess {
  private ProducerProcess(Process process, Consumer<String> errorLines) {
    super("the producer", process, errorLines);
  }

  /** Starts the producer with {@code --json} added to the arguments. */
  public static ProducerProcess start(List<String> arguments, Consumer<String> errorLines)
      throws ToolException {
    return start(find(NativeTools.PRODUCER), arguments, errorLines);
  }

  static ProducerProcess start(Path program, List<String> arguments, Consumer<String> errorLines)
      throws ToolException {
    List<String> all = new ArrayList<>(arguments);
    all.add("--json");
    return new ProducerProcess(launch(program, all), errorLines);
  }
}

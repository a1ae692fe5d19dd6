package dev.sluice.tool.bench;

import dev.sluice.bridge.NativeTools;
import dev.sluice.tool.ReportingProcess;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A host in plain C ({@code sluice-baseline}) in the place of the daemon, for one session. It ends
 * with its producer.
 */
final class BaselineProcess extends ReportingProcess {
  private static final long CHECK_MS = 20;

  private BaselineProcess(Process process, Consumer<String> errorLines) {
    super("the baseline", process, errorLines);
  }

  /**
   * Starts it, and returns when a producer may attach.
   *
   * @param arguments mode and options, without the socket
   */
  static BaselineProcess start(List<String> arguments, Path socket) throws ToolException {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("--socket", socket.toString()));
    CountDownLatch listening = new CountDownLatch(1);
    BaselineProcess process =
        new BaselineProcess(
            launch(find(NativeTools.BASELINE), all),
            line -> {
              if (line.startsWith("listening on ")) {
                listening.countDown();
              }
            });
    boolean isListening = false;
    try {
      while (!listening.await(CHECK_MS, TimeUnit.MILLISECONDS)) {
        if (process.awaitEnd(0)) {
          process.report(); // throws what it said last
          throw new ToolException("the baseline ended before a producer could attach");
        }
      }
      isListening = true;
      return process;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while the baseline was starting", e);
    } finally {
      if (!isListening) {
        process.close();
      }
    }
  }
}

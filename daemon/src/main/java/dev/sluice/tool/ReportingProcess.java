package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
import dev.sluice.config.IoReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One run of a native program that prints one JSON object. Collects standard output and passes on
 * standard error line by line. Not thread-safe, except {@link #stop}.
 */
public class ReportingProcess implements AutoCloseable {
  private final String who;
  private final Process process;
  // Only the reader thread writes it; read after the join.
  private final StringBuilder output = new StringBuilder();
  private final Thread outputReader;
  private final Thread errorReader;
  private final AtomicBoolean isAskedToStop = new AtomicBoolean();
  private volatile String lastErrorLine = "";

  /**
   * @param who name in messages, such as "the producer"
   * @param errorLines called on a separate thread
   */
  protected ReportingProcess(String who, Process process, Consumer<String> errorLines) {
    this.who = who;
    this.process = process;
    this.outputReader = reader(who + " stdout", process.getInputStream(), this::append);
    this.errorReader =
        reader(
            who + " stderr",
            process.getErrorStream(),
            line -> {
              lastErrorLine = line;
              errorLines.accept(line);
            });
  }

  /** Finds the executable of a native program. */
  protected static Path find(String program) throws ToolException {
    try {
      return NativeTools.find(program);
    } catch (IOException e) {
      throw new ToolException(e.getMessage(), e);
    }
  }

  protected static Process launch(Path program, List<String> arguments) throws ToolException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).start();
      process.getOutputStream().close();
      return process;
    } catch (IOException e) {
      throw new ToolException("cannot start " + program + ": " + IoReason.of(e), e);
    }
  }

  public final long pid() {
    return process.pid();
  }

  /** Waits up to this long for the process to end; returns whether it has ended. */
  public final boolean awaitEnd(long timeoutMs) throws ToolException {
    try {
      return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while " + who + " was running", e);
    }
  }

  /** Asks the process to end in order. Signals only once, because a second signal kills it. */
  public final void stop() {
    if (!isAskedToStop.getAndSet(true)) {
      // Process.destroy would also close our end of its output and lose the report.
      process.toHandle().destroy();
    }
  }

  /** Waits for the process to end and returns its report. */
  public final Map<String, Object> report() throws ToolException {
    try {
      int exitCode = process.waitFor();
      outputReader.join();
      errorReader.join();
      if (exitCode != 0) {
        throw new ToolException(
            lastErrorLine.isEmpty() ? who + " ended with " + exitCode : lastErrorLine,
            exitCode == ExitCode.USAGE ? ExitCode.USAGE : ExitCode.FAILED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while waiting for the report of " + who, e);
    }
    return Json.parse(output.toString(), who);
  }

  /** Kills the process if it still runs: no child may outlive the command that started it. */
  @Override
  public final void close() {
    process.destroyForcibly();
  }

  private void append(String line) {
    output.append(line).append('\n');
  }

  private static Thread reader(String name, InputStream stream, Consumer<String> lines) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                  lines.accept(line);
                }
              } catch (IOException ignored) {
                // The pipe broke because the process was killed; its exit code shows that.
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}

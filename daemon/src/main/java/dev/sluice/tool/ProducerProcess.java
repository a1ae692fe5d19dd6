package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
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
 * One run of the C producer whose report is wanted: standard output is collected, standard error is
 * handed on line by line. Used by one thread; {@link #stop} may be called from any.
 */
public final class ProducerProcess implements AutoCloseable {
  private final Process process;
  // Written by the reader alone, read after it was joined.
  private final StringBuilder output = new StringBuilder();
  private final Thread outputReader;
  private final Thread errorReader;
  private final AtomicBoolean isAskedToStop = new AtomicBoolean();
  private volatile String lastErrorLine = "";

  private ProducerProcess(Process process, Consumer<String> errorLines) {
    this.process = process;
    this.outputReader = reader("producer-stdout", process.getInputStream(), this::append);
    this.errorReader =
        reader(
            "producer-stderr",
            process.getErrorStream(),
            line -> {
              lastErrorLine = line;
              errorLines.accept(line);
            });
  }

  /** Starts the producer with {@code --json} added to the arguments. */
  public static ProducerProcess start(List<String> arguments, Consumer<String> errorLines)
      throws ToolException {
    try {
      return start(NativeTools.find(NativeTools.PRODUCER), arguments, errorLines);
    } catch (IOException e) {
      throw new ToolException(e.getMessage(), e);
    }
  }

  static ProducerProcess start(Path program, List<String> arguments, Consumer<String> errorLines)
      throws ToolException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    command.add("--json");
    try {
      Process process = new ProcessBuilder(command).start();
      process.getOutputStream().close();
      return new ProducerProcess(process, errorLines);
    } catch (IOException e) {
      throw new ToolException("cannot start " + program + ": " + e.getMessage(), e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** Waits for the end, but not longer than this; true when it has ended. */
  public boolean awaitEnd(long timeoutMs) throws ToolException {
    try {
      return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while the producer was running", e);
    }
  }

  /**
   * Asks it to end its run in order: it flushes, detaches and reports what it did until then. Asked
   * once only, because a second signal kills it.
   */
  public void stop() {
    if (!isAskedToStop.getAndSet(true)) {
      // Process.destroy would also close our end of its output, and the report would be lost.
      process.toHandle().destroy();
    }
  }

  /** The report of a run that has ended. */
  public Map<String, Object> report() throws ToolException {
    try {
      int exitCode = process.waitFor();
      outputReader.join();
      errorReader.join();
      if (exitCode != 0) {
        throw new ToolException(
            lastErrorLine.isEmpty() ? "the producer ended with " + exitCode : lastErrorLine);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while waiting for the producer's report", e);
    }
    return Json.parse(output.toString(), "the producer");
  }

  /** A producer that still runs is killed: nothing may outlive the command that started it. */
  @Override
  public void close() {
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
                // The pipe broke because the process was killed; its exit code says so.
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}

package dev.sluice.tool;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT and SIGTERM into a request to end the running command in order, and returns the
 * command's own exit code to the shell. The JVM alone would end at once with 130 or 143.
 *
 * <p>One per process. {@link #install} and {@link #finished} are called by main; the command waits
 * or polls; {@link #onRequest} runs on the JVM's shutdown thread.
 */
public final class StopSignal {
  /** A command that takes longer to end is abandoned. */
  private static final long PATIENCE_SECONDS = 30;

  private final CountDownLatch requested = new CountDownLatch(1);
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile int exitCode = ExitCode.FAILED;
  private volatile Runnable onRequest = () -> {};

  public void install() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::shutdown, "stop-signal"));
  }

  public boolean isRequested() {
    return requested.getCount() == 0;
  }

  /** Runs the action on a signal, or at once if one has already arrived; it may run twice. */
  public void onRequest(Runnable action) {
    onRequest = action;
    if (isRequested()) {
      action.run();
    }
  }

  /** Waits for a signal. */
  public void await() throws ToolException {
    try {
      requested.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    }
  }

  /** Waits up to this long for a signal; returns whether one has arrived. */
  public boolean await(long timeoutMs) throws ToolException {
    try {
      return requested.await(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    }
  }

  /** Records that the command has returned and has nothing left to do. */
  public void finished(int code) {
    exitCode = code;
    finished.countDown();
  }

  /** Acts as a signal does; tests call it instead of sending one. */
  public void request() {
    requested.countDown();
    onRequest.run();
  }

  private void shutdown() {
    if (finished.getCount() == 0) {
      return; // main is already exiting
    }
    request();
    try {
      if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.out.flush();
        System.err.flush();
        // exit() would wait for this very thread, and the JVM's exit code for a signal is not ours.
        Runtime.getRuntime().halt(exitCode);
      }
    } catch (InterruptedException ignored) {
      // The JVM is exiting; no caller remains.
    }
  }
}

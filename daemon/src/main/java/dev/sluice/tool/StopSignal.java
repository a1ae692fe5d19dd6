package dev.sluice.tool;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT and SIGTERM into a request that the running command ends in order, and gives the
 * shell the command's own exit code, where the JVM alone would end at once with 130 or 143.
 *
 * <p>One per process. {@link #install} and {@link #finished} are called by main; the command waits
 * or polls; {@link #onRequest} runs on the JVM's shutdown thread.
 */
public final class StopSignal {
  /** After this time a command that does not end is abandoned. */
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

  /** Runs this when a signal comes, or at once if one has come already; it may run twice. */
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

  /** Waits for a signal, but not longer than this; true when it has come. */
  public boolean await(long timeoutMs) throws ToolException {
    try {
      return requested.await(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    }
  }

  /** The command has returned; nothing of it is left to do. */
  public void finished(int code) {
    exitCode = code;
    finished.countDown();
  }

  /** What a signal does; tests call it in its stead. */
  public void request() {
    requested.countDown();
    onRequest.run();
  }

  private void shutdown() {
    if (finished.getCount() == 0) {
      return; // main is on its way out by itself
    }
    request();
    try {
      if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.out.flush();
        System.err.flush();
        // exit() would wait for this very thread, and the JVM's own code for a signal is not ours.
        Runtime.getRuntime().halt(exitCode);
      }
    } catch (InterruptedException ignored) {
      // The JVM is ending: there is no one to report to.
    }
  }
}

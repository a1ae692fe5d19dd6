package dev.sluice.output.export;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * One step of an export on a thread of its own: the step before fills containers and gives them,
 * the stage works on them in that order and gives them back. There are as many as the stage was
 * made with; who fills waits when all are on their way.
 *
 * <p>One thread fills. A failure of the work is thrown by the next call; the stage then only passes
 * containers back, so that nobody waits for ever. Its thread is never interrupted: that would close
 * a channel under it.
 *
 * @param <C> the containers
 */
final class Stage<C> implements AutoCloseable {
  /** What is done with each container. */
  interface Work<C> {
    void on(C container) throws IOException;
  }

  private final Work<C> work;
  // Empty is the end.
  private final BlockingQueue<Optional<C>> filled;
  private final BlockingQueue<C> empty;
  private final Thread thread;
  private volatile Throwable failure;
  private boolean isClosed;

  Stage(String name, List<C> containers, Work<C> work) {
    this.work = work;
    filled = new ArrayBlockingQueue<>(containers.size() + 1);
    empty = new ArrayBlockingQueue<>(containers.size(), false, containers);
    thread = new Thread(this::workAll, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** A container to fill; waits until one is free. */
  C take() throws IOException {
    try {
      return empty.take();
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /** Hands a filled one over. */
  void give(C container) throws IOException {
    throwFailure();
    put(Optional.of(container));
  }

  private void put(Optional<C> container) throws IOException {
    try {
      filled.put(container);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while exporting");
  }

  private void throwFailure() throws IOException {
    Throwable first = failure;
    // A new one each time: the same exception cannot be its own suppressed one.
    if (first instanceof ExportException) {
      throw new ExportException(first.getMessage(), first);
    } else if (first instanceof IOException) {
      throw new IOException(first.getMessage(), first);
    } else if (first != null) {
      throw new IllegalStateException(thread.getName() + " failed", first);
    }
  }

  private void workAll() {
    try {
      for (Optional<C> next = filled.take(); next.isPresent(); next = filled.take()) {
        if (failure == null) {
          try {
            work.on(next.get());
          } catch (IOException | RuntimeException | Error e) {
            failure = e;
          }
        }
        empty.put(next.get());
      }
    } catch (InterruptedException e) {
      failure = new InterruptedIOException(thread.getName() + " was interrupted");
    }
  }

  /** Waits until all that was given is done. */
  @Override
  public void close() throws IOException {
    if (isClosed) {
      return;
    }
    isClosed = true;
    put(Optional.empty());
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    throwFailure();
  }
}

package dev.sluice;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Prints counters and logs of the daemons and producers of a failed test, since the assertion alone
 * rarely shows the cause.
 */
final class FailureDump implements BeforeEachCallback, AfterEachCallback {
  private static final List<String> notes = new ArrayList<>();

  /** Keeps the state of something that the test is about to close. */
  static synchronized void keep(String note) {
    notes.add(note);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    synchronized (FailureDump.class) {
      notes.clear();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (context.getExecutionException().isEmpty()) {
      return;
    }
    System.err.println("---- " + context.getDisplayName() + " failed; what was seen:");
    TestDaemon.open().forEach(daemon -> System.err.println(daemon.describe()));
    synchronized (FailureDump.class) {
      notes.forEach(System.err::println);
    }
  }
}

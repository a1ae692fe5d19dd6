package dev.sluice.service.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.status.Status;
import dev.sluice.service.RecentEvents;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoggingTest {
  private final LoggerContext context = new LoggerContext();
  private final LogEvents events = new LogEvents();

  @BeforeEach
  void prepare() {
    context.setMDCAdapter(new LogbackMDCAdapter()); // like SLF4J does for the default context
  }

  private LoggingEvent event(Level level, Throwable thrown) {
    Logger logger = context.getLogger("test");
    return new LoggingEvent("caller", logger, level, "message", thrown, null);
  }

  @Test
  void shouldLoadTheReferenceConfigurationWithoutComplaint() throws Exception {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(
        Path.of(System.getProperty("basedir", "."), "../config/logback.xml").toFile());
    List<String> complaints =
        context.getStatusManager().getCopyOfStatusList().stream()
            .filter(status -> status.getEffectiveLevel() >= Status.WARN)
            .map(Object::toString)
            .toList();
    assertEquals(List.of(), complaints);
    assertTrue(
        context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("async")
            instanceof CountingAsyncAppender);
    context.stop();
  }

  @Test
  void shouldCountWarningsAndErrorsAndNeverBlock() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AppenderBase<ILoggingEvent> stuck =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            entered.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    stuck.setContext(context);
    stuck.start();
    RecentEvents recent = new RecentEvents();
    CountingAsyncAppender async = new CountingAsyncAppender(events, recent);
    async.setContext(context);
    async.setQueueSize(4);
    async.setDiscardingThreshold(0);
    async.setNeverBlock(true);
    async.addAppender(stuck);
    async.start();
    async.doAppend(event(Level.INFO, null));
    assertTrue(entered.await(10, TimeUnit.SECONDS));
    for (int i = 0; i < 10; i++) {
      async.doAppend(event(i % 2 == 0 ? Level.WARN : Level.ERROR, null)); // must not block
    }
    assertEquals(5, events.warnings());
    assertEquals(5, events.errors());
    assertEquals(6, events.discarded(), "4 of 10 fit the queue");
    List<RecentEvents.Event> kept = recent.newestFirst();
    assertEquals(11, kept.size(), "what standard output does not take is still kept for people");
    assertEquals("error", kept.get(0).level());
    assertEquals("info", kept.get(10).level());
    release.countDown();
    async.stop();
  }

  @Test
  void shouldNameThePriorityForTheJournalOnly() {
    JournalPriorityConverter journal = new JournalPriorityConverter(true);
    assertEquals("<3>", journal.convert(event(Level.ERROR, null)));
    assertEquals("<4>", journal.convert(event(Level.WARN, null)));
    assertEquals("<6>", journal.convert(event(Level.INFO, null)));
    assertEquals("<7>", journal.convert(event(Level.DEBUG, null)));
    assertEquals("", new JournalPriorityConverter(false).convert(event(Level.ERROR, null)));
  }

  @Test
  void shouldKeepAnExceptionOnTheLine() {
    OneLineExceptionConverter converter = new OneLineExceptionConverter();
    assertEquals("", converter.convert(event(Level.ERROR, null)));
    String line =
        converter.convert(
            event(Level.ERROR, new IllegalStateException("outer", new RuntimeException("inner"))));
    assertEquals(1, line.lines().count());
    assertTrue(line.startsWith(" | java.lang.IllegalStateException: outer | at "), line);
    assertTrue(line.contains("Caused by: java.lang.RuntimeException: inner"), line);
  }
}

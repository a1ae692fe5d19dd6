package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Cost of a scrape: series in Prometheus, garbage in the daemon, and no lock contention for agents.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class ScrapeCostTest {
  private static final int DEVICES = 8;
  private static final int MOST_SERIES = 1_250;
  private static final long MOST_GARBAGE = 5_000_000;

  /**
   * Class loading or compilation may block an agent once; a lock shared with the scrape blocks it
   * dozens of times.
   */
  private static final long WAITS_OF_THE_JVM = 2;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** As in production: all kinds, 3 AICPU schedulers and the orchestrator. */
  private static final Geometry GEOMETRY =
      new Geometry(Layout.parse("l2-2026.07/a2a3"), 24, 3, 1, 4);

  @Test
  void shouldStayUnderAThousandSeriesAndFiveMegabytesForEightDevices() throws Exception {
    try (TestDaemon daemon =
        TestDaemon.start("sluice.threading=inline", "sluice.arena.bytes=64MiB")) {
      List<NativeClient> clients = new ArrayList<>();
      try {
        for (int device = 0; device < DEVICES; device++) {
          NativeClient client = new NativeClient(daemon, "device " + device, device, GEOMETRY);
          clients.add(client);
          client.start();
        }
        List<String> series =
            daemon.get("/metrics").lines().filter(line -> !line.startsWith("#")).toList();
        for (int device = 0; device < DEVICES; device++) {
          assertEquals(1, daemon.metric("sluice_device_up{device=\"" + device + "\"}"));
        }
        assertTrue(
            series.stream().anyMatch(line -> line.startsWith("jvm_")), "those of the JVM count");
        assertTrue(series.stream().anyMatch(line -> line.startsWith("process_")));
        assertTrue(series.size() < MOST_SERIES, () -> series.size() + ": " + byFamily(series));
        long garbage = garbageOfAScrape(daemon);
        System.out.println(
            "a scrape of "
                + DEVICES
                + " sessions: "
                + series.size()
                + " series, "
                + garbage
                + " B");
        assertTrue(garbage > 0 && garbage < MOST_GARBAGE, garbage + " bytes of garbage");
      } finally {
        clients.forEach(NativeClient::close);
      }
    }
  }

  /** Counts series per metric, for the failure message. */
  private static Map<String, Long> byFamily(List<String> series) {
    return series.stream()
        .collect(
            Collectors.groupingBy(
                line -> line.split("[{ ]", 2)[0], TreeMap::new, Collectors.counting()));
  }

  /** Returns the minimum of ten scrapes, because linking charges some garbage to the thread. */
  private static long garbageOfAScrape(TestDaemon daemon) throws Exception {
    long scraper = threads("sluice-scrape").get(0).getThreadId();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long before = THREADS.getThreadAllocatedBytes(scraper);
      daemon.get("/metrics");
      least = Math.min(least, THREADS.getThreadAllocatedBytes(scraper) - before);
    }
    return least;
  }

  private static List<ThreadInfo> threads(String prefix) {
    return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
        .filter(info -> info != null && info.getThreadName().startsWith(prefix))
        .toList();
  }

  /**
   * Scrapes continuously while a device is busy. An agent that shares a monitor with the scrape
   * would block on it many times.
   */
  @Test
  void shouldNeverMakeAnAgentWaitForALock() throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    ExecutorService scrapers = Executors.newFixedThreadPool(3);
    try (TestDaemon daemon = TestDaemon.start("sluice.threading=dedicated");
        TestProducer producer =
            daemon.producer("busy", "--rate", "200000000", "--duration-ns", "60000000000")) {
      daemon.await("busy", session -> session.total().collected() > 0);
      List<ThreadInfo> agents = new ArrayList<>();
      for (String role : List.of("sluice-drain-", "sluice-refill-", "sluice-collector-")) {
        List<ThreadInfo> found = threads(role);
        assertFalse(found.isEmpty(), "no thread " + role);
        agents.addAll(found);
      }
      Callable<Integer> scraper =
          () -> {
            int scrapes = 0;
            for (; !isOver.get(); scrapes++) {
              daemon.get(scrapes % 2 == 0 ? "/metrics" : "/api/v1/status");
            }
            return scrapes;
          };
      List<Future<Integer>> running =
          List.of(scrapers.submit(scraper), scrapers.submit(scraper), scrapers.submit(scraper));
      long before = daemon.session("busy").total().collected();
      daemon.await("busy", session -> session.total().collected() > before + 5_000_000);
      isOver.set(true);
      int scrapes = 0;
      for (Future<Integer> each : running) {
        scrapes += each.get();
      }
      assertTrue(scrapes > 10, scrapes + " scrapes");
      for (ThreadInfo agent : agents) {
        ThreadInfo now = THREADS.getThreadInfo(agent.getThreadId());
        long waits = now.getBlockedCount() - agent.getBlockedCount();
        assertTrue(
            waits <= WAITS_OF_THE_JVM, agent.getThreadName() + " has waited " + waits + " times");
      }
      producer.stop();
      TestProducer.Report device = producer.await();
      Law.assertExact(daemon.session("busy"), device);
    } finally {
      isOver.set(true);
      scrapers.shutdown();
    }
  }
}

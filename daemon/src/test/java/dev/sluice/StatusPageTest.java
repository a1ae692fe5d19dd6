package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The status page of a real daemon in a real browser. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class StatusPageTest {
  private static final String[] SMALL = {
    // A layout that waits for the host, so that a busy machine cannot make it drop.
    "--layout", "chip-2026.08/a2a3", "--cores", "2", "--aicpu-threads", "2", "--level", "4"
  };

  /** Folder for screenshots, none by default: {@code -Dsluice.test.screenshots=FOLDER}. */
  private static final String SCREENSHOTS = System.getProperty("sluice.test.screenshots", "");

  private Browser browser;

  @BeforeEach
  void start() throws Exception {
    Optional<Path> chromium = Browser.find();
    Assumptions.assumeTrue(
        chromium.isPresent(), "no Chromium here, the page is not tested: apt-get install chromium");
    browser = Browser.start(chromium.get());
    browser.resize(1280, 900);
  }

  @AfterEach
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  private void open(TestDaemon daemon) throws Exception {
    browser.open("http://127.0.0.1:" + daemon.httpPort() + "/");
    awaitConnection("live");
  }

  private void awaitConnection(String text) throws Exception {
    browser.await(
        "document.getElementById('connection') !== null && "
            + "document.getElementById('connection').textContent.startsWith('"
            + text
            + "')",
        "the page never says: " + text);
  }

  private void screenshot(String name) throws Exception {
    if (!SCREENSHOTS.isEmpty()) {
      browser.screenshot(Path.of(SCREENSHOTS, name + ".png"));
    }
  }

  /** Takes screenshots in both schemes and both widths; restores the page. */
  private void screenshotAll(String name) throws Exception {
    if (SCREENSHOTS.isEmpty()) {
      return;
    }
    for (String scheme : List.of("dark", "light")) {
      browser.prefer(scheme);
      browser.resize(390, 844);
      screenshot(name + "-390-" + scheme);
      browser.resize(1280, 900);
      screenshot(name + "-1280-" + scheme);
    }
  }

  private static List<String> arguments(String... more) {
    List<String> all = new ArrayList<>(List.of(SMALL));
    all.addAll(List.of(more));
    return all;
  }

  private TestProducer producer(TestDaemon daemon, String name, String... more) throws Exception {
    return daemon.producer(name, arguments(more).toArray(String[]::new));
  }

  private void assertNoHorizontalScroll() throws Exception {
    assertEquals(
        "true",
        browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth"),
        "the page is wider than its window");
  }

  private void assertClean(TestDaemon daemon) {
    assertEquals(List.of(), browser.errors());
    String own = "http://127.0.0.1:" + daemon.httpPort() + "/";
    assertTrue(browser.requests().size() > 1, "the page asks for its stream");
    for (String request : browser.requests()) {
      assertTrue(request.startsWith(own) || request.startsWith("data:"), request);
    }
  }

  @Test
  void shouldShowWhatTheDaemonDoesAsItDoesIt() throws Exception {
    String hostile = "<img src=x onerror=boom()>";
    try (TestDaemon daemon = TestDaemon.start("sluice.http.live.interval=200ms")) {
      open(daemon);
      assertEquals("No records yet", browser.text("#headline"));
      assertEquals("No producer is attached.", browser.text("#no-sessions"));
      assertNoHorizontalScroll();
      screenshotAll("none");
      try (TestProducer producer =
          producer(daemon, hostile, "--rate", "20000000", "--duration-ns", "30000000000")) {
        browser.await(
            "document.querySelectorAll('.card').length === 1", "the session is not shown");
        assertEquals(hostile, browser.text(".card h3"), "as text");
        assertEquals("null", browser.evaluate("document.querySelector('.card img')"));
        browser.await(
            "document.getElementById('headline').textContent === 'No records lost'",
            "the verdict is not shown");
        assertEquals("No loss since the daemon started.", browser.text("#last-loss"));
        String before = browser.text("#law dd:nth-of-type(1)");
        browser.await(
            "document.querySelector('#law div:nth-child(2) dd').textContent !== '"
                + browser.text("#law div:nth-child(2) dd")
                + "'",
            "collected does not move; produced was " + before);
        browser.await(
            "document.querySelector('.card .figures dd').textContent.endsWith('B/s')"
                + " && document.querySelector('.spark polyline').getAttribute('points') !== ''",
            "no rate");
        // One queue per AICPU thread, scheduler or orchestrator.
        int queues = ((List<?>) daemon.session(hostile).json().get("queues")).size();
        assertEquals(
            Integer.toString(queues),
            browser.evaluate("document.querySelectorAll('.card .bars')[0].childElementCount"));
        browser.await(
            "[...document.querySelectorAll('.card .figures')][1].textContent.includes('µs')",
            "no refill latency");
        assertEquals("true", browser.evaluate("document.getElementById('overview').hidden"));
        screenshotAll("one");
        assertTrue(browser.text("#events").contains(hostile) || !browser.text("#events").isEmpty());
        producer.stop();
        producer.await();
      }
      browser.await(
          "document.getElementById('ended').textContent.includes('<img src=x')",
          "the ended session is not listed");
      assertEquals("No records lost", browser.text("#headline"));
      assertEquals("0 lost – Sluice", browser.evaluate("document.title"));
      assertClean(daemon);
    }
  }

  @Test
  void shouldSayThatRecordsWereLostBeforeAnythingElse() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.http.live.interval=200ms")) {
      // More than two buffers per core can carry, in a layout that drops at once.
      daemon.run(
          "lossy",
          "--layout",
          "l2-2026.06/a2a3",
          "--cores",
          "4",
          "--aicpu-threads",
          "1",
          "--level",
          "2",
          "--duration-ns",
          "300000000");
      long dropped = daemon.session("lossy").total().dropped();
      Assumptions.assumeTrue(dropped > 0, "this machine kept up with an unthrottled producer");
      open(daemon);
      browser.await(
          "document.getElementById('headline').textContent.endsWith('lost')", "no verdict");
      assertEquals(
          String.format(java.util.Locale.ROOT, "%,d records lost", dropped),
          browser.text("#headline"));
      assertTrue(browser.text("#drops").contains("device: "), browser.text("#drops"));
      browser.await(
          "document.getElementById('drop-events').textContent.includes('points to')",
          "the drops are not listed with their time");
      assertTrue(browser.text("#last-loss").startsWith("Last loss: "), browser.text("#last-loss"));
      assertTrue(browser.text("#last-loss").endsWith(" ago (device 0)."));
      assertTrue(
          browser
              .evaluate("document.querySelector('#drops a').getAttribute('href')")
              .startsWith("/runbook#:~:text="));
      screenshotAll("lossy");
      assertClean(daemon);
    }
  }

  @Test
  void shouldSayThatItIsDisconnectedAndComeBack() throws Exception {
    int port;
    try (TestDaemon daemon = TestDaemon.start("sluice.http.live.interval=200ms")) {
      port = daemon.httpPort();
      open(daemon);
      assertClean(daemon);
      assertEquals("false", browser.evaluate("document.body.classList.contains('stale')"));
    }
    awaitConnection("disconnected since ");
    assertEquals("true", browser.evaluate("document.body.classList.contains('stale')"));
    assertEquals("offline – Sluice", browser.evaluate("document.title"));
    assertTrue(browser.text("#headline").startsWith("Status unknown since "));
    assertEquals(
        "panel verdict offline", browser.evaluate("document.getElementById('verdict').className"));
    screenshotAll("offline");
    try (TestDaemon again =
        TestDaemon.start(
            "sluice.http.listen=127.0.0.1:" + port, "sluice.http.live.interval=200ms")) {
      awaitConnection("live");
      assertEquals("false", browser.evaluate("document.body.classList.contains('stale')"));
      browser.await("document.title === 'idle – Sluice'", "the title is still that of before");
      assertEquals("No records yet", browser.text("#headline"));
      browser.forgetErrors(); // the browser logs connections refused in the meantime
      try (TestProducer producer = producer(again, "after", "--duration-ns", "100000000")) {
        producer.await();
      }
      browser.await(
          "document.getElementById('ended').textContent.includes('after')", "no figure moves");
      assertClean(again);
    }
  }

  @Test
  void shouldFitASmallScreenAndAKeyboardWithEightSessions() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.http.live.interval=500ms")) {
      List<TestProducer> producers = new ArrayList<>();
      try {
        for (int device = 0; device < 8; device++) {
          producers.add(
              producer(
                  daemon,
                  "training-job-with-a-rather-long-name-" + device,
                  "--device",
                  Integer.toString(device),
                  "--rate",
                  "3000000",
                  "--duration-ns",
                  "60000000000"));
        }
        open(daemon);
        browser.await(
            "document.querySelectorAll('#rows tr').length === 8", "not all sessions are shown");
        assertEquals(
            "0,1,2,3,4,5,6,7",
            browser.evaluate(
                "[...document.querySelectorAll('#rows tr td:first-child')]"
                    + ".map((cell) => cell.textContent).join()"));
        assertEquals("0", browser.evaluate("document.querySelectorAll('.card').length"));
        browser.evaluate("document.querySelector('#rows button').click()");
        assertEquals("1", browser.evaluate("document.querySelectorAll('.card').length"));
        assertEquals(
            "training-job-with-a-rather-long-name-0", browser.text(".card h3"), "its detail");
        browser.evaluate("document.querySelector('#rows button').click()");
        assertEquals("0", browser.evaluate("document.querySelectorAll('.card').length"));
        assertNoHorizontalScroll();
        String light = browser.evaluate("getComputedStyle(document.body).backgroundColor");
        browser.prefer("dark");
        assertNotEquals(light, browser.evaluate("getComputedStyle(document.body).backgroundColor"));
        browser.prefer("light");
        screenshotAll("eight");
        browser.prefer("dark");
        browser.resize(390, 844);
        assertNoHorizontalScroll();
        assertEquals("390", browser.evaluate("window.innerWidth"));
        assertEquals(
            "true",
            browser.evaluate(
                "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"
                    + "(document.querySelector('#overview .scroll'))"),
            "the table of sessions is cut off");
        assertReachableByKeyboard();
        assertClean(daemon);
      } finally {
        for (TestProducer producer : producers) {
          producer.close();
        }
      }
    }
  }

  private void assertReachableByKeyboard() throws Exception {
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      browser.press("Tab", 9);
      reached.add(browser.evaluate("document.activeElement.textContent.trim()"));
      assertNotEquals(
          "none",
          browser.evaluate("getComputedStyle(document.activeElement).outlineStyle"),
          "the focus cannot be seen on " + reached);
    }
    assertEquals(
        List.of(
            "Skip to the sessions", "Metrics", "Status as JSON", "Readiness", "By kind of record"),
        reached);
    browser.press("Enter", 13);
    assertEquals("true", browser.evaluate("document.activeElement.parentElement.open"));
    assertNoHorizontalScroll();
  }
}

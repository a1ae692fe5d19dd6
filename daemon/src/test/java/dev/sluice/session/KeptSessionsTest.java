package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.bridge.DescriptorStore;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.ingest.RunEnd;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Descriptors from a service manager that are not what a daemon has just left. */
@Timeout(60)
class KeptSessionsTest {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** Returns this process's descriptors that refer to memory. */
  static List<String> memories() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> all = Files.list(DESCRIPTORS)) {
      for (Path fd : (Iterable<Path>) all::iterator) {
        if (Files.isSymbolicLink(fd)) {
          String target = Files.readSymbolicLink(fd).toString();
          if (target.startsWith("/memfd:")) {
            found.add(fd.getFileName() + " " + target);
          }
        }
      }
    }
    return found;
  }

  private static int memory(long bytes) throws IOException {
    try (SharedRegion region =
        SharedRegion.create("stale", bytes, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF)) {
      return SharedRegion.duplicateDescriptor(region.fd());
    }
  }

  private static Sessions another(StageRig rig, List<DescriptorStore.Kept> kept) {
    return new Sessions(
        TestSettings.with(),
        rig.threads,
        rig.captures,
        "test",
        new KeptSessions(Optional.empty(), kept),
        System::nanoTime);
  }

  /** One log line per reason, not per descriptor. */
  @Test
  void shouldCloseAHundredThatAreNoSession() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(Sessions.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    logger.addAppender(logged);
    try (StageRig rig = new StageRig()) {
      int before = memories().size();
      List<DescriptorStore.Kept> kept = new ArrayList<>();
      for (int i = 0; i < 25; i++) {
        kept.add(new DescriptorStore.Kept("sluice-state-whole" + i, memory(2 << 20)));
        kept.add(new DescriptorStore.Kept("sluice-arena-whole" + i, memory(4096)));
        kept.add(new DescriptorStore.Kept("sluice-stage-whole" + i + "-0", memory(4096)));
        kept.add(new DescriptorStore.Kept("sluice-state-cut" + i, memory(4096)));
        kept.add(new DescriptorStore.Kept("sluice-arena-cut" + i, memory(4096)));
        kept.add(new DescriptorStore.Kept("sluice-arena-alone" + i, memory(4096)));
        kept.add(new DescriptorStore.Kept("sluice-stage-alone" + i + "-0", memory(4096)));
        kept.add(new DescriptorStore.Kept("sluice-state-whole" + i, memory(4096))); // a duplicate
        kept.add(new DescriptorStore.Kept("stored", memory(4096)));
        int closed = memory(4096);
        SharedRegion.closeDescriptor(closed);
      }
      assertEquals(before + kept.size(), memories().size());
      try (Sessions sessions = another(rig, kept)) {
        assertEquals(List.of(), sessions.resume(rig.regions));
        assertEquals(before, memories().size(), () -> "" + kept);
      }
    } finally {
      logger.detachAppender(logged);
    }
    assertEquals(
        List.of(
            "sessions not taken over: 50, first whole0: host state refused: not a host state",
            "sessions not taken over: 25, first alone0: its state or its arena is missing"),
        logged.list.stream()
            .filter(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
            .map(ILoggingEvent::getFormattedMessage)
            .toList());
  }

  @Test
  void shouldCloseWhatFollowsOneThatIsNoMemory() throws IOException {
    int before = memories().size();
    int arena = memory(4096);
    List<Integer> stages = List.of(memory(4096), memory(4096));
    int closed = memory(4096);
    SharedRegion.closeDescriptor(closed);
    KeptSessions.Left left = new KeptSessions.Left("key", arena, closed, stages);
    assertThrows(Exception.class, left::open);
    assertEquals(before, memories().size());
  }

  /** Two daemons receive the same state while its owner is alive. */
  @Test
  void shouldLeaveASessionToTheDaemonThatHasIt() throws Exception {
    try (StageRig rig = StageRig.keeping()) {
      Sessions.Grant grant = rig.attach(0);
      Session session = grant.session();
      session.keep("sixteen bytes ..".getBytes(StandardCharsets.US_ASCII));
      StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
      List<String> before = memories();
      String state =
          before.stream().filter(line -> line.contains("sluice-state-")).findFirst().orElseThrow();
      int stateFd = Integer.parseInt(state.substring(0, state.indexOf(' ')));
      List<DescriptorStore.Kept> kept = new ArrayList<>();
      kept.add(copy("sluice-state-k", stateFd));
      kept.add(copy("sluice-arena-k", session.memory().handover().fd()));
      List<Integer> stages = session.capture().stages();
      for (int i = 0; i < stages.size(); i++) {
        kept.add(copy("sluice-stage-k-" + i, stages.get(i)));
      }
      try (Sessions other = another(rig, kept)) {
        assertEquals(List.of(), other.resume(rig.regions));
        assertEquals(List.of(), other.open());
        assertEquals(before.size(), memories().size());
      }
      PlayedDevice device = StageRig.device(grant);
      int published = 0;
      while (published < 40) {
        published += device.publishAll();
      }
      assertTrue(
          StageRig.join(session.end(RunEnd.COMPLETE, "detached")).law().collected() > 0,
          "records after another daemon was offered the session");
    }
  }

  private static DescriptorStore.Kept copy(String name, int fd) throws IOException {
    return new DescriptorStore.Kept(name, SharedRegion.duplicateDescriptor(fd));
  }
}

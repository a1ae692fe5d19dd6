package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.bridge.DescriptorStore;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.device.TestStates;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.testkit.Corpus;
import dev.sluice.testkit.TestArena;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/**
 * A session left by a daemon, with arbitrary damage to its state and arena: the next daemon takes
 * it over or logs a one-line refusal. Either way it closes all memory.
 *
 * <p>An input is a list of damages: one byte for the part, two for the position, four for the
 * value.
 */
public final class HostStateFuzzTest {
  private static final int DAMAGE_BYTES = 7;
  private static final int MAX_DAMAGES = 16;
  private static final int LOCK_PAGE_HEADER_BYTES = 64;
  private static final List<Logger> LOGGERS =
      List.of(logger(Sessions.class), logger(Session.class));
  private static final byte[][] LEFT = left();
  private static final byte[] STATE = LEFT[0];
  private static final byte[] ARENA = LEFT[1];

  private static int taken;
  private static int refused;

  private static Logger logger(Class<?> of) {
    return (Logger) LoggerFactory.getLogger(of);
  }

  /** Returns the state and arena that a daemon leaves in the middle of a run. */
  private static byte[][] left() {
    try {
      try (StageRig rig = StageRig.keeping()) {
        Sessions.Grant grant = rig.attach(0);
        Session session = grant.session();
        session.keep("sixteen bytes ..".getBytes(StandardCharsets.US_ASCII));
        StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
        PlayedDevice device = StageRig.device(grant);
        int published = 0;
        while (published < 40) {
          published += device.publishAll();
        }
        String state =
            KeptSessionsTest.memories().stream()
                .filter(line -> line.contains("sluice-state-"))
                .findFirst()
                .orElseThrow();
        int fd = Integer.parseInt(state.substring(0, state.indexOf(' ')));
        try (SharedRegion kept = SharedRegion.adopt(SharedRegion.duplicateDescriptor(fd));
            SharedRegion arena = SharedRegion.adopt(grant.descriptor())) {
          rig.sessions.leave();
          byte[] left = bytes(arena);
          // No thread holds the locks, as after the death of their process.
          int locks = (int) session.memory().locksOffset();
          Arrays.fill(left, locks + LOCK_PAGE_HEADER_BYTES, left.length, (byte) 0);
          return new byte[][] {bytes(kept), left};
        }
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(SharedRegion region) {
    byte[] all = new byte[(int) region.bytes()];
    region.buffer().get(0, all);
    return all;
  }

  @Test
  @Timeout(60)
  void shouldTakeOverOrRefuseWhateverAStateHolds() {
    Corpus.replay("host-state", 12, HostStateFuzzTest::fuzzerTestOneInput);
    assertTrue(taken > 10, "taken over: " + taken);
    assertTrue(refused > 10, "refused: " + refused);
  }

  /** Entry point for Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    ByteBuffer state = ByteBuffer.wrap(STATE.clone()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer arena = ByteBuffer.wrap(ARENA.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int[] parts = TestStates.parts(state);
    int stateBytes = STATE.length;
    ByteBuffer damages = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MAX_DAMAGES && damages.remaining() >= DAMAGE_BYTES; i++) {
      int part = Math.floorMod(damages.get(), parts.length + 1);
      int place = damages.getShort() & 0xffff;
      int value = damages.getInt();
      if (part == parts.length) {
        stateBytes = Math.min(STATE.length, 4096 * (1 + place % (STATE.length / 4096)));
      } else if (part == parts.length - 1) {
        arena.putInt(place % (ARENA.length / Integer.BYTES) * Integer.BYTES, value);
      } else {
        int bytes = Math.min(parts[part + 1] - parts[part], 1 << 16) - Integer.BYTES;
        state.putInt(parts[part] + place % bytes, value);
      }
    }
    takeOver(state.array(), stateBytes, arena.array());
  }

  private static void takeOver(byte[] state, int stateBytes, byte[] arena) throws Exception {
    int before = KeptSessionsTest.memories().size();
    List<DescriptorStore.Kept> kept = new ArrayList<>();
    kept.add(new DescriptorStore.Kept("sluice-state-k", memory(state, stateBytes)));
    kept.add(new DescriptorStore.Kept("sluice-arena-k", memory(arena, arena.length)));
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    for (Logger logger : LOGGERS) {
      logger.setLevel(Level.DEBUG); // so that exceptions are logged
      logger.setAdditive(false);
      logger.addAppender(logged);
    }
    try (StageRig rig =
        new StageRig(new KeptSessions(Optional.empty(), kept), StageRig.PATIENCE, null)) {
      if (rig.sessions.resume(rig.regions).isEmpty()) {
        refused++;
      } else {
        taken++;
      }
      rig.janitor.doWork();
    } finally {
      for (Logger logger : LOGGERS) {
        logger.setLevel(null);
        logger.setAdditive(true);
        logger.detachAppender(logged);
      }
    }
    for (ILoggingEvent event : logged.list) {
      IThrowableProxy thrown = event.getThrowableProxy();
      assertTrue(
          thrown == null || thrown.getClassName().equals(IOException.class.getName()),
          () -> event.getFormattedMessage() + ": " + ThrowableProxyUtil.asString(thrown));
    }
    assertEquals(before, KeptSessionsTest.memories().size(), "descriptors left open");
  }

  private static int memory(byte[] bytes, int length) throws IOException {
    try (SharedRegion region =
        SharedRegion.create("fuzz", length, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF)) {
      region.buffer().put(0, bytes, 0, length);
      return SharedRegion.duplicateDescriptor(region.fd());
    }
  }
}

package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProducerTest {
  private static final long GRACE = 100;

  private final Peer self = Peer.of((int) ProcessHandle.current().pid(), 0);

  /** The grace period of an earlier daemon's client starts when clients can connect, not before. */
  @Test
  void shouldCountTheGraceOfAnEarlierDaemonsClientFromTheOpenSocket() {
    Producer producer = Producer.lost(self, 3);
    assertEquals(Optional.empty(), producer.reasonToEnd(1_000_000, GRACE));
    producer.canReturn(1_000_000);
    assertEquals(Optional.empty(), producer.reasonToEnd(1_000_100, GRACE));
    assertEquals(
        Optional.of("connection lost and not resumed"), producer.reasonToEnd(1_000_101, GRACE));
    assertEquals(4, producer.resume(self));
    assertEquals(Optional.empty(), producer.reasonToEnd(2_000_000, GRACE));
  }

  @Test
  void shouldCountTheGraceOfItsOwnClientFromTheLoss() {
    Producer producer = new Producer(self);
    producer.connectionLost(Producer.FIRST_CONNECTION, 500);
    producer.canReturn(550);
    assertEquals(Optional.empty(), producer.reasonToEnd(650, GRACE));
  }

  @Test
  void shouldEndForADeadClientBeforeTheSocketIsOpen() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    Peer peer = Peer.of((int) dead.pid(), 0);
    dead.waitFor();
    assertEquals(
        Optional.of("producer died"), Producer.lost(peer, 1).reasonToEnd(1_000_000, GRACE));
  }
}

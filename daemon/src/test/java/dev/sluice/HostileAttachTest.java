package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.tool.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** No input on the attach socket affects a run in progress. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class HostileAttachTest {
  private static final int CONNECTIONS = 1_200;
  private static final int CLIENTS = 4;

  @Test
  void shouldKeepARunCleanUnderGarbageConnections() throws Exception {
    try (TestDaemon daemon = TestDaemon.start();
        TestProducer producer =
            daemon.producer(
                "clean",
                "--layout",
                "chip-2026.08/a2a3",
                "--rate",
                "20000000",
                "--duration-ns",
                "60000000000")) {
      daemon.await("clean", session -> session.total().collected() > 0);
      AtomicInteger answered = new AtomicInteger();
      ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
      for (int i = 0; i < CONNECTIONS; i++) {
        int number = i;
        clients.execute(() -> answered.addAndGet(speakNonsense(daemon, number) ? 1 : 0));
      }
      clients.shutdown();
      assertTrue(clients.awaitTermination(30, TimeUnit.SECONDS), "a connection hangs");
      // Every complete message got a response with a reason.
      assertEquals(CONNECTIONS * 4 / 6, answered.get());
      producer.stop();
      TestProducer.Report device = producer.await();
      Law.assertExact(daemon.session("clean"), device);
      assertEquals(0, daemon.session("clean").total().dropped());
      assertEquals(1, daemon.sessions().size(), "nonsense is no session");
      assertTrue(daemon.isHealthy());
      Map<String, Object> status = Json.parse(daemon.get("/api/v1/status"), "status");
      long counted = SessionView.sum(Json.counts(status, "attach_failures"));
      assertTrue(counted >= CONNECTIONS * 4 / 6, () -> "refusals counted: " + status);
      List<String> lines = daemon.logged(Level.WARN, "refused ");
      assertTrue(lines.size() <= 6, () -> "one line per reason: " + lines);
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
    }
  }

  /** Plays one misbehaving client; returns whether it received a refusal. */
  private static boolean speakNonsense(TestDaemon daemon, int number) {
    Random random = new Random(number);
    try (RawAttach client = new RawAttach(daemon)) {
      ByteBuffer message = RawAttach.attach("nonsense").bytes();
      switch (number % 6) {
        case 0 -> {
          byte[] noise = new byte[message.capacity()];
          random.nextBytes(noise);
          message.put(0, noise);
        }
        case 1 -> message.putShort(4, (short) (3 + random.nextInt(100))); // version
        case 2 -> message = RawAttach.attach("many", 109 + random.nextInt(1 << 30)).bytes();
        case 3 -> message.putShort(6, (short) (12 + random.nextInt(1000))); // type
        case 4 -> {
          client.send(message.slice(0, random.nextInt(message.capacity())));
          return false; // closes before sending the rest
        }
        default -> {
          return false; // sends nothing
        }
      }
      return RawAttach.status(client.ask(message)) != RawAttach.OK;
    } catch (IOException e) {
      return false;
    }
  }
}

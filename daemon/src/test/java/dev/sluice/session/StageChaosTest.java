package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.ingest.RunEnd;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.session.run.RunTotals;
import dev.sluice.testkit.Seeds;
import dev.sluice.testkit.TestArena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that attach, run, disconnect, resume and leave at random, on their own threads, while a
 * disk stalls and resumes, a device hangs, and the host is sometimes out of threads. Each request
 * is answered, the books of each run balance, and the stop meets its deadline.
 */
@Timeout(300)
class StageChaosTest {
  private static final int RUNS = 1;
  private static final int CLIENTS = 3;
  private static final int VISITS = 12;

  @TempDir private Path folder;

  @Test
  void shouldServeEveryClientWhateverElseIsWrong() {
    Seeds.forEach(RUNS, random -> run(random.nextLong()));
  }

  private void run(long seed) throws Exception {
    StageRig rig =
        new StageRig(
                "sluice.capture.enabled=true",
                "sluice.capture.directory=" + folder,
                "sluice.capture.stage-bytes=1MiB",
                "sluice.threading=auto")
            .ticking();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      Session hung = rig.running(8);
      rig.hang(8);
      List<Future<?>> clients = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        Random random = new Random(seed + client);
        int device = client;
        clients.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < VISITS; i++) {
                    visit(rig, device, random);
                  }
                  return null;
                }));
      }
      for (Future<?> client : clients) {
        client.get();
      }
      while (rig.sessions.open().contains(hung)) {
        Thread.onSpinWait();
      }
      assertTrue(hung.view().name().contains("hangs"), hung.view().name());
      long beganNs = System.nanoTime();
      rig.sessions.close();
      assertTrue(System.nanoTime() - beganNs < 2 * StageRig.PATIENCE.stopNanos());
      assertEquals(List.of(), rig.sessions.open());
    } finally {
      threads.shutdownNow();
      rig.close();
    }
  }

  /** Injects faults per request, so that their rate does not depend on the machine. */
  private static void trouble(StageRig rig, Random random) {
    rig.sessions.byDevice();
    switch (random.nextInt(20)) {
      case 0 -> rig.disk.block();
      case 1, 2, 3, 4, 5, 6 -> rig.disk.unblock();
      case 7 -> rig.lanesLeft.set(random.nextInt(2));
      case 8, 9, 10 -> rig.lanesLeft.set(Integer.MAX_VALUE);
      default -> {}
    }
  }

  private static void visit(StageRig rig, int device, Random random) throws Exception {
    Sessions.Grant grant =
        ask(rig, random, () -> rig.sessions.attach(StageRig.request(device), rig.self));
    Session session = grant.session();
    int connection = grant.connection();
    for (int run = random.nextInt(2); run < 2; run++) {
      ask(rig, random, () -> session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
      PlayedDevice played = StageRig.device(grant);
      for (int i = random.nextInt(20); i > 0; i--) {
        played.publishAll();
      }
      if (random.nextBoolean()) {
        session.connectionLost(connection);
        connection = StageRig.join(session.resume(rig.self));
      }
      RunTotals totals = ask(rig, random, () -> session.runEnd(HostTime.now()));
      assertEquals(0, totals.law().unaccounted(), () -> "" + totals.law());
    }
    ask(rig, random, () -> session.end(RunEnd.COMPLETE, "detached"));
  }

  private interface Request<T> {
    CompletionStage<T> ask();
  }

  /** Retries while the answer is busy, like a client. */
  private static <T> T ask(StageRig rig, Random random, Request<T> request) throws Exception {
    while (true) {
      trouble(rig, random);
      try {
        return StageRig.join(request.ask());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RefusedException refused)
            || refused.reason() != Reason.BUSY) {
          throw e;
        }
      }
    }
  }
}

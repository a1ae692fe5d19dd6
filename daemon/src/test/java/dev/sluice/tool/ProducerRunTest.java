package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerRunTest {
  @TempDir private Path folder;

  @Test
  void shouldCountProcessorTimeFromTheAttachOn() throws Exception {
    FakeDaemon host = new FakeDaemon();
    AtomicInteger looks = new AtomicInteger();
    Path attached = folder.resolve("attached");
    String script =
        "while [ ! -e '"
            + attached
            + "' ]; do sleep 0.01; done\necho '"
            + FakeProducer.report(10)
            + "'\n";
    try (DaemonHost.Running daemon = host.start(Optional.empty(), Map.of());
        FakeProducer ignored = new FakeProducer(folder, script)) {
      ProducerRun run =
          new ProducerRun(
              DaemonClient.onPort(daemon.httpPort()),
              () -> {
                // The session appears after the third poll.
                if (looks.incrementAndGet() == 3) {
                  host.ended.add(FakeDaemon.session("t", 10, 0, 0));
                }
                return 10 * looks.get();
              },
              new StopSignal());
      RunReport report =
          run.run(
              List.of(), "t", 3, ProducerRun.NO_PROGRESS / 2, session -> touch(attached), l -> {});
      assertEquals(4, looks.get(), "before, twice until the attach, and at the end");
      assertEquals(20.0, report.daemonCpuSeconds(), "40 less 20, the last look without a session");
    }
  }

  private static void touch(Path file) {
    try {
      Files.createFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

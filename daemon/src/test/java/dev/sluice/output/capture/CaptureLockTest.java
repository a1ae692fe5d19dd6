package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.CaptureSettings;
import dev.sluice.config.SettingsException;
import dev.sluice.session.StageRegions;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CaptureLockTest {
  @TempDir private Path root;

  @Test
  void shouldBelongToOneAndNameItsProcess() throws IOException {
    Path directory = root.resolve("captures");
    String me = "process " + ProcessHandle.current().pid();
    try (CaptureLock first = CaptureLock.take(directory)) {
      assertEquals("", first.refusal());
      IOException refused =
          assertThrows(CaptureLock.HeldException.class, () -> CaptureLock.take(directory));
      assertTrue(refused.getMessage().contains(directory + ": " + me), refused.getMessage());
    }
    CaptureLock.take(directory).close();
  }

  @Test
  void shouldRefuseASecondStoreAndLeaveTheFilesOfTheFirst() throws IOException {
    CaptureSettings settings =
        TestSettings.with("sluice.capture.directory=" + root, "sluice.capture.enabled=true")
            .capture();
    Path spare = Files.createDirectories(root.resolve(".spare")).resolve("1.spare");
    Files.createFile(spare);
    try (StageRegions regions = new StageRegions();
        CaptureLock first = CaptureLock.take(root)) {
      SettingsException refused =
          assertThrows(
              SettingsException.class,
              () -> CaptureStore.open(settings, regions, CaptureThreads.AS_THEY_ARE));
      assertTrue(refused.getMessage().startsWith("another daemon writes captures to " + root));
      assertEquals("", first.refusal());
    }
    assertTrue(Files.exists(spare));
    try (StageRegions regions = new StageRegions()) {
      CaptureStore.open(settings, regions, CaptureThreads.AS_THEY_ARE).close();
    }
    assertFalse(Files.exists(spare));
  }
}

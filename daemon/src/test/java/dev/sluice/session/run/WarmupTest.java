package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WarmupTest {
  @Test
  void shouldMoveBuffersThroughTheWholeEngine() {
    Settings settings =
        Configuration.load(ConfigSources.of(Optional.empty(), List.of())).settings();
    assertTrue(new Warmup(settings).run() > 100_000, "records collected during the warm-up");
  }
}

package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.WireFact;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.tool.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Fields of START and RUN_END other than the address: epoch, clocks, terminal bank, runtime. */
@Timeout(60)
@ExtendWith(FailureDump.class)
class AttachedRunsTest {
  private static final String NAME = "four runs";
  private static final int HOST_BUILD_GRAPH = 2;
  private static final int RUNS = 4;
  private static final long FIRST_EPOCH = 0xfedcba9876543210L;

  @TempDir private Path folder;

  @Test
  void shouldKeepWhenEachRunWasAndWhichOneItWas() throws Exception {
    Geometry geometry = new Geometry(Layout.parse("chip-2026.09/a2a3"), 3, 1, 1, 4);
    HostTime before = HostTime.now();
    CaptureManifest manifest;
    List<Long> banks = new ArrayList<>();
    try (TestDaemon daemon =
            TestDaemon.start(
                "sluice.capture.enabled=true",
                "sluice.capture.directory=" + folder,
                "sluice.capture.stage-bytes=16MiB");
        NativeClient client = new NativeClient(daemon, NAME, 0, geometry, HOST_BUILD_GRAPH)) {
      for (int run = 0; run < RUNS; run++) {
        client.start(FIRST_EPOCH + run);
        banks.add(client.terminalBank() - client.base() - geometry.poolsEnd());
        client.runEnd();
      }
      client.detach();
      Path capture =
          Path.of(Json.text(Json.object(daemon.session(NAME).json(), "capture"), "directory"));
      try (CaptureReader reader = CaptureReader.open(capture)) {
        manifest = reader.manifest();
      }
    }
    HostTime after = HostTime.now();
    assertEquals(List.of(0L, 9728L, 19456L, 0L), banks, "each run has the next of three banks");
    assertEquals("host_build_graph", manifest.layout().facts().valueName(WireFact.PHASE_KINDS));
    assertEquals(RUNS, manifest.runs().size());
    assertFalse(before.bootId().isEmpty());
    long last = before.monotonicNs();
    for (int run = 0; run < RUNS; run++) {
      CaptureManifest.RunWindow window = manifest.runs().get(run);
      HostTime end = window.end().orElseThrow();
      assertEquals(run + 1, window.number());
      assertEquals(FIRST_EPOCH + run, window.epoch());
      assertEquals(before.bootId(), window.start().bootId());
      assertEquals(before.bootId(), end.bootId());
      assertTrue(window.start().monotonicNs() >= last, "runs are in order");
      assertTrue(end.monotonicNs() > window.start().monotonicNs());
      assertTrue(window.start().realtimeNs() >= before.realtimeNs());
      assertTrue(end.realtimeNs() <= after.realtimeNs());
      last = end.monotonicNs();
    }
    assertTrue(last <= after.monotonicNs());
  }
}

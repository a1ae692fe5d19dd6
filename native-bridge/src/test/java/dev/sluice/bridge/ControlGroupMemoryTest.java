package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupMemoryTest {
  private static final String V1 = "sys/fs/cgroup/memory";

  @TempDir private Path root;

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private ControlGroupMemory.Left left() {
    return new ControlGroupMemory(root).left();
  }

  @Test
  void shouldSetNoLimitWhereNoneIsKnown() throws IOException {
    assertEquals(ControlGroupMemory.UNLIMITED, left().bytes());
    file("proc/self/cgroup", "0::/a\nnonsense\n");
    file("sys/fs/cgroup/a/memory.max", "max\n");
    file("sys/fs/cgroup/a/memory.current", "77\n");
    assertEquals(new ControlGroupMemory.Left(ControlGroupMemory.UNLIMITED, ""), left());
  }

  @Test
  void shouldTakeTheTightestOfAGroupAndItsAncestors() throws IOException {
    file("proc/self/cgroup", "0::/system.slice/sluice.service\n");
    file("sys/fs/cgroup/system.slice/sluice.service/memory.max", "1000\n");
    file("sys/fs/cgroup/system.slice/sluice.service/memory.current", "300\n");
    file("sys/fs/cgroup/system.slice/sluice.service/memory.stat", "anon 1\ninactive_file 100\n");
    assertEquals(800, left().bytes());
    file("sys/fs/cgroup/system.slice/memory.max", "2000\n");
    file("sys/fs/cgroup/system.slice/memory.current", "1900\n");
    assertEquals(
        new ControlGroupMemory.Left(100, "/sys/fs/cgroup/system.slice/memory.max"), left());
  }

  @Test
  void shouldFindTheLimitOfAContainerThatSeesTheHostsPath() throws IOException {
    file("proc/self/cgroup", "0::/kubepods/pod1/c1\n");
    file("sys/fs/cgroup/memory.max", "500\n");
    file("sys/fs/cgroup/memory.current", "600\n");
    assertEquals(0, left().bytes());
  }

  @Test
  void shouldReadVersionOne() throws IOException {
    file("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/trial\n0::/\n");
    file(V1 + "/memory.limit_in_bytes", "9223372036854771712\n");
    file(V1 + "/memory.usage_in_bytes", "5\n");
    file(V1 + "/trial/memory.limit_in_bytes", "700\n");
    file(V1 + "/trial/memory.usage_in_bytes", "400\n");
    file(V1 + "/trial/memory.stat", "cache 9\ntotal_inactive_file 50\n");
    assertEquals(350, left().bytes());
  }

  @Test
  void shouldRefuseARegionBeyondTheLimit() {
    Runtime runtime = Runtime.getRuntime();
    long heap = runtime.maxMemory() - runtime.totalMemory();
    ControlGroupMemory.Left left =
        new ControlGroupMemory.Left(heap + (1L << 30), "/sys/fs/cgroup/memory.max");
    assertDoesNotThrow(() -> SharedRegion.refuseBeyondLimit(1L << 28, left));
    IOException refused =
        assertThrows(IOException.class, () -> SharedRegion.refuseBeyondLimit(1L << 30, left));
    assertTrue(refused.getMessage().startsWith("memory limit of the control group: 1073741824 "));
    assertDoesNotThrow(
        () ->
            SharedRegion.refuseBeyondLimit(
                1L << 40, new ControlGroupMemory.Left(ControlGroupMemory.UNLIMITED, "")));
  }
}

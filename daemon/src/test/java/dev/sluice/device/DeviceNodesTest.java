package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceNodesTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "''; 2; davinci2",
        "4,5,6; 0; davinci4",
        "4, 5 ,6; 2; davinci6",
        "4,5; 7; davinci7",
        "all; 1; davinci1",
        "4,,6; 1; davinci1",
      })
  void shouldFindTheNodeOfADeviceThatIsNumberedAnew(String visible, int device, String node) {
    DeviceNodes nodes = new DeviceNodes(folder, Map.of("ASCEND_RT_VISIBLE_DEVICES", visible));
    assertEquals(folder.resolve(node), nodes.node(device));
  }

  @Test
  void shouldSeeThemComeAndGo() throws IOException {
    DeviceNodes nodes = new DeviceNodes(folder, Map.of());
    assertFalse(nodes.exists(1));
    assertEquals("", nodes.refusal(1), "what is not there cannot be closed");
    Files.createFile(folder.resolve("davinci1"));
    assertTrue(nodes.exists(1));
    Files.delete(folder.resolve("davinci1"));
    assertFalse(nodes.exists(1));
  }

  @Test
  void shouldSayWhomToAskForANodeThatIsClosed() throws IOException {
    Path node = Files.createFile(folder.resolve("davinci0"));
    DeviceNodes open = new DeviceNodes(folder, Map.of());
    assertEquals("", open.refusal(0));
    // Root may open every node, so the test injects the access check.
    DeviceNodes closed = new DeviceNodes(folder, Map.of(), path -> !path.equals(node));
    assertEquals(
        "no permission on "
            + node
            + "; put the daemon's user into the driver's group (HwHiAiUser), and allow the node",
        closed.refusal(0));
  }
}

package dev.sluice.device;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The driver's device nodes, {@code /dev/davinci0} and so on. They appear and disappear with the
 * devices and with the driver.
 *
 * <p>Device numbers are those of this process: with {@code ASCEND_RT_VISIBLE_DEVICES}, device 0 is
 * the first of that list.
 */
public final class DeviceNodes {
  private final Path folder;
  private final List<Integer> visible;
  private final Predicate<Path> isOpen;

  /**
   * @param folder of the nodes
   * @param environment of this process
   */
  public DeviceNodes(Path folder, Map<String, String> environment) {
    this(folder, environment, node -> Files.isReadable(node) && Files.isWritable(node));
  }

  /**
   * @param isOpen whether this process may open a node
   */
  DeviceNodes(Path folder, Map<String, String> environment, Predicate<Path> isOpen) {
    this.folder = folder;
    this.isOpen = isOpen;
    this.visible = visible(environment.getOrDefault("ASCEND_RT_VISIBLE_DEVICES", ""));
  }

  /** Returns the renumbering; empty without one, or if the list cannot be parsed. */
  private static List<Integer> visible(String text) {
    List<Integer> devices = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      try {
        devices.add(Integer.parseInt(part.strip()));
      } catch (NumberFormatException e) {
        return List.of();
      }
    }
    return devices;
  }

  /** Returns the path of a device's node, which may not exist. */
  public Path node(int device) {
    int physical = device < visible.size() ? visible.get(device) : device;
    return folder.resolve("davinci" + physical);
  }

  public boolean exists(int device) {
    return Files.exists(node(device));
  }

  /**
   * Returns why this process may not open the node, one line; empty if it may or the node is
   * missing.
   */
  public String refusal(int device) {
    Path node = node(device);
    if (!Files.exists(node) || isOpen.test(node)) {
      return "";
    }
    return "no permission on "
        + node
        + "; put the daemon's user into the driver's group (HwHiAiUser), and allow the node";
  }
}

package dev.sluice.device;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The nodes by which the driver shows its devices, {@code /dev/davinci0} and so on. They come and
 * go with the devices, and with the driver.
 *
 * <p>Numbers are those of this process. Where {@code ASCEND_RT_VISIBLE_DEVICES} numbers devices
 * anew for it, device 0 is the first of that list.
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
   * @param isOpen whether this process may use a node
   */
  DeviceNodes(Path folder, Map<String, String> environment, Predicate<Path> isOpen) {
    this.folder = folder;
    this.isOpen = isOpen;
    this.visible = visible(environment.getOrDefault("ASCEND_RT_VISIBLE_DEVICES", ""));
  }

  /** Empty if nothing is renumbered, or the list is not understood. */
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

  /** Where the node of a device is, if it is there. */
  public Path node(int device) {
    int physical = device < visible.size() ? visible.get(device) : device;
    return folder.resolve("davinci" + physical);
  }

  public boolean exists(int device) {
    return Files.exists(node(device));
  }

  /** Why this process may not use the node, one line; empty if it may, or if there is none. */
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

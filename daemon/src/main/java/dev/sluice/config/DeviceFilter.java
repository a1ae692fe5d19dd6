package dev.sluice.config;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * {@code sluice.devices}: the devices that may attach.
 *
 * @param any every device; ids is empty then
 */
public record DeviceFilter(boolean any, SortedSet<Integer> ids) {
  public DeviceFilter {
    ids = Collections.unmodifiableSortedSet(new TreeSet<>(ids));
  }

  public boolean allows(int device) {
    return any || ids.contains(device);
  }
}

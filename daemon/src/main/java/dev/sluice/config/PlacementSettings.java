package dev.sluice.config;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code sluice.placement}: the placement of arenas.
 *
 * @param general of every device that is not listed
 * @param byDevice of single devices, by id
 */
public record PlacementSettings(Placement general, Map<Integer, Placement> byDevice) {
  public PlacementSettings {
    byDevice = Collections.unmodifiableMap(new TreeMap<>(byDevice));
  }

  public Placement of(int device) {
    return byDevice.getOrDefault(device, general);
  }
}

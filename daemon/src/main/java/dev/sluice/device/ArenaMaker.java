package dev.sluice.device;

import dev.sluice.bridge.cann.Cann;
import dev.sluice.bridge.cann.CannLibraries;
import dev.sluice.config.ArenaSettings;
import dev.sluice.config.CannSettings;
import dev.sluice.config.Placement;
import java.io.IOException;
import java.util.Map;

/**
 * Makes arenas in the configured placement. Loads the vendor's libraries with the first arena that
 * needs them. Thread-safe.
 */
public final class ArenaMaker {
  private final ArenaSettings arena;
  private final CannSettings cann;
  private final Map<String, String> environment;

  /**
   * @param environment of the process, to locate the libraries
   */
  public ArenaMaker(ArenaSettings arena, CannSettings cann, Map<String, String> environment) {
    this.arena = arena;
    this.cann = cann;
    this.environment = Map.copyOf(environment);
  }

  /**
   * Reserves the memory of a plan.
   *
   * @param importer process that will use the arena, in the driver's numbering
   * @throws IOException one line with the failed call and the reason; nothing stays reserved
   */
  public Arena make(ArenaPlan plan, String name, Placement placement, int device, int importer)
      throws IOException {
    if (!placement.isOnDevice()) {
      return new Arena(plan, new SharedBacking(placement, device, name, plan, arena));
    }
    CannLibraries libraries = CannLibraries.load(cann.directory(), environment);
    boolean isUsable =
        libraries.canShare() && (placement != Placement.DEVICE_MAPPED || libraries.canMap());
    if (!isUsable) {
      throw new IOException(
          "placement " + placement.label() + " needs the CANN libraries: " + libraries.problem());
    }
    return new Arena(
        plan,
        new DeviceBacking(
            placement,
            new Cann(libraries, device),
            name,
            plan.totalBytes(),
            importer,
            cann,
            arena));
  }
}

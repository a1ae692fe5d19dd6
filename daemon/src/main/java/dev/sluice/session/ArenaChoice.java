package dev.sluice.session;

import dev.sluice.bridge.cann.CannException;
import dev.sluice.config.Placement;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaMaker;
import dev.sluice.device.ArenaPlan;
import java.io.IOException;
import java.util.function.IntFunction;

/** Makes a session's arena in the placement configured for its device. */
final class ArenaChoice {
  private ArenaChoice() {}

  /**
   * Makes the arena of a session that attaches, or refuses it with a one-line reason.
   *
   * @param permissionProblem why the daemon may not open a device, one line; empty if it may
   */
  static Arena make(
      ArenaPlan plan,
      int id,
      SessionRequest request,
      Peer peer,
      Settings settings,
      IntFunction<String> permissionProblem) {
    int device = request.device();
    Placement placement = settings.placement().of(device);
    if (!request.placements().contains(placement)) {
      throw new RefusedException(
          RefusedException.Reason.PLACEMENT,
          "device "
              + device
              + " has placement "
              + placement.label()
              + ", which this client did not offer");
    }
    int bare = request.bareProcess();
    String name = "sluice-d" + device + "-s" + id;
    try {
      return new ArenaMaker(settings.arena(), settings.cann(), System.getenv())
          .make(plan, name, placement, device, bare != 0 ? bare : peer.pid());
    } catch (IOException e) {
      throw refusal(e, placement.isOnDevice() ? permissionProblem.apply(device) : "");
    }
  }

  private static RefusedException refusal(IOException e, String permission) {
    boolean isBusy = e.getCause() instanceof CannException cann && cann.isBusy();
    return new RefusedException(
        isBusy ? RefusedException.Reason.BUSY : RefusedException.Reason.MEMORY,
        permission.isEmpty() ? e.getMessage() : permission + ": " + e.getMessage());
  }
}

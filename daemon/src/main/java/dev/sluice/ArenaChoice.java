package dev.sluice;

import dev.sluice.bridge.cann.CannException;
import dev.sluice.config.Placement;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaMaker;
import dev.sluice.device.ArenaPlan;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.PeerCredentials;
import java.io.IOException;
import java.util.function.IntFunction;

/**
 * Whose memory a session's arena is. The configuration says what to try for a device, the client
 * what it can use; where that fails, in the daemon or in the client before, a relay is the last
 * resort, if the client offers one.
 */
final class ArenaChoice {
  private ArenaChoice() {}

  /**
   * Makes the arena of a session that asks for one; refuses it with one line if none can be.
   *
   * @param permissionProblem what keeps the daemon from a device, one line; empty if nothing
   */
  static Arena make(
      ArenaPlan plan,
      int id,
      AttachRequest request,
      PeerCredentials peer,
      Settings settings,
      IntFunction<String> permissionProblem) {
    int device = request.device();
    Placement placement = settings.placement().of(device);
    AttachRequest.Reach reach = request.reach();
    int bare = reach.bareProcess();
    ArenaMaker maker = new ArenaMaker(settings.arena(), settings.cann(), System.getenv());
    String name = "sluice-d" + device + "-s" + id;
    // The last resort, for memory of a device only: whoever has none needs none.
    boolean mayRelay = placement != Placement.SIM && reach.includes(Placement.RELAY.wireNumber());
    if (!reach.includes(placement.wireNumber()) && !mayRelay) {
      throw new AttachRefusedException(
          AttachStatus.PLACEMENT,
          "device "
              + device
              + " has placement "
              + placement.label()
              + ", which this client did not offer");
    }
    String reason = reasonToRelay(reach, placement);
    try {
      if (placement != Placement.RELAY && reach.includes(placement.wireNumber())) {
        try {
          return maker.make(plan, name, placement, device, bare != 0 ? bare : peer.pid());
        } catch (IOException e) {
          if (!mayRelay || !placement.isOnDevice()) {
            throw e; // what a relay would have to make here as well
          }
          reason = e.getMessage();
        }
      }
      return maker.makeRelayed(plan, name, device, reason);
    } catch (IOException e) {
      throw refusal(e, placement.isOnDevice() ? permissionProblem.apply(device) : "");
    }
  }

  private static AttachRefusedException refusal(IOException e, String permission) {
    boolean isBusy = e.getCause() instanceof CannException cann && cann.isBusy();
    return new AttachRefusedException(
        isBusy ? AttachStatus.BUSY : AttachStatus.MEMORY,
        permission.isEmpty() ? e.getMessage() : permission + ": " + e.getMessage());
  }

  /** Why the daemon did not even try the placement that is configured. */
  private static String reasonToRelay(AttachRequest.Reach reach, Placement placement) {
    return placement == Placement.RELAY
        ? "as configured"
        : "placement "
            + placement.label()
            + (reach.failedPlacement() == placement.wireNumber()
                ? " failed in the client"
                : " was not offered by the client");
  }
}

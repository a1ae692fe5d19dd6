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

/** Whose memory a session's arena is: as configured for the device, if the client can use it. */
final class ArenaChoice {
  private ArenaChoice() {}

  /**
   * Makes the arena of a session that asks for one; refuses it with one line if that is impossible.
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
    if (!request.reach().includes(placement.wireNumber())) {
      throw new AttachRefusedException(
          AttachStatus.PLACEMENT,
          "device "
              + device
              + " has placement "
              + placement.label()
              + ", which this client did not offer");
    }
    int bare = request.reach().bareProcess();
    String name = "sluice-d" + device + "-s" + id;
    try {
      return new ArenaMaker(settings.arena(), settings.cann(), System.getenv())
          .make(plan, name, placement, device, bare != 0 ? bare : peer.pid());
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
}

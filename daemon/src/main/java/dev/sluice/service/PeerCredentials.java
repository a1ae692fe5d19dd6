package dev.sluice.service;

import java.util.List;

/** Peer of a Unix socket, according to the kernel (SO_PEERCRED). */
public record PeerCredentials(int pid, int uid, List<Integer> gids) {
  public PeerCredentials {
    gids = List.copyOf(gids);
  }

  @Override
  public String toString() {
    return "pid " + pid + " uid " + uid;
  }
}

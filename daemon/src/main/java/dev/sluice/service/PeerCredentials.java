package dev.sluice.service;

import java.util.List;

/** Who is at the other end of a Unix socket, as the kernel says it (SO_PEERCRED). */
public record PeerCredentials(int pid, int uid, List<Integer> gids) {
  public PeerCredentials {
    gids = List.copyOf(gids);
  }

  @Override
  public String toString() {
    return "pid " + pid + " uid " + uid;
  }
}

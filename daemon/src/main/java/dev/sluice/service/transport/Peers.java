package dev.sluice.service.transport;

import dev.sluice.service.PeerCredentials;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;

/** Identifies connected peers by kernel credentials and authorises them by user and group. */
public final class Peers {
  private Peers() {}

  /** Returns the peer at connect time, with the current supplementary groups of its process. */
  public static PeerCredentials of(EpollDomainSocketChannel channel) throws IOException {
    io.netty.channel.unix.PeerCredentials kernel = channel.peerCredentials();
    Set<Integer> gids = new TreeSet<>();
    for (int gid : kernel.gids()) {
      gids.add(gid);
    }
    gids.addAll(supplementaryGroups(kernel.pid(), kernel.uid()));
    return new PeerCredentials(kernel.pid(), kernel.uid(), List.copyOf(gids));
  }

  /**
   * SO_PEERCRED has only the primary group. Empty if the process is gone, is not readable, or its
   * pid now belongs to another user.
   */
  private static List<Integer> supplementaryGroups(int pid, int uid) {
    List<Integer> gids = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("Uid:") && !isUser(line, uid)) {
          return List.of();
        }
        if (line.startsWith("Groups:")) {
          StringTokenizer tokens = new StringTokenizer(line.substring("Groups:".length()));
          while (tokens.hasMoreTokens()) {
            gids.add(Integer.parseInt(tokens.nextToken()));
          }
        }
      }
    } catch (IOException | NumberFormatException e) {
      return List.of();
    }
    return gids;
  }

  /** Compares the effective id, which the kernel reports: real, effective, saved, file system. */
  private static boolean isUser(String line, int uid) {
    StringTokenizer tokens = new StringTokenizer(line.substring("Uid:".length()));
    tokens.nextToken();
    return Integer.parseInt(tokens.nextToken()) == uid;
  }

  /**
   * Allows root, the owner of the socket, the given users and groups, and, if no group is given,
   * the group of the socket.
   */
  public static boolean isAllowed(
      PeerCredentials peer, UnixListener.Owner owner, Set<Integer> uids, Set<Integer> gids) {
    if (peer.uid() == 0 || peer.uid() == owner.uid() || uids.contains(peer.uid())) {
      return true;
    }
    return peer.gids().stream()
        .anyMatch(gid -> gids.isEmpty() ? gid == owner.gid() : gids.contains(gid));
  }
}

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

/** Asks the kernel who connected, and decides by user and group. */
public final class Peers {
  private Peers() {}

  /** The peer at connect time, with the supplementary groups that its process has now. */
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
   * SO_PEERCRED has the primary group only. Empty when the process is gone or not ours to see, or
   * when another user's has its number by now.
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

  /** Real, effective, saved and file system id: the kernel gave us the effective one. */
  private static boolean isUser(String line, int uid) {
    StringTokenizer tokens = new StringTokenizer(line.substring("Uid:".length()));
    tokens.nextToken();
    return Integer.parseInt(tokens.nextToken()) == uid;
  }

  /**
   * Root, the owner of the socket, the users and the groups named, and if no group is named the
   * group of the socket.
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

package dev.sluice.session;

import dev.sluice.bridge.ProcessIdentity;

/**
 * A process at the other end of a connection, as of the moment at which it asked: its number alone
 * can be another's by the time at which an arena is made.
 */
public record Peer(int pid, int uid, ProcessIdentity process) {
  public static Peer of(int pid, int uid) {
    return new Peer(pid, uid, ProcessIdentity.of(pid));
  }

  @Override
  public String toString() {
    return "pid " + pid + " uid " + uid;
  }
}

package dev.sluice.session;

import dev.sluice.bridge.ProcessIdentity;

/**
 * The process at the other end of a connection, identified when it connected. The pid alone may
 * belong to another process by the time the arena is made.
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

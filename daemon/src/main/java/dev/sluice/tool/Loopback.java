package dev.sluice.tool;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;

/** The loopback address of this host, in URL form. Stateless. */
public final class Loopback {
  private static final String IPV4 = "127.0.0.1";
  private static final String IPV6 = "[::1]";

  private Loopback() {}

  /** Returns 127.0.0.1, or [::1] on a host without IPv4. */
  public static String address() {
    try {
      // Without IPv4 no interface has this address.
      return NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()) == null
          ? IPV6
          : IPV4;
    } catch (IOException ignored) {
      return IPV4;
    }
  }

  /** Returns where a client reaches a daemon that listens on this host: loopback for a wildcard. */
  static String reaching(String host) {
    return switch (host) {
      case "0.0.0.0" -> IPV4;
      case "[::]" -> IPV6;
      default -> host;
    };
  }
}

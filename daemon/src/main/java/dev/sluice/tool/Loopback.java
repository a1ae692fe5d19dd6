package dev.sluice.tool;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;

/** The address of this host that every client reaches, as a URL has it. Stateless. */
public final class Loopback {
  private static final String IPV4 = "127.0.0.1";
  private static final String IPV6 = "[::1]";

  private Loopback() {}

  /** 127.0.0.1, but on a host without IPv4. */
  public static String address() {
    try {
      // No interface has it where there is no IPv4.
      return NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()) == null
          ? IPV6
          : IPV4;
    } catch (IOException ignored) {
      return IPV4;
    }
  }

  /** Where a client reaches a daemon that listens there: on the loopback if it is everywhere. */
  static String reaching(String host) {
    return switch (host) {
      case "0.0.0.0" -> IPV4;
      case "[::]" -> IPV6;
      default -> host;
    };
  }
}

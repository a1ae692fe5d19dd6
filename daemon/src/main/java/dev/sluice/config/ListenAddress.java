package dev.sluice.config;

/**
 * Bind address of a TCP listener: {@code host:port}, with an IPv6 address in brackets. Not resolved
 * here; port 0 lets the kernel choose.
 */
public record ListenAddress(String host, int port) {
  /** Throws {@link IllegalArgumentException} with one line that shows the legal form. */
  public static ListenAddress parse(String text) {
    String trimmed = text.strip();
    int colon = trimmed.lastIndexOf(':');
    String host = colon < 0 ? "" : trimmed.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (bracketed) {
      host = host.substring(1, host.length() - 1);
    }
    String digits = trimmed.substring(colon + 1);
    boolean portIsNumber = digits.matches("\\d{1,5}") && Integer.parseInt(digits) <= 65_535;
    if (host.isEmpty() || !portIsNumber || host.contains(" ") || bracketed != host.contains(":")) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a listen address: write host:port with a port from 0 to 65535"
              + " (for example 127.0.0.1:9797, [::1]:9797 or 0.0.0.0:9797)");
    }
    return new ListenAddress(host, Integer.parseInt(digits));
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}

package dev.sluice.service.security;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A checked {@code web-config.yml}.
 *
 * @param tls empty: plain HTTP
 * @param headers to put on every answer, name in lower case to value
 * @param users name to bcrypt hash; empty: all may read
 * @param rateLimit empty: none
 */
record WebConfig(
    Optional<Tls> tls,
    Map<String, String> headers,
    Map<String, String> users,
    Optional<RateLimit> rateLimit) {
  /** Plain HTTP for all. */
  static final WebConfig OPEN =
      new WebConfig(Optional.empty(), Map.of(), Map.of(), Optional.empty());

  WebConfig {
    headers = Map.copyOf(headers);
    users = Map.copyOf(users);
  }

  /**
   * {@code tls_server_config}.
   *
   * @param clientCa empty: no authority is named
   * @param allowedNames one of them must be in a client's certificate; empty: any will do
   * @param ciphers IANA names; empty: those of Java
   */
  record Tls(
      Pem certificate,
      Pem key,
      Optional<Pem> clientCa,
      ClientAuth clientAuth,
      List<String> allowedNames,
      List<String> protocols,
      List<String> ciphers) {
    Tls {
      allowedNames = List.copyOf(allowedNames);
      protocols = List.copyOf(protocols);
      ciphers = List.copyOf(ciphers);
    }
  }

  /**
   * Certificates or a key.
   *
   * @param origin the key in the file that holds or names them; for errors, which never show the
   *     text
   */
  record Pem(String origin, String text) {
    InputStream stream() {
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      return origin;
    }
  }

  /** {@code client_auth_type}, with the names that the schema has for them. */
  enum ClientAuth {
    NO_CLIENT_CERT("NoClientCert", false),
    REQUEST_CLIENT_CERT("RequestClientCert", false),
    REQUIRE_ANY_CLIENT_CERT("RequireAnyClientCert", false),
    VERIFY_CLIENT_CERT_IF_GIVEN("VerifyClientCertIfGiven", true),
    REQUIRE_AND_VERIFY_CLIENT_CERT("RequireAndVerifyClientCert", true);

    private final String label;
    private final boolean verifies;

    ClientAuth(String label, boolean verifies) {
      this.label = label;
      this.verifies = verifies;
    }

    String label() {
      return label;
    }

    /** Whether a certificate that is shown must come from the client authority. */
    boolean verifies() {
      return verifies;
    }
  }

  /** At most {@code burst} requests at once, and one more per interval. */
  record RateLimit(long intervalNanos, int burst) {}
}

package dev.sluice.service.security;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A validated {@code web-config.yml}.
 *
 * @param tls empty: plain HTTP
 * @param headers added to every answer, name in lower case to value
 * @param users name to bcrypt hash; empty: anyone may read
 * @param rateLimit empty: unlimited
 */
record WebConfig(
    Optional<Tls> tls,
    Map<String, String> headers,
    Map<String, String> users,
    Optional<RateLimit> rateLimit) {
  /** Plain HTTP, open to anyone. */
  static final WebConfig OPEN =
      new WebConfig(Optional.empty(), Map.of(), Map.of(), Optional.empty());

  WebConfig {
    headers = Map.copyOf(headers);
    users = Map.copyOf(users);
  }

  /**
   * {@code tls_server_config}.
   *
   * @param clientCa empty: no client authority
   * @param allowedNames a client certificate must contain one of them; empty: any name
   * @param ciphers IANA names; empty: Java's defaults
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
   * @param origin config key that contains the text or names its file; for errors, which never show
   *     the text
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

  /** {@code client_auth_type}, with the names of the schema. */
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

    /** Whether the client authority must have issued a presented certificate. */
    boolean verifies() {
      return verifies;
    }
  }

  /** At most {@code burst} requests at once, then one more per interval. */
  record RateLimit(long intervalNanos, int burst) {}
}

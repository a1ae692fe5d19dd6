package dev.sluice.service.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebConfigReaderTest {
  private static final String HASH = "$2y$04$abcdefghijklmnopqrstuu0123456789012345678901234567890";

  @TempDir private Path folder;

  private WebConfig read(String yaml) throws IOException, WebConfigException {
    Path file = folder.resolve("web-config.yml");
    Files.writeString(file, yaml);
    return new WebConfigReader(file).read();
  }

  private String refusal(String yaml) {
    return assertThrows(WebConfigException.class, () -> read(yaml), yaml).getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "# nothing yet\n"})
  void shouldLetEverybodyReadIfItSaysNothing(String yaml) throws Exception {
    WebConfig config = read(yaml);
    assertEquals(WebConfig.OPEN, config);
  }

  @Test
  void shouldReadEveryKeyOfTheSchema() throws Exception {
    Files.writeString(folder.resolve("server.crt"), "certificate");
    Files.writeString(folder.resolve("ca.crt"), "authority");
    WebConfig config =
        read(
            """
            tls_server_config:
              cert_file: server.crt
              key: |
                key
              client_ca_file: ca.crt
              client_auth_type: RequireAndVerifyClientCert
              client_allowed_sans: [prometheus.example]
              min_version: TLS13
              max_version: TLS13
              cipher_suites: [TLS_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305]
              prefer_server_cipher_suites: true
              curve_preferences: []
            http_server_config:
              http2: false
              headers:
                X-Frame-Options: deny
                Strict-Transport-Security: max-age=3600
            basic_auth_users:
              alice: %s
            rate_limit:
              interval: 100ms
              burst: 20
            """
                .formatted(HASH));
    WebConfig.Tls tls = config.tls().orElseThrow();
    assertEquals("certificate", tls.certificate().text());
    assertEquals("key\n", tls.key().text());
    assertEquals(WebConfig.ClientAuth.REQUIRE_AND_VERIFY_CLIENT_CERT, tls.clientAuth());
    assertEquals(List.of("prometheus.example"), tls.allowedNames());
    assertEquals(List.of("TLSv1.3"), tls.protocols());
    assertEquals(
        List.of("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        tls.ciphers());
    assertEquals(
        Map.of("x-frame-options", "deny", "strict-transport-security", "max-age=3600"),
        config.headers());
    assertEquals(Map.of("alice", HASH), config.users());
    assertEquals(Optional.of(new WebConfig.RateLimit(100_000_000, 20)), config.rateLimit());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tls: {}|tls: is unknown",
        "tls_server_config: {cert: a, key: b, certs: c}|tls_server_config.certs: is unknown",
        "tls_server_config: {key: b}|tls_server_config.cert_file: is missing",
        "tls_server_config: {cert: a}|tls_server_config.key_file: is missing",
        "tls_server_config: {cert: a, cert_file: b, key: c}|set only one",
        "tls_server_config: {cert_file: gone, key: b}|no such file or directory",
        "tls_server_config: {cert: a, key: b, min_version: TLS11}|must be TLS12 or TLS13",
        "tls_server_config: {cert: a, key: b, min_version: TLS13, max_version: TLS12}|before",
        "tls_server_config: {cert: a, key: b, client_auth_type: Always}|must be one of NoClient",
        "tls_server_config: {cert: a, key: b, client_auth_type: RequireAndVerifyClientCert}|needs",
        "tls_server_config: {cert: a, key: b, client_ca: c}|needs one that verifies",
        "tls_server_config: {cert: a, key: b, client_allowed_sans: [x]}|that verifies",
        "tls_server_config: {cert: a, key: b, cipher_suites: [ROT13]}|this Java has no ROT13",
        "tls_server_config: {cert: a, key: b, curve_preferences: [X25519]}|cannot be set",
        "tls_server_config: 3|must be keys with values",
        "http_server_config: {headers: {Server: x}}|only these can be set",
        "http_server_config: {http2: maybe}|must be true or false",
        "basic_auth_users: {bob: secret}|basic_auth_users.bob: is not a bcrypt hash",
        "rate_limit: {interval: often}|write a duration",
        "rate_limit: {interval: 1s, burst: 0}|must be at least 1",
        "[1, 2]|must be keys with values",
        "a: b: c|line 1 is not valid YAML",
        "{a: 1, a: 2}|line 1 is not valid YAML",
      })
  void shouldRefuseInOneLineWhatItCannotGrant(String yaml, String why) {
    String message = refusal(yaml);
    assertTrue(message.contains(why), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void shouldNotShowSecretsInErrors() {
    assertFalse(refusal("basic_auth_users: {bob: hunter2}").contains("hunter2"));
    assertFalse(refusal("basic_auth_users:\n  bob: hunter2\n bad").contains("hunter2"));
    String tooDear = HASH.replace("$04$", "$31$");
    assertTrue(refusal("basic_auth_users: {bob: " + tooDear + "}").contains("must be 4 to 16"));
  }
}

package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import at.favre.lib.crypto.bcrypt.BCrypt;
import dev.sluice.config.HttpSettings;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.MetricsSettings;
import dev.sluice.service.FakeView;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.metrics.MetricsRegistry;
import dev.sluice.service.security.WebConfigException;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.transport.EventLoops;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code web-config.yml} on a listener: who gets access, who does not, and the effect of changes.
 */
class HttpSecurityTest {
  private static X509Bundle authority;
  private static X509Bundle server;

  @TempDir private Path folder;

  private final FakeView view = new FakeView();
  private final HttpTraffic traffic = new HttpTraffic();
  private final EventLoops loops = new EventLoops(2);
  private final MetricsRegistry metrics =
      new MetricsRegistry(view, new MetricsSettings(false), traffic);
  private WebSecurity security;
  private HttpServer listener;
  private int written;

  @BeforeAll
  static void makeCertificates() throws Exception {
    authority =
        new CertificateBuilder()
            .subject("CN=Authority")
            .setIsCertificateAuthority(true)
            .ecp256()
            .buildSelfSigned();
    server = certificate("localhost", authority);
  }

  private static X509Bundle certificate(String name, X509Bundle issuer) throws Exception {
    return new CertificateBuilder()
        .subject("CN=" + name)
        .addSanDnsName(name)
        .ecp256()
        .buildIssuedBy(issuer);
  }

  @AfterEach
  void stop() {
    if (listener != null) {
      listener.close();
      security.close();
    }
    metrics.close();
    loops.close();
  }

  private Path file() {
    return folder.resolve("web-config.yml");
  }

  /** Replaces the file by a new inode, like configuration management does. */
  private void write(String name, String text) throws IOException {
    Path next = folder.resolve(name + "." + written++);
    Files.writeString(next, text);
    Files.move(next, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private void start(String webConfig) throws IOException, WebConfigException {
    write("web-config.yml", webConfig);
    security = WebSecurity.open(Optional.of(file()), traffic);
    HttpSettings settings =
        new HttpSettings(
            new ListenAddress("localhost", 0),
            Optional.of(file()),
            64,
            8,
            10_000_000_000L,
            new HttpSettings.Live(4, 100_000_000));
    listener = HttpServer.start(settings, view, metrics.registry(), traffic, security, loops);
  }

  private String tls(String more) throws IOException {
    write("server.crt", server.getCertificatePathPEM());
    write("server.key", server.getPrivateKeyPEM());
    write("ca.crt", authority.getCertificatePEM());
    return "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n" + more;
  }

  private static HttpClient client(X509Bundle trusted, X509Bundle own) throws Exception {
    KeyManager[] keys = own == null ? null : own.toKeyManagerFactory().getKeyManagers();
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, new TrustManager[] {trusted.toTrustManager()}, new SecureRandom());
    return HttpClient.newBuilder().sslContext(context).build();
  }

  private HttpResponse<String> get(HttpClient client, String scheme, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create(scheme + "://localhost:" + listener.address().getPort() + "/-/ready"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private int status(String... headers) throws Exception {
    return get(HttpClient.newHttpClient(), "http", headers).statusCode();
  }

  private static String[] as(String user, String password) {
    byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return new String[] {"Authorization", "Basic " + Base64.getEncoder().encodeToString(both)};
  }

  private static String user(String name, String password) {
    return "basic_auth_users:\n  "
        + name
        + ": "
        + BCrypt.with(BCrypt.Version.VERSION_2B).hashToString(4, password.toCharArray())
        + "\n";
  }

  @Test
  void shouldSpeakTlsToWhomTrustsIt() throws Exception {
    start(tls(""));
    HttpClient trusting = client(authority, null);
    assertEquals(200, get(trusting, "https").statusCode());
    X509Bundle other =
        new CertificateBuilder()
            .subject("CN=Other")
            .setIsCertificateAuthority(true)
            .ecp256()
            .buildSelfSigned();
    assertThrows(SSLHandshakeException.class, () -> get(client(other, null), "https"));
    assertThrows(IOException.class, () -> get(HttpClient.newHttpClient(), "http"), "plain");
    assertEquals(200, get(trusting, "https").statusCode(), "and goes on");
  }

  @Test
  void shouldRefuseOldTls() throws Exception {
    start(tls("  min_version: TLS13\n"));
    SSLContext context = SSLContext.getInstance("TLSv1.2");
    context.init(null, new TrustManager[] {authority.toTrustManager()}, new SecureRandom());
    HttpClient old = HttpClient.newBuilder().sslContext(context).build();
    assertThrows(SSLHandshakeException.class, () -> get(old, "https"));
    assertEquals(200, get(client(authority, null), "https").statusCode());
  }

  @Test
  void shouldAskForACertificateOfItsAuthority() throws Exception {
    start(
        tls(
            """
              client_ca_file: ca.crt
              client_auth_type: RequireAndVerifyClientCert
              client_allowed_sans: [prometheus.example]
            """));
    X509Bundle right = certificate("prometheus.example", authority);
    assertEquals(200, get(client(authority, right), "https").statusCode());
    assertThrows(IOException.class, () -> get(client(authority, null), "https"), "none");
    X509Bundle forged = certificate("prometheus.example", sameName());
    assertThrows(IOException.class, () -> get(client(authority, forged), "https"), "forged");
    X509Bundle misnamed = certificate("somebody.example", authority);
    assertThrows(IOException.class, () -> get(client(authority, misnamed), "https"), "misnamed");
  }

  @Test
  void shouldTakeACertificateIfGivenAndThenOnlyAGoodOne() throws Exception {
    start(tls("  client_ca_file: ca.crt\n  client_auth_type: VerifyClientCertIfGiven\n"));
    assertEquals(200, get(client(authority, null), "https").statusCode());
    X509Bundle right = certificate("a.example", authority);
    assertEquals(200, get(client(authority, right), "https").statusCode());
    X509Bundle forged = certificate("a.example", sameName());
    assertThrows(IOException.class, () -> get(client(authority, forged), "https"), "forged");
  }

  /** Returns a certificate authority with the same name as the trusted one. */
  private static X509Bundle sameName() throws Exception {
    return new CertificateBuilder()
        .subject("CN=Authority")
        .setIsCertificateAuthority(true)
        .ecp256()
        .buildSelfSigned();
  }

  @Test
  void shouldRenewACertificateWithoutARestart() throws Exception {
    start(tls(""));
    HttpClient before = client(authority, null);
    assertEquals(200, get(before, "https").statusCode());
    X509Bundle next =
        new CertificateBuilder()
            .subject("CN=Next")
            .setIsCertificateAuthority(true)
            .ecp256()
            .buildSelfSigned();
    X509Bundle renewed = certificate("localhost", next);
    write("server.key", renewed.getPrivateKeyPEM());
    write("server.crt", renewed.getCertificatePathPEM());
    assertEquals(200, get(client(next, null), "https").statusCode());
    assertThrows(SSLHandshakeException.class, () -> get(client(authority, null), "https"));
    assertTrue(traffic.isWebConfigGood());
  }

  @Test
  void shouldAskForUserAndPassword() throws Exception {
    start(user("alice", "wonder land"));
    HttpResponse<String> stranger = get(HttpClient.newHttpClient(), "http");
    assertEquals(401, stranger.statusCode());
    assertEquals(
        "Basic realm=\"sluice\", charset=\"UTF-8\"",
        stranger.headers().firstValue("www-authenticate").orElse(""));
    assertEquals(200, status(as("alice", "wonder land")));
    assertEquals(200, status(as("alice", "wonder land")), "from memory");
    assertEquals(401, status(as("alice", "wonderland")));
    assertEquals(401, status(as("bob", "wonder land")));
    for (String broken : new String[] {"Basic", "Basic !", "Basic YWxpY2U=", "Bearer x"}) {
      assertEquals(401, status("Authorization", broken), broken);
    }
    assertEquals(7, traffic.refusalsByReason().get("credentials"));
  }

  @Test
  void shouldForgetAUserWhoIsRemovedAndKeepTheOldFileIfTheNewOneIsWrong() throws Exception {
    start(user("alice", "one"));
    assertEquals(200, status(as("alice", "one")));

    write("web-config.yml", user("alice", "two"));
    assertEquals(401, status(as("alice", "one")), "the memory goes by the hash");
    assertEquals(200, status(as("alice", "two")));

    write("web-config.yml", "basic_auth_users: [broken");
    assertEquals(200, status(as("alice", "two")), "the one before stays in force");
    assertEquals(401, status());
    assertTrue(!traffic.isWebConfigGood());
    assertEquals(1, traffic.webConfigFailures(), "told once, not with each request");

    Files.delete(file());
    assertEquals(401, status(), "a file that is gone opens no door");
    assertEquals(2, traffic.webConfigFailures());

    write("web-config.yml", "");
    assertEquals(200, status(), "an empty one does, on purpose");
    assertTrue(traffic.isWebConfigGood());
  }

  @Test
  void shouldLimitTheRateAndSetHeaders() throws Exception {
    start(
        """
        rate_limit: {interval: 1h, burst: 2}
        http_server_config: {headers: {X-Frame-Options: sameorigin}}
        """);
    HttpResponse<String> first = get(HttpClient.newHttpClient(), "http");
    assertEquals("sameorigin", first.headers().firstValue("x-frame-options").orElse(""));
    assertEquals(200, status());
    HttpResponse<String> third = get(HttpClient.newHttpClient(), "http");
    assertEquals(429, third.statusCode());
    assertEquals("sameorigin", third.headers().firstValue("x-frame-options").orElse(""));
    assertEquals(1, traffic.refusalsByReason().get("rate"));
  }

  @Test
  void shouldNotStartWithLessThanWasAskedFor() throws Exception {
    write("web-config.yml", "tls_server_config: {cert: nonsense, key: nonsense}");
    String message =
        assertThrows(WebConfigException.class, () -> WebSecurity.open(Optional.of(file()), traffic))
            .getMessage();
    assertTrue(message.contains("tls_server_config.cert"), message);
    assertEquals(1, message.lines().count());
  }

  /** The JDK would accept them and fail every handshake. */
  @Test
  void shouldRefuseAKeyThatIsNotThatOfItsCertificate() throws Exception {
    String config = tls("");
    X509Bundle rsa =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .rsa2048()
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    for (X509Bundle other : List.of(certificate("localhost", authority), rsa)) {
      write("server.key", other.getPrivateKeyPEM());
      WebConfigException refused = assertThrows(WebConfigException.class, () -> start(config));
      assertEquals(
          "tls_server_config.key_file: is not the key of the certificate in"
              + " tls_server_config.cert_file",
          refused.getMessage());
    }
    write("server.crt", rsa.getCertificatePEM());
    start(config);
    assertEquals(200, get(client(rsa, null), "https").statusCode(), "RSA");
  }

  @Test
  void shouldSurviveGarbageInsteadOfAHandshake() throws Exception {
    start(tls(""));
    for (int i = 0; i < 20; i++) {
      try (Socket socket = new Socket("localhost", listener.address().getPort())) {
        byte[] noise = new byte[512];
        new java.util.Random(i).nextBytes(noise);
        noise[0] = i % 2 == 0 ? 22 : noise[0]; // half of them start like a handshake
        socket.getOutputStream().write(noise);
        socket.shutdownOutput();
        assertNotEquals(200, socket.getInputStream().readAllBytes().length);
      } catch (IOException ignored) {
        // A reset is fine, too.
      }
    }
    assertEquals(200, get(client(authority, null), "https").statusCode());
  }
}

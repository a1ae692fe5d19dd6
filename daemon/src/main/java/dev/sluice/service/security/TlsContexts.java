package dev.sluice.service.security;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Creates the listener's TLS context from the web config, with Java's own implementation. */
final class TlsContexts {
  private TlsContexts() {}

  static List<String> supportedCiphers() {
    try {
      return List.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  static SslContext of(WebConfig.Tls tls) throws WebConfigException {
    SslContextBuilder builder;
    try {
      builder = SslContextBuilder.forServer(tls.certificate().stream(), tls.key().stream());
    } catch (IllegalArgumentException e) {
      // The message says which of the two it was without quoting it.
      throw new WebConfigException(
          tls.certificate().origin()
              + ", "
              + tls.key().origin()
              + ": "
              + e.getMessage().replaceFirst("Input stream does not contain", "not")
              + " (a PEM certificate chain and an unencrypted PKCS #8 key are needed: openssl pkcs8"
              + " -topk8 -nocrypt)");
    }
    if (!KeyMatch.belongTogether(tls.certificate(), tls.key())) {
      throw new WebConfigException(
          tls.key().origin()
              + ": is not the key of the certificate in "
              + tls.certificate().origin());
    }
    builder.sslProvider(SslProvider.JDK).protocols(tls.protocols());
    if (!tls.ciphers().isEmpty()) {
      builder.ciphers(tls.ciphers());
    }
    builder.clientAuth(
        switch (tls.clientAuth()) {
          case NO_CLIENT_CERT -> io.netty.handler.ssl.ClientAuth.NONE;
          case REQUEST_CLIENT_CERT, VERIFY_CLIENT_CERT_IF_GIVEN ->
              io.netty.handler.ssl.ClientAuth.OPTIONAL;
          case REQUIRE_ANY_CLIENT_CERT, REQUIRE_AND_VERIFY_CLIENT_CERT ->
              io.netty.handler.ssl.ClientAuth.REQUIRE;
        });
    if (tls.clientCa().isPresent()) {
      builder.trustManager(trustManager(tls.clientCa().get(), tls.allowedNames()));
    } else {
      // These two settings request a certificate and accept any.
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
    }
    try {
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new WebConfigException("tls_server_config: " + e.getMessage());
    }
  }

  private static TrustManager trustManager(WebConfig.Pem authority, List<String> names)
      throws WebConfigException {
    try {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(authority.stream());
      if (certificates.isEmpty()) {
        throw new WebConfigException(authority.origin() + ": holds no certificate");
      }
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("ca" + number++, certificate);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      X509ExtendedTrustManager trust = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
      return names.isEmpty() ? trust : new AllowedNames(trust, names);
    } catch (GeneralSecurityException | IOException e) {
      throw new WebConfigException(authority.origin() + ": " + e.getMessage());
    }
  }
}

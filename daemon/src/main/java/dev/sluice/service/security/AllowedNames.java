package dev.sluice.service.security;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * {@code client_allowed_sans}: a client certificate must be issued by the authority and contain one
 * of these subject alternative names (DNS name, IP address, e-mail address or URI, as written).
 */
final class AllowedNames extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager authority;
  private final List<String> names;

  AllowedNames(X509ExtendedTrustManager authority, List<String> names) {
    this.authority = authority;
    this.names = List.copyOf(names);
  }

  private void checkName(X509Certificate[] chain) throws CertificateException {
    Collection<List<?>> alternatives = chain[0].getSubjectAlternativeNames();
    if (alternatives != null) {
      for (List<?> alternative : alternatives) {
        // A pair of type and value; for types that are not text, the value is bytes.
        if (alternative.get(1) instanceof String name && names.contains(name)) {
          return;
        }
      }
    }
    throw new CertificateException("none of the certificate's names is allowed");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    authority.checkClientTrusted(chain, authType, engine);
    checkName(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    authority.checkClientTrusted(chain, authType, socket);
    checkName(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    authority.checkClientTrusted(chain, authType);
    checkName(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("this is a server");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("this is a server");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("this is a server");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authority.getAcceptedIssuers();
  }
}

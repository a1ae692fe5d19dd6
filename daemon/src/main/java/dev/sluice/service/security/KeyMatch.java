package dev.sluice.service.security;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks that a certificate belongs to a key. Java accepts any pair and then fails every handshake;
 * an operator should learn that before the daemon runs with them.
 */
final class KeyMatch {
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);
  private static final byte[] PROBE = {1, 2, 3, 4};

  private KeyMatch() {}

  /** Both are readable; a pair of an unknown algorithm is accepted unchecked. */
  static boolean belongTogether(WebConfig.Pem certificate, WebConfig.Pem key) {
    Matcher body = PKCS8.matcher(key.text());
    if (!body.find()) {
      return true;
    }
    try {
      PublicKey ofCertificate =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(certificate.stream())
              .getPublicKey();
      String algorithm = signature(ofCertificate.getAlgorithm());
      return algorithm.isEmpty() || canSignFor(ofCertificate, body.group(1), algorithm);
    } catch (GeneralSecurityException e) {
      return false; // key of another type
    }
  }

  private static String signature(String keyAlgorithm) {
    return switch (keyAlgorithm) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      case "EdDSA" -> "EdDSA";
      default -> "";
    };
  }

  private static boolean canSignFor(PublicKey ofCertificate, String base64, String algorithm)
      throws GeneralSecurityException {
    PrivateKey key =
        KeyFactory.getInstance(ofCertificate.getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(PROBE);
    byte[] signed = signer.sign();
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(ofCertificate);
    verifier.update(PROBE);
    return verifier.verify(signed);
  }
}

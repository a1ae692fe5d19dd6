package dev.sluice.service.http;

import dev.sluice.service.BuildInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * {@code /}: the live status page, assembled once from its three parts. Its only data is the build;
 * everything else comes over {@code /api/v1/live}, and the page's script inserts it as text, never
 * as markup.
 *
 * <p>The content security policy names the script and the style by their hashes and allows
 * connections to this daemon only: neither content from another host nor a name chosen by a client
 * can run or load anything in it.
 */
final class StatusPage {
  private StatusPage() {}

  static Answer of(BuildInfo build) {
    String style = part("status.css");
    String script = part("status.js");
    String page =
        part("status.html")
            .replace("@STYLE@", style)
            .replace("@SCRIPT@", script)
            .replace("@VERSION@", escape(build.version()))
            .replace("@REVISION@", escape(build.revision()));
    return Answer.html(page)
        .withHeader(
            "content-security-policy",
            "default-src 'none'; script-src '"
                + hash(script)
                + "'; style-src '"
                + hash(style)
                + "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
                + " frame-ancestors 'none'")
        .withHeader("referrer-policy", "no-referrer");
  }

  /** Returns the runbook that the page links to, as text; empty in a build without it. */
  static Optional<Answer> runbook() {
    try (InputStream text = StatusPage.class.getResourceAsStream("/runbook.md")) {
      return text == null
          ? Optional.empty()
          : Optional.of(Answer.text(200, new String(text.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String part(String name) {
    try (InputStream part = StatusPage.class.getResourceAsStream(name)) {
      if (part == null) {
        throw new IllegalStateException(name + " is missing from the program");
      }
      return new String(part.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}

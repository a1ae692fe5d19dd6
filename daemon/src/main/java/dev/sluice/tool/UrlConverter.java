package dev.sluice.tool;

import java.net.URI;
import java.net.URISyntaxException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts {@code http://HOST:PORT}, or the more common {@code HOST:PORT}. */
public final class UrlConverter implements ITypeConverter<URI> {
  private static final int LAST_PORT = 65_535;

  @Override
  public URI convert(String text) {
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean isPort = uri.getPort() == -1 || (uri.getPort() > 0 && uri.getPort() <= LAST_PORT);
      if (isHttp && isPort && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException ignored) {
      // Reported below, with the expected form.
    }
    throw new TypeConversionException(
        "'" + text + "' is not an address: write HOST:PORT or http://HOST:PORT");
  }
}

package dev.sluice.service.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;

/**
 * What an endpoint may look at. Bodies are not among it: no path takes one.
 *
 * @param method GET, HEAD, POST, ...
 * @param path decoded, without the query
 * @param queryString as it came, without the question mark; empty if there was none
 */
record Request(String method, String path, String queryString, HttpHeaders headers) {
  /** Throws {@link IllegalArgumentException} when the escapes of the URI are broken. */
  static Request of(String method, String uri, HttpHeaders headers) {
    QueryStringDecoder decoder = new QueryStringDecoder(uri);
    decoder.parameters(); // so that they fail here, and not where an endpoint asks for one
    return new Request(method, decoder.path(), decoder.rawQuery(), headers);
  }

  /** Values of a query parameter, in order; empty if it is not there. */
  List<String> parameters(String name) {
    Map<String, List<String>> all = new QueryStringDecoder(queryString, false).parameters();
    return all.getOrDefault(name, List.of());
  }
}

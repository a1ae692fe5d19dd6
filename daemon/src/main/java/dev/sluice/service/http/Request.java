package dev.sluice.service.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;

/**
 * The parts of a request that endpoints may use. Bodies are excluded: no path takes one.
 *
 * @param method GET, HEAD, POST, ...
 * @param path decoded, without the query
 * @param queryString as received, without the question mark; empty if there was none
 */
record Request(String method, String path, String queryString, HttpHeaders headers) {
  /** Throws {@link IllegalArgumentException} if the URI has invalid escapes. */
  static Request of(String method, String uri, HttpHeaders headers) {
    QueryStringDecoder decoder = new QueryStringDecoder(uri);
    decoder.parameters(); // so that broken escapes fail here, not in an endpoint
    return new Request(method, decoder.path(), decoder.rawQuery(), headers);
  }

  /** Returns the values of a query parameter, in order; empty if absent. */
  List<String> parameters(String name) {
    Map<String, List<String>> all = new QueryStringDecoder(queryString, false).parameters();
    return all.getOrDefault(name, List.of());
  }
}

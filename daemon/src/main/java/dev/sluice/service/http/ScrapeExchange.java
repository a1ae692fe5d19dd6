package dev.sluice.service.http;

import io.prometheus.metrics.exporter.common.PrometheusHttpExchange;
import io.prometheus.metrics.exporter.common.PrometheusHttpRequest;
import io.prometheus.metrics.exporter.common.PrometheusHttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Adapts the Prometheus client's scrape handler to {@link Request} and {@link Answer}. */
final class ScrapeExchange
    implements PrometheusHttpExchange, PrometheusHttpRequest, PrometheusHttpResponse {
  private final Request request;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private ByteArrayOutputStream body = new ByteArrayOutputStream();
  private int status = 200;

  ScrapeExchange(Request request) {
    this.request = request;
  }

  Answer answer() {
    return new Answer(status, headers, ByteBuffer.wrap(body.toByteArray()));
  }

  @Override
  public PrometheusHttpRequest getRequest() {
    return this;
  }

  @Override
  public PrometheusHttpResponse getResponse() {
    return this;
  }

  @Override
  public String getQueryString() {
    return request.queryString().isEmpty() ? null : request.queryString();
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    return Collections.enumeration(request.headers().getAll(name));
  }

  /** Always renders the whole answer: it is shared, and sending omits the body for HEAD. */
  @Override
  public String getMethod() {
    return "GET";
  }

  @Override
  public String getRequestPath() {
    return request.path();
  }

  @Override
  public String[] getParameterValues(String name) {
    List<String> values = request.parameters(name);
    return values.isEmpty() ? null : values.toArray(String[]::new);
  }

  @Override
  public void setHeader(String name, String value) {
    headers.put(name.toLowerCase(Locale.ROOT), value);
  }

  @Override
  public OutputStream sendHeadersAndGetBody(int statusCode, int contentLength) {
    status = statusCode;
    body = new ByteArrayOutputStream(contentLength);
    return body;
  }

  @Override
  public void handleException(IOException e) throws IOException {
    throw e;
  }

  @Override
  public void handleException(RuntimeException e) {
    throw e;
  }

  @Override
  public void close() {
    // Everything is in memory.
  }
}

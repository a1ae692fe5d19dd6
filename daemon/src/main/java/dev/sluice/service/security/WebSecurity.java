package dev.sluice.service.security;

import dev.sluice.service.HttpTraffic;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The active {@code web-config.yml}. Checks at every connection and request whether the file, or
 * one that it names, has changed, so certificates are renewed and users removed without a restart.
 * An invalid file changes nothing but a metric and a log line. Thread-safe; the lock is held for a
 * few calls of stat, and for some milliseconds after a change.
 */
public final class WebSecurity implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(WebSecurity.class);
  private static final String BASIC = "basic ";
  private static final int MAX_WAITING_PASSWORDS = 64;
  private static final int MAX_WAITING_HANDSHAKES = 4096;
  private static final long IDLE_SECONDS = 5;

  /** Verdict on a request. */
  public enum Verdict {
    ALLOWED,
    /** 401: no credentials, or wrong ones. */
    DENIED,
    /** 429: the configured rate is exceeded. */
    TOO_MANY,
    /** 503: too many passwords wait to be checked. */
    BUSY
  }

  private record State(WebConfig config, SslContext tls, TokenBucket bucket, String decoyHash) {}

  private final Optional<Path> file;
  private final HttpTraffic traffic;
  private final ThreadPoolExecutor passwordThread =
      thread("sluice-password", MAX_WAITING_PASSWORDS);
  private final ThreadPoolExecutor handshakeThread = thread("sluice-tls", MAX_WAITING_HANDSHAKES);
  private final Passwords passwords;

  // Guarded by this.
  private State state;
  private List<FileState> seen = List.of();

  private WebSecurity(
      Optional<Path> file, HttpTraffic traffic, BiFunction<byte[], byte[], Boolean> bcrypt) {
    this.file = file;
    this.traffic = traffic;
    this.passwords = new Passwords(passwordThread, bcrypt);
  }

  /**
   * Reads the file.
   *
   * @param file empty: plain HTTP, open to anyone
   * @throws WebConfigException if it is not usable: a daemon must not start with less protection
   *     than configured
   */
  public static WebSecurity open(Optional<Path> file, HttpTraffic traffic)
      throws WebConfigException {
    return open(file, traffic, Passwords::bcrypt);
  }

  /** As the other, with another password comparison. */
  static WebSecurity open(
      Optional<Path> file, HttpTraffic traffic, BiFunction<byte[], byte[], Boolean> bcrypt)
      throws WebConfigException {
    WebSecurity security = new WebSecurity(file, traffic, bcrypt);
    security.load();
    return security;
  }

  private static ThreadPoolExecutor thread(String name, int maxWaiting) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(maxWaiting),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  private synchronized State current() {
    if (seen.stream().anyMatch(FileState::hasChanged)) {
      try {
        load();
        traffic.webConfigLoaded();
        LOGGER.info("web config loaded: {}", file.get());
      } catch (WebConfigException e) {
        traffic.webConfigFailed();
        LOGGER.error(
            "web config refused, the previous one stays in force: {}: {}",
            file.get(),
            e.getMessage());
      }
    }
    return state;
  }

  private synchronized void load() throws WebConfigException {
    if (file.isEmpty()) {
      state = new State(WebConfig.OPEN, null, null, "");
      return;
    }
    WebConfigReader reader = new WebConfigReader(file.get());
    try {
      WebConfig config = reader.read();
      SslContext tls = config.tls().isPresent() ? TlsContexts.of(config.tls().get()) : null;
      TokenBucket bucket =
          config.rateLimit().map(limit -> new TokenBucket(limit, System::nanoTime)).orElse(null);
      state = new State(config, tls, bucket, decoy(config.users().values()));
    } finally {
      seen = reader.filesRead();
    }
  }

  /** Returns a hash as expensive as the most expensive one; its password is unknown. */
  private static String decoy(Iterable<String> hashes) {
    int cost = 4;
    for (String hash : hashes) {
      cost = Math.max(cost, Integer.parseInt(hash.substring(4, 6)));
    }
    return String.format(
        "$2b$%02d$%s", cost, "abcdefghijklmnopqrstuu" + "0123456789".repeat(3) + "a");
  }

  /** Returns the first handler of a new connection; empty for plain HTTP. */
  public Optional<SslHandler> tls(ByteBufAllocator allocator) {
    SslContext tls = current().tls();
    return tls == null ? Optional.empty() : Optional.of(tls.newHandler(allocator, handshakeThread));
  }

  /** Headers for every answer, name in lower case to value. */
  public Map<String, String> headers() {
    return current().config().headers();
  }

  /**
   * Decides whether a request may be answered.
   *
   * @param authorization header of that name; null if absent
   * @return completed at once, or later on the password thread
   */
  public CompletionStage<Verdict> judge(String authorization) {
    State now = current();
    if (now.bucket() != null && !now.bucket().take()) {
      return CompletableFuture.completedFuture(Verdict.TOO_MANY);
    }
    if (now.config().users().isEmpty()) {
      return CompletableFuture.completedFuture(Verdict.ALLOWED);
    }
    String[] credentials = credentials(authorization);
    if (credentials == null) {
      return CompletableFuture.completedFuture(Verdict.DENIED);
    }
    String user = credentials[0];
    String password = credentials[1];
    String known = now.config().users().get(user);
    if (known != null && passwords.isKnown(user, known, password)) {
      return CompletableFuture.completedFuture(Verdict.ALLOWED);
    }
    // An unknown user takes as long as a known one.
    return passwords
        .check(user, known == null ? now.decoyHash() : known, password, known != null)
        .handle((isRight, failure) -> verdict(isRight, failure));
  }

  private static Verdict verdict(Boolean isRight, Throwable failure) {
    if (failure == null) {
      return isRight ? Verdict.ALLOWED : Verdict.DENIED;
    }
    if (failure instanceof RejectedExecutionException) {
      return Verdict.BUSY;
    }
    throw new CompletionException(failure);
  }

  /** Returns user and password; null if the header contains none. */
  private static String[] credentials(String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
      return null;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(authorization.substring(BASIC.length()).strip());
      String both = new String(bytes, StandardCharsets.UTF_8);
      int colon = both.indexOf(':');
      return colon < 0 ? null : new String[] {both.substring(0, colon), both.substring(colon + 1)};
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public void close() {
    passwordThread.shutdownNow();
    handshakeThread.shutdownNow();
  }
}

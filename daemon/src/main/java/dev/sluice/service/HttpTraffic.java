package dev.sluice.service;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Traffic and refusals of the TCP listener since the daemon started. The HTTP server adds, scrapes
 * read; thread-safe and lock-free.
 */
public final class HttpTraffic {
  /** Why a request was refused. */
  public enum Refusal {
    /** More connections than allowed. */
    CONNECTIONS,
    /** More scrapes in flight than allowed. */
    SCRAPES,
    /** More clients of the live stream than allowed. */
    LIVE_CLIENTS,
    /** Missing credentials where required, or wrong ones. */
    CREDENTIALS,
    /** The rate exceeds web-config.yml, or too many passwords are waiting to be checked. */
    RATE;

    /** The value of the label {@code reason} of sluice_http_refused_requests_total. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Map<Refusal, LongAdder> refusals = new EnumMap<>(Refusal.class);
  private final AtomicInteger liveClients = new AtomicInteger();
  private final LongAdder liveFrames = new LongAdder();
  private final LongAdder skippedLiveFrames = new LongAdder();

  private final LongAdder webConfigFailures = new LongAdder();
  private volatile boolean isWebConfigGood = true;

  public HttpTraffic() {
    for (Refusal refusal : Refusal.values()) {
      refusals.put(refusal, new LongAdder());
    }
  }

  public void refused(Refusal reason) {
    refusals.get(reason).increment();
  }

  /** Takes a place on the live stream; false if all {@code most} are taken. */
  public boolean joinLive(int most) {
    if (liveClients.getAndUpdate(clients -> clients < most ? clients + 1 : clients) < most) {
      return true;
    }
    refused(Refusal.LIVE_CLIENTS);
    return false;
  }

  public void leaveLive() {
    liveClients.decrementAndGet();
  }

  public void liveFrame() {
    liveFrames.increment();
  }

  public void skippedLiveFrame() {
    skippedLiveFrames.increment();
  }

  /** Records that a changed web-config.yml was applied. */
  public void webConfigLoaded() {
    isWebConfigGood = true;
  }

  /** Records that a changed web-config.yml is invalid. */
  public void webConfigFailed() {
    isWebConfigGood = false;
    webConfigFailures.increment();
  }

  /** Whether the active web config is that of the file; also true without a file. */
  public boolean isWebConfigGood() {
    return isWebConfigGood;
  }

  public long webConfigFailures() {
    return webConfigFailures.sum();
  }

  /** Returns the count of every reason, 0 included, keyed by {@link Refusal#label}. */
  public Map<String, Long> refusalsByReason() {
    Map<String, Long> byReason = new LinkedHashMap<>();
    refusals.forEach((refusal, count) -> byReason.put(refusal.label(), count.sum()));
    return byReason;
  }

  public int liveClients() {
    return liveClients.get();
  }

  /** Frames built, each once for all clients. */
  public long liveFrames() {
    return liveFrames.sum();
  }

  /** Frames that a client skipped because it had not read the previous one. */
  public long skippedLiveFrames() {
    return skippedLiveFrames.sum();
  }
}

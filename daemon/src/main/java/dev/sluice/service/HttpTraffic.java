package dev.sluice.service;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the TCP listener had to do and to refuse since the daemon started. The HTTP server adds, the
 * scrape reads; any thread, no lock.
 */
public final class HttpTraffic {
  /** Why a request got no answer but a refusal. */
  public enum Refusal {
    /** More connections than allowed. */
    CONNECTIONS,
    /** More scrapes in flight than allowed. */
    SCRAPES,
    /** More followers of the live stream than allowed. */
    LIVE_CLIENTS,
    /** No credentials where some are asked for, or wrong ones. */
    CREDENTIALS,
    /** A higher rate than web-config.yml allows, or too many passwords that wait. */
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

  /** Takes one of the places on the live stream; false if there are no more than {@code most}. */
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

  /** A changed web-config.yml is in force. */
  public void webConfigLoaded() {
    isWebConfigGood = true;
  }

  /** A changed web-config.yml is wrong. */
  public void webConfigFailed() {
    isWebConfigGood = false;
    webConfigFailures.increment();
  }

  /** Whether what is in force is what the file says; also true without a file. */
  public boolean isWebConfigGood() {
    return isWebConfigGood;
  }

  public long webConfigFailures() {
    return webConfigFailures.sum();
  }

  /** Every reason, 0 included, keyed by {@link Refusal#label}. */
  public Map<String, Long> refusalsByReason() {
    Map<String, Long> byReason = new LinkedHashMap<>();
    refusals.forEach((refusal, count) -> byReason.put(refusal.label(), count.sum()));
    return byReason;
  }

  public int liveClients() {
    return liveClients.get();
  }

  /** Frames that were made, each once for all clients. */
  public long liveFrames() {
    return liveFrames.sum();
  }

  /** Frames that a client skipped because it had not read the previous one. */
  public long skippedLiveFrames() {
    return skippedLiveFrames.sum();
  }
}

package dev.sluice.headroom;

import dev.sluice.config.HeadroomSettings;

/**
 * Computes the headroom of one session from counters (docs/headroom.md):
 *
 * <pre>
 *   control path       max over pools of  min(R * L / (S * B), (U + 1) / S, 1),
 *                      or 1 + D / (S * B) if records were lost because the host was late
 *     R  rate of the pool at that time: over one janitor interval or over S consecutive buffers,
 *        whichever is higher
 *     L  worst refill latency of the pool at that time, or the longest drain pause if greater
 *     U  most free-queue slots that refill found empty at that time
 *     D  records dropped in the window because the host was late
 *     S  usable free-queue slots, B records per buffer
 *
 *   buffer lifecycle   max over pools of  (N + D / B) / (Q - H)
 *     N  most buffers at once in the window that the device had published and not got back
 *     D  records dropped in the window because no buffer was left: the excess of the burst
 *     Q  buffers of the pool, H of them always with the device
 *
 *   bandwidth          R / W over a second
 *     R  payload per second that the device set out to write, over all pools
 *     W  payload that the collectors moved per second of busy time, or per second in which the
 *        drain's thread was not idle, whichever is lower
 *
 *   storage            the highest of R / W over a second, F, and 1 while records are lost
 *     W  bytes of records that the capture's writer wrote per second of writing time
 *     F  highest fill of the memory stage, 0 to 1
 * </pre>
 *
 * <p>Each value is then the maximum of its window. The two rates cover a second because buffers and
 * stages absorb shorter bursts, which show in {@code N} and {@code F}. W is measured on the running
 * session, not calibrated, so a link that becomes slow shows at once.
 *
 * <p>One thread feeds it ({@link #begin}, then {@link #pool} for each pool, then the rest, then
 * {@link #end}), at intervals of 10 ms to several seconds; any thread reads {@link #headroom}. Only
 * the result is allocated.
 */
public final class HeadroomMeter {
  /** Period of the rates; nothing absorbs an excess for this long. */
  private static final long RATE_NANOS = 1_000_000_000;

  /** Less busy time than this does not determine a capacity. */
  private static final long MIN_BUSY_NANOS = 100_000;

  private static final double NOT_REACHED = Math.nextDown(Headroom.REACHED);

  private static final int CEILINGS = Ceiling.ALL.size();

  // Indices into the trailing totals.
  private static final int OFFERED = 0;
  private static final int COPIED = 1;
  private static final int COPYING = 2;
  private static final int WRITTEN = 3;
  private static final int WRITING = 4;
  private static final int DRAINING = 5;
  private static final int TOTALS = 6;

  // Indices into the shares; the first three also index the capacities.
  private static final int COLLECTORS = 0;
  private static final int WRITER = 1;
  private static final int DRAIN_THREAD = 2;
  private static final int MOVERS = 3;
  private static final int STAGE = 3;
  private static final int FREE_QUEUES = 4;
  private static final int SHARES = 5;

  private final PoolShape[] pools;
  private final long[] producedBefore;
  private final long[] exhaustedBefore;
  private final long[] lateBefore;
  private final double[] rateBefore;
  private final SlidingWindow out;
  private final SlidingWindow exhausted;
  private final SlidingWindow late;
  private final SlidingWindow shares;
  private final SlidingWindow worst;
  private final TrailingTotals totals = new TrailingTotals(TOTALS, RATE_NANOS);
  private final double[] capacities = new double[MOVERS];

  private long nowNs;
  private long sinceNs;
  private double offeredBytes;
  private long pauseNanos;
  private double controlPath;
  private double lifecycle;
  private volatile Headroom headroom = Headroom.IDLE;

  /** Creates a meter before the first record of a run. */
  public HeadroomMeter(HeadroomSettings settings, PoolShape[] pools, long nowNs) {
    this.pools = pools.clone();
    this.producedBefore = new long[pools.length];
    this.exhaustedBefore = new long[pools.length];
    this.lateBefore = new long[pools.length];
    this.rateBefore = new double[pools.length];
    long window = settings.windowNanos();
    this.out = SlidingWindow.highest(pools.length, window, nowNs);
    this.exhausted = SlidingWindow.sums(pools.length, window, nowNs);
    this.late = SlidingWindow.sums(pools.length, window, nowNs);
    this.shares = SlidingWindow.highest(SHARES, window, nowNs);
    this.worst = SlidingWindow.highest(CEILINGS, Headroom.WORST_NANOS, nowNs);
    this.nowNs = nowNs;
    totals.add(nowNs);
  }

  /**
   * Begins a sample.
   *
   * @param worstPauseNanos longest pause of a drain agent since the previous sample
   */
  public void begin(long sampleNs, long worstPauseNanos) {
    sinceNs = Math.max(1, sampleNs - nowNs);
    nowNs = sampleNs;
    out.advance(nowNs);
    exhausted.advance(nowNs);
    late.advance(nowNs);
    shares.advance(nowNs);
    worst.advance(nowNs);
    totals.add(nowNs);
    pauseNanos = worstPauseNanos;
    controlPath = 0;
    lifecycle = 0;
  }

  /** Adds one pool; once per pool and sample. */
  public void pool(int pool, PoolSample sample) {
    PoolShape shape = pools[pool];
    long produced = Math.max(0, sample.producedRecords - producedBefore[pool]);
    producedBefore[pool] = Math.max(producedBefore[pool], sample.producedRecords);
    offeredBytes += (double) produced * shape.recordBytes();
    double perBuffer = shape.recordsPerBuffer();

    shares.note(FREE_QUEUES, freeQueueShare(pool, sample, produced / perBuffer / sinceNs));
    late.note(pool, Math.max(0, sample.lateRecords - lateBefore[pool]));
    lateBefore[pool] = Math.max(lateBefore[pool], sample.lateRecords);
    if (late.get(pool) > 0) {
      controlPath = Math.max(controlPath, 1 + late.get(pool) / perBuffer / shape.usableSlots());
    }

    int circulating = shape.buffers() - shape.heldByDevice();
    if (sample.fewestAtHand != PoolSample.NONE) {
      out.note(pool, Math.max(0, circulating - sample.fewestAtHand));
    }
    exhausted.note(pool, Math.max(0, sample.exhaustedRecords - exhaustedBefore[pool]));
    exhaustedBefore[pool] = Math.max(exhaustedBefore[pool], sample.exhaustedRecords);
    double needed = out.get(pool) + exhausted.get(pool) / perBuffer;
    lifecycle = Math.max(lifecycle, needed / circulating);
  }

  /**
   * Returns the share of its free queue that a pool used while the host was away. The highest rate
   * and the worst latency of a sample need not coincide, so the slots that refill found empty bound
   * their product: with U empty slots, the device took U buffers and is filling at most one more.
   * The share is at most 1, since the free queue lasted if nothing was lost.
   */
  private double freeQueueShare(int pool, PoolSample sample, double meanRate) {
    double slots = pools[pool].usableSlots();
    double rate = meanRate;
    if (sample.shortestLapNanos > 0) {
      rate = Math.max(rate, slots / sample.shortestLapNanos);
    }
    // The extremes cover two intervals, so the rate must too.
    double highest = Math.max(rate, rateBefore[pool]);
    rateBefore[pool] = rate;
    double share = highest * Math.max(sample.worstLatencyNanos, pauseNanos) / slots;
    double most = 1;
    if (sample.fewestEntries != PoolSample.NONE) {
      most = Math.min(1, Math.max(0, slots - sample.fewestEntries + 1) / slots);
    }
    return Math.max(0, Math.min(share, most));
  }

  /**
   * Adds the collectors.
   *
   * @param bytes payload moved since the run began
   * @param busyNanos time spent moving it, summed over the collectors
   * @param collectors number that can work in parallel
   * @param drainNanos time in which the drain's thread, possibly shared with the collectors, was
   *     not idle
   */
  public void copying(long bytes, long busyNanos, int collectors, long drainNanos) {
    totals.set(COPIED, bytes);
    totals.set(COPYING, (double) busyNanos / collectors);
    totals.set(DRAINING, drainNanos);
  }

  /**
   * Adds the capture; not called if nothing is captured.
   *
   * @param bytes written since the session began
   * @param busyNanos time spent writing them
   * @param fill highest fill of a memory stage since the previous sample, 0 to 1
   * @param isLosing records were lost on the way to the disk since the previous sample
   */
  public void writing(long bytes, long busyNanos, double fill, boolean isLosing) {
    totals.set(WRITTEN, bytes);
    totals.set(WRITING, busyNanos);
    shares.note(STAGE, Math.max(fill, isLosing ? 1 : 0));
  }

  /** Ends the sample and computes the headroom. */
  public Headroom end() {
    totals.set(OFFERED, offeredBytes);
    if (totals.nanos() >= RATE_NANOS / 2) {
      double rate = totals.growth(OFFERED) / totals.nanos();
      shares.note(COLLECTORS, share(rate, COLLECTORS, COPIED, COPYING));
      shares.note(DRAIN_THREAD, share(rate, DRAIN_THREAD, COPIED, DRAINING));
      shares.note(WRITER, share(rate, WRITER, WRITTEN, WRITING));
    }
    double[] now = new double[CEILINGS];
    now[Ceiling.CONTROL_PATH.ordinal()] = Math.max(controlPath, shares.get(FREE_QUEUES));
    now[Ceiling.BUFFER_LIFECYCLE.ordinal()] = lifecycle;
    now[Ceiling.BANDWIDTH.ordinal()] = Math.max(shares.get(COLLECTORS), shares.get(DRAIN_THREAD));
    // A slow writer delays nothing until its stage is full.
    double writer = shares.get(WRITER);
    writer = shares.get(STAGE) < Headroom.REACHED ? Math.min(writer, NOT_REACHED) : writer;
    now[Ceiling.STORAGE.ordinal()] = Math.max(writer, shares.get(STAGE));
    double[] highest = new double[CEILINGS];
    for (int i = 0; i < CEILINGS; i++) {
      worst.note(i, now[i]);
      highest[i] = worst.get(i);
    }
    headroom = new Headroom(now, highest);
    return headroom;
  }

  /** Returns the offered rate relative to the mover's rate while it has data to move. */
  private double share(double rate, int mover, int bytes, int busy) {
    if (totals.growth(busy) >= MIN_BUSY_NANOS && totals.growth(bytes) > 0) {
      capacities[mover] = totals.growth(bytes) / totals.growth(busy);
    }
    // Without any movement the capacity is unknown; a backlog then shows in the fill of the stage.
    return capacities[mover] > 0 ? Math.max(0, rate) / capacities[mover] : 0;
  }

  /** Returns the headroom as of the last sample. Any thread. */
  public Headroom headroom() {
    return headroom;
  }
}

package dev.sluice.ingest;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.IncidentRecorder;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.LeaseTable;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.handoff.SequenceWindow;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.handoff.SpscRing;
import java.util.Arrays;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;

/**
 * Empties full buffers: counts the records, checks their order, offers them to the sink, and
 * returns the buffer.
 *
 * <p>Holds a buffer until the sink has taken it and the return ring has room, and does nothing else
 * until then. This keeps the order within a pool and propagates backpressure through the rings to
 * the device. The collector itself never drops a buffer.
 */
public final class CollectorAgent implements Agent {
  /** Buffers emptied. */
  public static final int BUFFERS = 0;

  /** Times that the sink had no room. */
  public static final int SINK_FULL = 1;

  /** Times that the sink threw. */
  public static final int SINK_FAILURES = 2;

  /** Times that the return ring was full. */
  public static final int RETURN_FULL = 3;

  /** Payload bytes of the records in emptied buffers. */
  public static final int BYTES = 4;

  /** Nanoseconds with a buffer to process and room for its records. */
  public static final int BUSY_NANOS = 5;

  /** Nanoseconds spent holding a buffer for which the sink had no room. */
  public static final int HELD_NANOS = 6;

  /** Buffers that could not be read, because their device has failed. */
  public static final int UNREADABLE = 7;

  /** Buffers that arrived after a newer one of their pool. */
  public static final int LATE = 8;

  private static final int COUNTERS = 9;

  // A turn may read every byte of its buffers. This many take well under a millisecond, which a
  // lane on the same thread can wait.
  private static final int TURN_BYTES = 1 << 20;

  /** State of one run; each run numbers its buffers from 0 and has its own tokens. */
  private static final class OfRun {
    private final SequenceWindow sequences;
    private final AicoreScan aicore;
    private final PoolBooks books;
    private long epoch;

    OfRun(Geometry geometry, int pools) {
      sequences = new SequenceWindow(pools);
      aicore = new AicoreScan(geometry.numCores());
      books = new PoolBooks(pools);
    }

    /** Resets the state if another run has taken the place. */
    void begin(long epochNow) {
      if (epoch != epochNow) {
        epoch = epochNow;
        sequences.restart();
        aicore.restart();
      }
    }
  }

  private enum Stage {
    EMPTY,
    OFFER,
    RELEASE
  }

  private final SpscRing[] handoffs;
  private final LeaseTable leases;
  private final LeaseSink sink;
  private final ShardJournal journal;
  private final ShardJournal.PoolMark mark = new ShardJournal.PoolMark();
  private final int batchBuffers;
  private final NanoClock clock;
  private final boolean phaseSequenceMaySkip;
  private final boolean[] isCounted = new boolean[BufferKind.COUNT]; // by kind
  private final Lease lease = new Lease();
  private final AcceptedRecords records;
  private final OfRun[] runs = new OfRun[OpenRuns.MAX];
  private final CounterArray foreign;
  private final int[] expectedGaps; // by pool
  private final CounterArray counters = new CounterArray(COUNTERS);
  private final IncidentRecorder violations = new IncidentRecorder(AbiViolation.ALL.size());

  private Stage stage = Stage.EMPTY;
  private OfRun ofRun;
  private long heldSinceNs;

  /**
   * @param pools pools of the session, all kinds
   * @param handoffs one ring per drain agent
   * @param leases this shard's view of the arena
   * @param journal records each collected buffer
   * @param batchBuffers maximum number of buffers from one ring per cycle
   * @param clock read once or twice per cycle with work, never per record
   */
  public CollectorAgent(
      Geometry geometry,
      int pools,
      SpscRing[] handoffs,
      LeaseTable leases,
      LeaseSink sink,
      ShardJournal journal,
      int batchBuffers,
      NanoClock clock) {
    this.handoffs = handoffs;
    this.leases = leases;
    this.sink = sink;
    this.journal = journal;
    this.batchBuffers = batchBuffers;
    this.clock = clock;
    this.phaseSequenceMaySkip = geometry.layout().facts().phaseSequenceMaySkip();
    int maxSlots = 0;
    for (BufferKind kind : BufferKind.ALL) {
      isCounted[kind.ordinal()] = geometry.layout().facts().hasCountedEntries(kind);
      maxSlots = Math.max(maxSlots, geometry.layout().buffer(kind).records());
    }
    this.records = new AcceptedRecords(maxSlots);
    Arrays.setAll(runs, run -> new OfRun(geometry, pools));
    this.foreign = new CounterArray(pools);
    this.expectedGaps = new int[pools];
  }

  @Override
  public String roleName() {
    return "collector";
  }

  @Override
  public int doWork() {
    long sinceNs = 0;
    if (stage != Stage.EMPTY) {
      sinceNs = clock.nanoTime();
      counters.add(HELD_NANOS, sinceNs - heldSinceNs);
      heldSinceNs = sinceNs;
      if (!finish()) {
        return 0;
      }
    }
    int done = 0;
    for (SpscRing ring : handoffs) {
      int bytes = 0;
      for (int i = 0; i < batchBuffers && bytes < TURN_BYTES; i++) {
        long number = ring.poll();
        if (number == SpscRing.EMPTY) {
          break;
        }
        if (sinceNs == 0) {
          sinceNs = clock.nanoTime();
        }
        done++;
        if (!begin((int) number)) {
          counters.increment(UNREADABLE);
          continue;
        }
        bytes += lease.layout().recordArrayBytes();
        if (!finish()) {
          noteBusy(sinceNs);
          heldSinceNs = clock.nanoTime();
          return done;
        }
      }
    }
    noteBusy(sinceNs);
    return done;
  }

  private void noteBusy(long sinceNs) {
    if (sinceNs != 0) {
      counters.add(BUSY_NANOS, clock.nanoTime() - sinceNs);
    }
  }

  /** Opens and checks a buffer; false if its content is unreadable. */
  private boolean begin(int number) {
    if (!leases.open(number, lease)) {
      return false;
    }
    if (lease.run() == OpenRuns.OTHER) {
      refuse();
      stage = Stage.RELEASE;
      return true;
    }
    ofRun = runs[lease.run()];
    ofRun.begin(lease.runEpoch());
    AicoreScan aicore = ofRun.aicore;
    int missing = lease.isSalvaged() ? 0 : ofRun.sequences.look(lease.pool(), lease.sequence());
    if (lease.kind() == BufferKind.AICORE_TASK) {
      // Where the count is exact, slots beyond it may hold records of an earlier run.
      int slots = isCounted() ? checkedCount() : lease.layout().records();
      if (missing == SequenceWindow.LATE) {
        aicore.scanLate(lease, slots, records);
      } else if (!aicore.isFull(lease, slots, sink.isReader() || lease.isSalvaged(), records)) {
        aicore.scan(lease, slots, records);
      }
      ofRun.books.tokenGaps().set(lease.pool(), aicore.gaps(lease.instance()));
      noteUnwritten(slots);
    } else {
      records.first(checkedCount());
    }
    if (!lease.isSalvaged()) {
      checkSequence(missing);
    }
    stage = Stage.OFFER;
    return true;
  }

  private void noteUnwritten(int slots) {
    if (lease.isSalvaged()) {
      ofRun.books.unwrittenSalvaged().add(lease.pool(), slots - records.count());
      return;
    }
    int mark = isCounted() ? slots : Math.min(slots, lease.countUntrusted());
    ofRun.books.unwrittenSlots().add(lease.pool(), Math.max(0, mark - records.count()));
  }

  /**
   * Returns a buffer of a run that is not open unread: its records must not mix with another run's,
   * and its sequence number is not comparable.
   */
  private void refuse() {
    int count = checkedCount();
    foreign.add(lease.pool(), count);
    violations.record(
        AbiViolation.WRONG_RUN.ordinal(), lease.pool(), lease.runEpoch(), count, lease.sequence());
  }

  /** Whether the ready entry of the current buffer carries its record count. */
  private boolean isCounted() {
    return isCounted[lease.kind().ordinal()];
  }

  private int checkedCount() {
    int count = withinCapacity(lease.countUntrusted());
    if (!isCounted() || lease.isSalvaged()) {
      return count;
    }
    int announced = withinCapacity(lease.announcedUntrusted());
    boolean areBothPossible =
        announced == lease.announcedUntrusted() && count == lease.countUntrusted();
    if (areBothPossible && announced != count) {
      violations.record(
          AbiViolation.COUNT_MISMATCH.ordinal(), lease.pool(), announced, count, lease.sequence());
    }
    return Math.min(announced, count);
  }

  private int withinCapacity(int countUntrusted) {
    int capacity = lease.layout().records();
    if (countUntrusted >= 0 && countUntrusted <= capacity) {
      return countUntrusted;
    }
    violations.record(
        AbiViolation.COUNT_OVERFLOW.ordinal(),
        lease.pool(),
        countUntrusted,
        capacity,
        lease.sequence());
    return capacity;
  }

  private void checkSequence(int missing) {
    if (missing != SequenceWindow.REPEATED && missing != SequenceWindow.WILD) {
      ofRun.sequences.take(lease.pool(), lease.sequence());
    }
    if (missing == 0) {
      return;
    }
    if (missing == SequenceWindow.LATE) {
      ofRun.books.missingBuffers().add(lease.pool(), -1);
      counters.increment(LATE);
      return;
    }
    if (missing > 0) {
      ofRun.books.missingBuffers().add(lease.pool(), missing);
      boolean isExpected = expectedGaps[lease.pool()] > 0;
      expectedGaps[lease.pool()] -= isExpected ? 1 : 0;
      if (isExpected || (phaseSequenceMaySkip && !lease.kind().isPerCore())) {
        return;
      }
    }
    violations.record(
        AbiViolation.SEQUENCE.ordinal(), lease.pool(), lease.sequence(), missing, lease.number());
  }

  /** Advances the current buffer as far as possible; true once it is returned. */
  private boolean finish() {
    if (stage == Stage.OFFER) {
      if (!isTakenBySink()) {
        counters.increment(SINK_FULL);
        return false;
      }
      note();
      sink.commit();
      CounterArray count = lease.isSalvaged() ? ofRun.books.salvaged() : ofRun.books.collected();
      count.add(lease.pool(), records.count());
      counters.add(BYTES, (long) records.count() * lease.kind().recordBytes());
      stage = Stage.RELEASE;
    }
    if (!leases.release(lease)) {
      counters.increment(RETURN_FULL);
      return false;
    }
    counters.increment(BUFFERS);
    stage = Stage.EMPTY;
    return true;
  }

  /** Journals all effects of the current buffer as one step. */
  private void note() {
    int pool = lease.pool();
    int count = records.count();
    mark.epoch = ofRun.epoch;
    mark.expected = ofRun.sequences.expected(pool);
    mark.taken = ofRun.sequences.taken(pool);
    if (lease.kind() == BufferKind.AICORE_TASK) {
      mark.hasToken = ofRun.aicore.hasToken(lease.instance());
      mark.lastToken = ofRun.aicore.lastToken(lease.instance());
    }
    mark.tokenGaps = ofRun.books.tokenGaps().plain(pool);
    mark.missingBuffers = ofRun.books.missingBuffers().plain(pool);
    mark.collected = ofRun.books.collected().plain(pool) + (lease.isSalvaged() ? 0 : count);
    mark.salvaged = ofRun.books.salvaged().plain(pool) + (lease.isSalvaged() ? count : 0);
    mark.unwrittenSlots = ofRun.books.unwrittenSlots().plain(pool);
    mark.unwrittenSalvaged = ofRun.books.unwrittenSalvaged().plain(pool);
    journal.begin(lease.number(), lease.loan());
    journal.pool(lease.run(), pool, mark);
    sink.journal(journal);
    journal.commit();
  }

  /**
   * Continues where the collector of another process stopped.
   *
   * @param pools of this shard
   * @param core of a pool; -1 for pools other than AICore task pools
   * @param epoch of the open run, by place
   */
  public void resume(int[] pools, IntUnaryOperator core, IntToLongFunction epoch) {
    for (int run = 0; run < runs.length; run++) {
      OfRun resumed = runs[run];
      resumed.epoch = epoch.applyAsLong(run);
      for (int pool : pools) {
        journal.read(run, pool, mark);
        PoolBooks books = resumed.books;
        books.collected().set(pool, mark.collected);
        books.salvaged().set(pool, mark.salvaged);
        books.tokenGaps().set(pool, mark.tokenGaps);
        books.missingBuffers().set(pool, mark.missingBuffers);
        books.unwrittenSlots().set(pool, mark.unwrittenSlots);
        books.unwrittenSalvaged().set(pool, mark.unwrittenSalvaged);
        boolean isSame = mark.epoch == resumed.epoch;
        if (isSame) {
          resumed.sequences.resume(pool, mark.expected, mark.taken);
        }
        int coreOfPool = core.applyAsInt(pool);
        if (coreOfPool >= 0) {
          boolean hasToken = isSame && mark.hasToken;
          resumed.aicore.resume(coreOfPool, hasToken, mark.lastToken, mark.tokenGaps);
        }
      }
    }
  }

  /** A guard has recycled buffers of this pool: one more sequence gap is not a violation. */
  public void expectGap(int pool) {
    expectedGaps[pool]++;
  }

  /** Returns the sequence window at a place, for a drain that continues from it. */
  public SequenceWindow sequences(int run) {
    return runs[run].sequences;
  }

  private boolean isTakenBySink() {
    try {
      return sink.accept(lease, records);
    } catch (RuntimeException e) {
      // The buffer is returned whatever the sink did; the sink counts its own losses.
      counters.increment(SINK_FAILURES);
      return true;
    }
  }

  /** Whether a buffer is held that the sink or the return ring has not taken. */
  public boolean isHolding() {
    return stage != Stage.EMPTY;
  }

  /** Returns the counts at a place of the {@link OpenRuns}. */
  public PoolBooks books(int run) {
    return runs[run].books;
  }

  /** Returns the records in refused buffers of runs that are not open, by pool. */
  public CounterArray foreign() {
    return foreign;
  }

  /** Returns the counters, by the constants of this class. */
  public CounterArray counters() {
    return counters;
  }

  /** Returns the incidents by ordinal of {@link AbiViolation}. */
  public IncidentRecorder violations() {
    return violations;
  }
}

package dev.sluice.abi;

import java.util.Arrays;

/**
 * The wire facts of a runtime: a value for every {@link WireFact}. Immutable. Query once, at
 * construction, and keep the result in a final field.
 */
public final class WireFacts {
  private static final int BITS = 4;
  private static final int[] QUEUES = {4, 5, 7};
  private static final int[] BANKS = {0, 2, 3};

  private final int[] values;

  private WireFacts(int[] values) {
    this.values = values;
  }

  /** Returns the first value of every fact: the oldest generation on a2a3. */
  static WireFacts oldest() {
    return new WireFacts(new int[WireFact.ALL.size()]);
  }

  /** Returns a copy with one fact changed. */
  WireFacts with(WireFact fact, String valueName) {
    int[] changed = values.clone();
    changed[fact.ordinal()] = fact.valueNames().indexOf(valueName);
    return new WireFacts(changed);
  }

  /**
   * Returns a copy with overrides applied.
   *
   * @param overrides four bits per fact, the first in the lowest: 0, or the value plus 1
   * @throws IllegalArgumentException with one line, if a fact has no such value
   */
  WireFacts with(long overrides) {
    int[] changed = values.clone();
    for (WireFact fact : WireFact.ALL) {
      int value = override(fact, overrides) - 1;
      if (value >= fact.valueNames().size()) {
        throw new IllegalArgumentException(
            "fact " + fact.label() + " has no value " + value + "; " + fact.valueNames());
      }
      changed[fact.ordinal()] = value >= 0 ? value : values[fact.ordinal()];
    }
    return new WireFacts(changed);
  }

  private static int override(WireFact fact, long overrides) {
    return (int) (overrides >>> (BITS * fact.ordinal())) & (1 << BITS) - 1;
  }

  /** Returns the override of one fact, to be combined with {@code |}. */
  public static long override(WireFact fact, String valueName) {
    int value = fact.valueNames().indexOf(valueName);
    if (value < 0) {
      throw new IllegalArgumentException(
          "fact " + fact.label() + " has no value '" + valueName + "'; " + fact.valueNames());
    }
    return (long) (value + 1) << (BITS * fact.ordinal());
  }

  /** Whether these overrides include the fact. */
  public static boolean isOverridden(WireFact fact, long overrides) {
    return override(fact, overrides) != 0;
  }

  /** Returns the number of the fact's value. */
  public int value(WireFact fact) {
    return values[fact.ordinal()];
  }

  /** Returns the name of the fact's value. */
  public String valueName(WireFact fact) {
    return fact.valueNames().get(value(fact));
  }

  private boolean is(WireFact fact, String valueName) {
    return valueName(fact).equals(valueName);
  }

  public int queues() {
    return QUEUES[value(WireFact.QUEUES)];
  }

  /** Whether the pool arrays are dimensioned by the platform's maximum instead of num_cores. */
  public boolean hasFixedGrid() {
    return is(WireFact.GRID, "maximum");
  }

  /** Whether the header contains the four freeze and contention words. */
  public boolean hasBackpressureBlock() {
    return is(WireFact.BACKPRESSURE, "block");
  }

  /** Field order of scheduler phase records. */
  public SchedPhaseRecord schedPhaseRecord() {
    return SchedPhaseRecord.values()[value(WireFact.PHASE_RECORD)];
  }

  /** Meaning of scheduler phase numbers. */
  public PhaseNumbering phaseNumbering() {
    return PhaseNumbering.values()[value(WireFact.PHASE_KINDS)];
  }

  /** Whether ready entries have a record count and a run, and the header the schema word. */
  public boolean hasCountedEntries() {
    return is(WireFact.READY_ENTRY, "schema_1");
  }

  /** Whether a buffer has its run and sequence number after the count. */
  public boolean hasBufferIdentity() {
    return is(WireFact.BUFFER_IDENTITY, "tail");
  }

  /** Whether ready entries of this kind have a record count and a run: only the swimlane's. */
  public boolean hasCountedEntries(BufferKind kind) {
    return kind.region() == Region.SWIMLANE && hasCountedEntries();
  }

  /** Whether pools of this kind count what they publish. */
  public boolean countsPublished(BufferKind kind) {
    return (kind.region() == Region.SWIMLANE && is(WireFact.POOL_COUNTERS, "all"))
        || (is(WireFact.POOL_COUNTERS, "aicore") && kind == BufferKind.AICORE_TASK);
  }

  public int terminalBanks() {
    return BANKS[value(WireFact.TERMINAL_BANKS)];
  }

  /**
   * Whether the device waits long enough for the host that a pause of the host loses no records.
   */
  public boolean isPatient() {
    return is(WireFact.WAIT, "unlimited") || is(WireFact.WAIT, "30s");
  }

  /** How long the device waits, as named in {@link WireFact#WAIT}. */
  public String patience() {
    return valueName(WireFact.WAIT);
  }

  /** Whether an entry can be read torn, since no store barrier separates it from the tail. */
  public boolean mayTearEntries() {
    return is(WireFact.ENTRY_ORDER, "unordered");
  }

  /** Whether a phase pool may skip a sequence number because of a leaked buffer. */
  public boolean phaseSequenceMaySkip() {
    return is(WireFact.PHASE_LOSS, "leaks_buffer");
  }

  /** Whether a full AICore buffer is stashed and published only after its successor was popped. */
  public boolean popsAicoreBeforePublishing() {
    return is(WireFact.AICORE_ROTATION, "pops_first");
  }

  /** Whether a buffer stays current when its flush fails. */
  public boolean keepsBufferOfFailedFlush() {
    return is(WireFact.FAILED_FLUSH, "keeps_buffer");
  }

  /** Whether the count of an AICore buffer is the number of dispatches that landed in it. */
  public boolean hasExactAicoreCount() {
    return is(WireFact.AICORE_COUNT, "exact");
  }

  /** Whether a counter stays at its maximum instead of wrapping to 0. */
  public boolean hasSaturatingCounters() {
    return is(WireFact.COUNTER_END, "saturates");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WireFacts facts && Arrays.equals(values, facts.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }
}

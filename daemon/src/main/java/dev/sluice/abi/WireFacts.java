package dev.sluice.abi;

import java.util.Arrays;

/**
 * What a runtime does on the wire: a value for every {@link WireFact}. Immutable. Ask once, at
 * construction, and keep the answer in a final field.
 */
public final class WireFacts {
  private static final int BITS = 4;
  private static final int[] QUEUES = {4, 5, 7};
  private static final int[] BANKS = {0, 2, 3};

  private final int[] values;

  private WireFacts(int[] values) {
    this.values = values;
  }

  /** The first value of every fact, which is what the oldest generation does on a2a3. */
  static WireFacts oldest() {
    return new WireFacts(new int[WireFact.ALL.size()]);
  }

  /** The same but for one fact. */
  WireFacts with(WireFact fact, String valueName) {
    int[] changed = values.clone();
    changed[fact.ordinal()] = fact.valueNames().indexOf(valueName);
    return new WireFacts(changed);
  }

  /**
   * The same but for what is overridden.
   *
   * @param overrides four bits for each fact, the first in the lowest: 0, or the value plus 1
   * @throws IllegalArgumentException in one line, if a fact has no such value
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

  /** The override of one fact, to be combined with {@code |}. */
  public static long override(WireFact fact, String valueName) {
    int value = fact.valueNames().indexOf(valueName);
    if (value < 0) {
      throw new IllegalArgumentException(
          "fact " + fact.label() + " has no value '" + valueName + "'; " + fact.valueNames());
    }
    return (long) (value + 1) << (BITS * fact.ordinal());
  }

  /** Whether the fact is among these overrides. */
  public static boolean isOverridden(WireFact fact, long overrides) {
    return override(fact, overrides) != 0;
  }

  /** The number of the value of a fact. */
  public int value(WireFact fact) {
    return values[fact.ordinal()];
  }

  /** The name of the value of a fact. */
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

  /** Whether the header carries the four freeze and contention words. */
  public boolean hasBackpressureBlock() {
    return is(WireFact.BACKPRESSURE, "block");
  }

  /** The fields of a scheduler phase record. */
  public SchedPhaseRecord schedPhaseRecord() {
    return SchedPhaseRecord.values()[value(WireFact.PHASE_RECORD)];
  }

  /** What the numbers of scheduler phases mean. */
  public PhaseNumbering phaseNumbering() {
    return PhaseNumbering.values()[value(WireFact.PHASE_KINDS)];
  }

  /** Whether a ready entry carries a record count and a run, and the header the schema word. */
  public boolean hasCountedEntries() {
    return is(WireFact.READY_ENTRY, "schema_1");
  }

  /** Whether a buffer names its run and its sequence number behind the count. */
  public boolean hasBufferIdentity() {
    return is(WireFact.BUFFER_IDENTITY, "tail");
  }

  /** Whether ready entries of this kind carry a record count and a run: those of the swimlane. */
  public boolean hasCountedEntries(BufferKind kind) {
    return kind.region() == Region.SWIMLANE && hasCountedEntries();
  }

  /** Whether pools of this kind count what they have handed over. */
  public boolean countsPublished(BufferKind kind) {
    return (kind.region() == Region.SWIMLANE && is(WireFact.POOL_COUNTERS, "all"))
        || (is(WireFact.POOL_COUNTERS, "aicore") && kind == BufferKind.AICORE_TASK);
  }

  public int terminalBanks() {
    return BANKS[value(WireFact.TERMINAL_BANKS)];
  }

  /** Whether the device waits for the host for so long that it loses nothing to a pause of it. */
  public boolean isPatient() {
    return is(WireFact.WAIT, "unlimited") || is(WireFact.WAIT, "30s");
  }

  /** How long the device waits, as {@link WireFact#WAIT} names it. */
  public String patience() {
    return valueName(WireFact.WAIT);
  }

  /** Whether an entry can be seen torn, since no store barrier separates it from the tail. */
  public boolean mayTearEntries() {
    return is(WireFact.ENTRY_ORDER, "unordered");
  }

  /** Whether a phase pool may skip a sequence number: a leaked buffer. */
  public boolean phaseSequenceMaySkip() {
    return is(WireFact.PHASE_LOSS, "leaks_buffer");
  }

  /** Whether a full AICore buffer is stashed and published only after its successor was popped. */
  public boolean popsAicoreBeforePublishing() {
    return is(WireFact.AICORE_ROTATION, "pops_first");
  }

  /** Whether a buffer whose flush failed stays the current one. */
  public boolean keepsBufferOfFailedFlush() {
    return is(WireFact.FAILED_FLUSH, "keeps_buffer");
  }

  /** Whether the count of an AICore buffer is the number of dispatches that landed in it. */
  public boolean hasExactAicoreCount() {
    return is(WireFact.AICORE_COUNT, "exact");
  }

  /** Whether a counter stays at its highest value instead of starting again from 0. */
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

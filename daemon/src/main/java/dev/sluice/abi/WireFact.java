package dev.sluice.abi;

import java.util.List;

/**
 * One way in which runtimes differ on the wire. A generation is a value for each fact; released
 * runtimes fall between generations, so a client can override each fact at attach.
 *
 * <p>The ordinal is the position of the fact in {@link LayoutOverrides#facts}, and the index of a
 * value in {@link #valueNames} is its number, as in {@code sluice_attach.h}.
 */
public enum WireFact {
  /** Number of ready queues, which is also the length of the per-thread arrays. */
  QUEUES("queues", "4", "5", "7"),
  /** Dimension of the pool arrays. */
  GRID("grid", "num_cores", "maximum"),
  /** Whether the header ends with the four freeze and contention words. */
  BACKPRESSURE("backpressure", "none", "block"),
  /** Order of the fields of a scheduler phase record. */
  PHASE_RECORD("phase_record", "kind_at_20", "kind_at_44"),
  /** Meaning of scheduler phase numbers and parts of a task id. */
  PHASE_KINDS(
      "phase_kinds",
      "l2-2026.06",
      "l2-2026.07",
      "chip-2026.08",
      "tensormap_and_ringbuffer",
      "host_build_graph"),
  /** Whether ready entries have a record count and a run, and the header a schema word. */
  READY_ENTRY("ready_entry", "plain", "schema_1"),
  /** Whether a buffer has its run and sequence number after the count. */
  BUFFER_IDENTITY("buffer_identity", "none", "tail"),
  /** Which pools count what they publish, in the active head. */
  POOL_COUNTERS("pool_counters", "none", "aicore", "all"),
  /** Number of banks for the final counters of each producer, after the pools. */
  TERMINAL_BANKS("terminal_banks", "0", "2", "3"),
  /** How long the device waits for space in a ready queue or for an empty buffer. */
  WAIT("wait", "none", "20us", "unlimited", "30s"),
  /** Whether the tail of a ready queue may become visible before the entry it announces. */
  ENTRY_ORDER("entry_order", "unordered", "ordered"),
  /** What happens to a phase buffer that cannot be published. */
  PHASE_LOSS("phase_loss", "leaks_buffer", "keeps_buffer"),
  /** Whether the next AICore buffer is popped before the full one is published. */
  AICORE_ROTATION("aicore_rotation", "publishes_first", "pops_first"),
  /** What happens to the current buffer when its flush fails. */
  FAILED_FLUSH("failed_flush", "forgets_buffer", "keeps_buffer"),
  /** Meaning of the count word of an AICore buffer. */
  AICORE_COUNT("aicore_count", "nominal", "exact"),
  /** What a counter of an active head does at its maximum. */
  COUNTER_END("counter_end", "wraps", "saturates");

  /** Cached, since {@code values()} allocates. */
  public static final List<WireFact> ALL = List.of(values());

  private final String label;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> valueNames;

  WireFact(String label, String... valueNames) {
    this.label = label;
    this.valueNames = List.of(valueNames);
  }

  /** Name in documents, manifests and messages. */
  public String label() {
    return label;
  }

  /** Names of its values, by number. */
  public List<String> valueNames() {
    return valueNames;
  }
}

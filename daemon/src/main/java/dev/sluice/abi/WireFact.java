package dev.sluice.abi;

import java.util.List;

/**
 * One thing in which runtimes differ on the wire. A generation is a value for each of them;
 * released runtimes stand between the generations, so a client can override each one at attach.
 *
 * <p>The ordinal is the place of the fact in {@link LayoutOverrides#facts}, and the index of a
 * value in {@link #valueNames} is its number, as in {@code sluice_attach.h}.
 */
public enum WireFact {
  /** Ready queues, which is also the length of the per-thread arrays. */
  QUEUES("queues", "4", "5", "7"),
  /** What the pool arrays are dimensioned by. */
  GRID("grid", "num_cores", "maximum"),
  /** Whether the header ends in the four freeze and contention words. */
  BACKPRESSURE("backpressure", "none", "block"),
  /** The order of the fields of a scheduler phase record. */
  PHASE_RECORD("phase_record", "kind_at_20", "kind_at_44"),
  /** What the numbers of scheduler phases mean, and what a task id is made of. */
  PHASE_KINDS(
      "phase_kinds",
      "l2-2026.06",
      "l2-2026.07",
      "chip-2026.08",
      "tensormap_and_ringbuffer",
      "host_build_graph"),
  /** Whether a ready entry has the record count and the run, and the header a word that says so. */
  READY_ENTRY("ready_entry", "plain", "schema_1"),
  /** Whether a buffer names its run and its sequence number behind the count. */
  BUFFER_IDENTITY("buffer_identity", "none", "tail"),
  /** Which pools count what they have handed over, in the active head. */
  POOL_COUNTERS("pool_counters", "none", "aicore", "all"),
  /** Banks for the final counters of each producer, behind the pools. */
  TERMINAL_BANKS("terminal_banks", "0", "2", "3"),
  /** How long the device waits for room in a ready queue or for an empty buffer. */
  WAIT("wait", "none", "20us", "unlimited", "30s"),
  /** Whether the tail of a ready queue may become visible before the entry that it announces. */
  ENTRY_ORDER("entry_order", "unordered", "ordered"),
  /** What happens to a phase buffer that could not be published. */
  PHASE_LOSS("phase_loss", "leaks_buffer", "keeps_buffer"),
  /** Whether the next AICore buffer is popped before the full one is published. */
  AICORE_ROTATION("aicore_rotation", "publishes_first", "pops_first"),
  /** What happens to the current buffer when its flush fails. */
  FAILED_FLUSH("failed_flush", "forgets_buffer", "keeps_buffer"),
  /** What the count word of an AICore buffer says. */
  AICORE_COUNT("aicore_count", "nominal", "exact"),
  /** What a counter of an active head does at its end. */
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

  /** The name in documents, manifests and messages. */
  public String label() {
    return label;
  }

  /** The names of its values, by number. */
  public List<String> valueNames() {
    return valueNames;
  }
}

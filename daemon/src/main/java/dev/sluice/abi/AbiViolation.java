package dev.sluice.abi;

import java.util.List;

/**
 * Violations of the wire format by a device. Each is counted, and logged once per session; the
 * entry or value is set aside and everything else continues.
 */
public enum AbiViolation {
  BAD_INDEX("bad_index", "a queue index outside its ring"),
  BAD_KIND("bad_kind", "an entry of an unknown kind"),
  BAD_INSTANCE("bad_instance", "an entry for a core or thread that the session does not have"),
  NULL_POINTER("null_pointer", "an entry without a buffer"),
  UNKNOWN_POINTER("unknown_pointer", "an entry whose address is outside the arena's buffers"),
  MISALIGNED_POINTER("misaligned_pointer", "an address inside a buffer but not at its start"),
  WRONG_KIND("wrong_kind", "the address of a buffer of another kind"),
  WRONG_POOL("wrong_pool", "a buffer that was lent to another pool"),
  NOT_DEVICE_OWNED("not_device_owned", "a buffer that the device does not hold: stale or repeated"),
  COUNT_OVERFLOW("count_overflow", "a record count above the buffer's capacity"),
  SEQUENCE("sequence", "a buffer out of its pool's order"),
  COUNTER_BACKWARDS("counter_backwards", "a device counter that went backwards"),
  COUNT_MISMATCH("count_mismatch", "a record count in an entry that differs from its buffer's"),
  WRONG_RUN("wrong_run", "a buffer of another run, or whose number differs from its entry's"),
  PUBLISHED_MISMATCH(
      "published_mismatch", "a count of published records that differs from the records received"),
  TERMINAL_MISMATCH(
      "terminal_mismatch", "final counters that are missing or differ from the pool's"),
  WRONG_LAYOUT("wrong_layout", "words at offsets that the declared layout does not have");

  /** Cached, since {@code values()} allocates. */
  public static final List<AbiViolation> ALL = List.of(values());

  private final String label;
  private final String meaning;

  AbiViolation(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /** Value of the metric label {@code reason}. */
  public String label() {
    return label;
  }

  /** Text for people, to follow "the device wrote". */
  public String meaning() {
    return meaning;
  }
}

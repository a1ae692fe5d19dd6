package dev.sluice.device;

import java.util.List;

/**
 * Whose a buffer is. Exactly one state at a time; the sum over all states is the number allocated.
 *
 * <pre>
 *   FREE -> FREE_QUEUE -> DEVICE -> READY -> COLLECTING -> FREE
 *              refill     device    drain    collector    collector, then refill's list
 * </pre>
 */
public enum BufferState {
  /** With the host, empty. */
  FREE("free"),
  /** In a free-queue slot, not yet popped as far as the host has looked. */
  FREE_QUEUE("free_queue"),
  /** Popped by the device: current, or stashed where the host cannot see it. */
  DEVICE("device"),
  /** Popped from a ready queue by the drain, on its way to a collector. */
  READY("ready"),
  /** A collector reads it. */
  COLLECTING("collecting"),
  /** Out of use until the run ends: the device lost it. */
  RETIRED("retired");

  /** Cached, since {@code values()} allocates. */
  public static final List<BufferState> ALL = List.of(values());

  private final String label;

  BufferState(String label) {
    this.label = label;
  }

  /** The value of the metric label {@code state}. */
  public String label() {
    return label;
  }
}

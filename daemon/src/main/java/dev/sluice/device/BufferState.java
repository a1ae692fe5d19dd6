package dev.sluice.device;

import java.util.List;

/**
 * Owner of a buffer. A buffer has exactly one state; the states sum to the number allocated.
 *
 * <pre>
 *   FREE -> FREE_QUEUE -> DEVICE -> READY -> COLLECTING -> FREE
 *              refill     device    drain    collector    collector, then refill's list
 * </pre>
 */
public enum BufferState {
  /** With the host, empty. */
  FREE("free"),
  /** In a free-queue slot, not popped when the host last checked. */
  FREE_QUEUE("free_queue"),
  /** Popped by the device: current, or stashed where the host cannot see it. */
  DEVICE("device"),
  /** Taken from a ready queue by the drain, on its way to a collector. */
  READY("ready"),
  /** Being read by a collector. */
  COLLECTING("collecting"),
  /** Out of use until the run ends: the device lost it. */
  RETIRED("retired");

  /** Cached, since {@code values()} allocates. */
  public static final List<BufferState> ALL = List.of(values());

  private final String label;

  BufferState(String label) {
    this.label = label;
  }

  /** Returns the value of the metric label {@code state}. */
  public String label() {
    return label;
  }
}

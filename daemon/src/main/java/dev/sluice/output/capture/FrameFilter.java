package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.util.Set;

/**
 * Selects frames of a capture. RUN frames always pass, since sequences are meaningless without
 * them.
 *
 * @param fromNs first host time, monotonic, inclusive
 * @param toNs last host time, inclusive
 * @param kinds empty means all
 * @param instances cores or threads; empty means all
 */
public record FrameFilter(long fromNs, long toNs, Set<BufferKind> kinds, Set<Integer> instances) {
  /** Passes every frame. */
  public static final FrameFilter ALL =
      new FrameFilter(Long.MIN_VALUE, Long.MAX_VALUE, Set.of(), Set.of());

  public FrameFilter {
    kinds = Set.copyOf(kinds);
    instances = Set.copyOf(instances);
  }

  boolean matches(FrameType type, BufferKind kind, int instance, long hostTimeNs) {
    if (type == FrameType.RUN) {
      return true;
    }
    return hostTimeNs >= fromNs
        && hostTimeNs <= toNs
        && (kinds.isEmpty() || kind == null || kinds.contains(kind))
        && (instances.isEmpty()
            || instance == FrameHeader.NO_INSTANCE
            || instances.contains(instance));
  }
}

package dev.sluice.output.capture;

import java.util.ArrayList;
import java.util.List;

/**
 * What a reader passed over: the first {@value #KEPT} findings, and how many more there were, so
 * that a capture full of damage does not fill the memory with its description. One thread.
 */
final class Damages {
  static final int KEPT = 100;

  private final List<Damage> kept = new ArrayList<>();
  private long more;

  void add(Damage damage) {
    // A torn tail is the last of its segment, and decides about the verdict.
    if (kept.size() < KEPT || damage.isTornTail()) {
      kept.add(damage);
    } else {
      more++;
    }
  }

  void addAll(Damages others) {
    others.kept.forEach(this::add);
    more += others.more;
  }

  void clear() {
    kept.clear();
    more = 0;
  }

  /** The segment has grown: its old end is no longer the end. */
  void forgetTornTail() {
    kept.removeIf(Damage::isTornTail);
  }

  /** All that is known, the last one in words of the rest. */
  List<Damage> list() {
    List<Damage> all = new ArrayList<>(kept);
    if (more > 0) {
      all.add(new Damage("and " + more + " more places", -1, "not listed", false));
    }
    return List.copyOf(all);
  }
}

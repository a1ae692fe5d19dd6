package dev.sluice.output.capture;

import java.util.ArrayList;
import java.util.List;

/**
 * Damage that a reader skipped: the first {@value #KEPT} places and a count of the rest, so that a
 * badly damaged capture does not fill the memory. One thread.
 */
final class Damages {
  static final int KEPT = 100;

  private final List<Damage> kept = new ArrayList<>();
  private long more;

  void add(Damage damage) {
    // A torn tail comes last in its segment and decides the verdict.
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

  /** Drops the torn tail: the segment has grown past its old end. */
  void forgetTornTail() {
    kept.removeIf(Damage::isTornTail);
  }

  /** Returns the kept places; if there are more, a last entry gives their number. */
  List<Damage> list() {
    List<Damage> all = new ArrayList<>(kept);
    if (more > 0) {
      all.add(new Damage("and " + more + " more places", -1, "not listed", false));
    }
    return List.copyOf(all);
  }
}

package dev.sluice;

import dev.sluice.service.DropEventSnapshot;
import dev.sluice.service.DropsSnapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * The last events of dropped records, of all sessions, in rows made beforehand: a device that drops
 * for hours costs no more memory than one that drops once. The janitor and threads that settle
 * write, anybody reads; all under one lock that no agent takes.
 */
final class DropLog {
  private final DropEvent[] rows;
  private long total;

  DropLog(int keptEvents) {
    rows = new DropEvent[keptEvents];
    for (int i = 0; i < keptEvents; i++) {
      rows[i] = new DropEvent();
    }
  }

  /** Keeps a copy. */
  synchronized void add(DropEvent event) {
    rows[(int) (total % rows.length)].set(event);
    total++;
  }

  /** The newest events, newest first. */
  synchronized DropsSnapshot newest(int limit) {
    List<DropEventSnapshot> events = new ArrayList<>();
    long oldest = Math.max(0, total - Math.min(limit, rows.length));
    for (long number = total - 1; number >= oldest; number--) {
      events.add(rows[(int) (number % rows.length)].snapshot());
    }
    return new DropsSnapshot(total, rows.length, events);
  }
}

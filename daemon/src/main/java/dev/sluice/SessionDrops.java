package dev.sluice;

import dev.sluice.agent.NanoClock;

/**
 * Where one session's drops go: the daemon's log of events, the capture, and the daemon's log for
 * people. The session's lock guards it.
 */
final class SessionDrops {
  private final int session;
  private final int device;
  private final DropLog kept;
  private final SessionCapture capture;
  private final DropEpisode episode;
  private final NanoClock clock;

  SessionDrops(int session, int device, DropLog kept, SessionCapture capture, NanoClock clock) {
    this.session = session;
    this.device = device;
    this.kept = kept;
    this.capture = capture;
    this.episode = new DropEpisode(session, device);
    this.clock = clock;
  }

  /** Notes what a run has dropped since this was called last. */
  void note(SessionRun run) {
    long nowNs = clock.nanoTime();
    run.tellDrops(
        event -> {
          event.session = session;
          event.device = device;
          kept.add(event);
          episode.dropped(event, nowNs);
          capture.dropped(event);
        });
    episode.tend(nowNs);
  }

  /** The run is over. */
  void endRun(SessionRun run) {
    note(run);
    episode.end();
  }
}

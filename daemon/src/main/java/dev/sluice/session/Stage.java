package dev.sluice.session;

import dev.sluice.agent.NanoClock;
import dev.sluice.session.run.RunTotals;
import dev.sluice.session.run.ThreadPacking;
import java.util.concurrent.Executor;

/** What a session has of the stage around it. Any thread; nothing here waits. */
interface Stage {
  NanoClock clock();

  ThreadPacking threads();

  SessionCapture.Maker captures();

  DropLog drops();

  Executor workers();

  Patience patience();

  /** How long to wait for a disk, which is less when the daemon stops. */
  long diskNanos();

  /** How far watermarks look back. */
  long windowNanos();

  /** A session has ended or is about to: if its device has failed, that is known from now on. */
  void tellOfFailure(Session session);

  /**
   * A session was ended and its client had not asked for it: it is not served any more.
   *
   * @param totals of the run that was open, as far as it was counted
   */
  void revoked(Session session, RunTotals totals);

  /** A session is over: it is not open any more. */
  void over(Session session);
}

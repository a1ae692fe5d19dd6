package dev.sluice.service;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the control socket may do to the daemon. Called on an event loop; never blocks it. */
public interface ControlActions {
  /**
   * Ends a session on the operator's word: drains what was published, settles the books, releases
   * the arena. Fails with {@link AttachRefusedException}, status {@link AttachStatus#STATE}, if no
   * open session has this id.
   */
  CompletionStage<Books> detachSession(int session);

  /**
   * Keeps what the captures of all open sessions hold of the last moments.
   *
   * @param reason for people; part of the snapshots' names
   * @return the directories of the snapshots; none if no open session is captured
   */
  CompletionStage<List<String>> snapshot(String reason);
}

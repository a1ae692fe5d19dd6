package dev.sluice.service;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Actions of the control socket on the daemon. Called on an event loop; must not block it. */
public interface ControlActions {
  /**
   * Ends a session at the operator's request: drains what was published, settles the books,
   * releases the arena. Fails with {@link AttachRefusedException}, status {@link
   * AttachStatus#STATE}, if no open session has this id.
   */
  CompletionStage<Books> detachSession(int session);

  /**
   * Preserves the most recent records in the captures of all open sessions.
   *
   * @param reason for people; part of the snapshots' names
   * @return the directories of the snapshots; empty if no open session is captured
   */
  CompletionStage<List<String>> snapshot(String reason);
}

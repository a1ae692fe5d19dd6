package dev.sluice.service;

import java.util.concurrent.CompletionStage;

/**
 * What the control socket may do to the configuration. Called on an event loop; never blocks it.
 */
public interface ConfigActions {
  /**
   * Reads the configuration again and puts in force what can be, all of it or nothing. Fails with
   * {@link ReloadRefusedException} if it is not legal as it stands.
   */
  CompletionStage<ReloadOutcome> reload();
}

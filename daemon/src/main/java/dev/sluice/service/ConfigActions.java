package dev.sluice.service;

import java.util.concurrent.CompletionStage;

/** Configuration actions of the control socket. Called on an event loop; must not block it. */
public interface ConfigActions {
  /**
   * Rereads the configuration and applies what can change at run time, all of it or nothing. Fails
   * with {@link ReloadRefusedException} if the configuration is invalid.
   */
  CompletionStage<ReloadOutcome> reload();
}

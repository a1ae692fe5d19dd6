package dev.sluice.config;

/** How the host uses the freeze flags of the newest generation. */
public enum FreezePolicy {
  /** Never starts a freeze: each lane waits only for its own buffer. */
  NEVER,
  /** Starts and releases freezes, so that all lanes pause at the same time. */
  CYCLE
}

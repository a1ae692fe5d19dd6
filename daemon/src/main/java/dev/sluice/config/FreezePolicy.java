package dev.sluice.config;

/** What the host does with the freeze flags of the newest generation. */
public enum FreezePolicy {
  /** Never opens a freeze: each lane waits for its own buffer only. */
  NEVER,
  /** Opens and releases freezes, so that all lanes have their gaps at the same time. */
  CYCLE
}

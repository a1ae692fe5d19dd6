package dev.sluice.config;

/** How agents are assigned to threads. */
public enum ThreadingMode {
  /** Depends on the free CPUs. */
  AUTO,
  /** One thread per agent. */
  DEDICATED,
  /** One thread per session, for drain, refill and collection in small steps. */
  SHARED,
  /** One thread for all agents of all sessions. */
  INLINE
}

package dev.sluice.config;

/** How agents are packed on threads. */
public enum ThreadingMode {
  /** By the CPUs that are free. */
  AUTO,
  /** Each agent its own thread. */
  DEDICATED,
  /** Drain, refill and collection in small bites on one thread per session. */
  SHARED,
  /** All agents of all sessions on one thread. */
  INLINE
}

package dev.sluice.agent;

/** Monotonic time; only differences mean anything. Tests pass a manual clock. */
@FunctionalInterface
public interface NanoClock {
  /** The JVM's monotonic clock. */
  NanoClock SYSTEM = System::nanoTime;

  /** Nanoseconds since some fixed moment. */
  long nanoTime();
}

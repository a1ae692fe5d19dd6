package dev.sluice.agent;

/** Monotonic time; only differences are meaningful. Tests pass a manual clock. */
@FunctionalInterface
public interface NanoClock {
  /** The JVM's monotonic clock. */
  NanoClock SYSTEM = System::nanoTime;

  /** Returns nanoseconds since some fixed moment. */
  long nanoTime();
}

package dev.sluice.agent;

/**
 * How a thread asks the kernel to be let in before others. Called by the thread itself, in turn,
 * beginning with {@link #urgent}; on the hot path of an agent, so it must not allocate, log or
 * throw.
 */
public interface Urgency {
  /** For a thread that may not ask. */
  Urgency NONE =
      new Urgency() {
        @Override
        public void urgent() {}

        @Override
        public void usual() {}
      };

  /** From now on this thread sleeps often and must run at once when it wakes. */
  void urgent();

  /** From now on this thread may spin again. */
  void usual();
}

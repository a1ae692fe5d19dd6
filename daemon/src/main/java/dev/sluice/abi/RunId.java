package dev.sluice.abi;

/**
 * A run as described by the client at its start.
 *
 * @param epoch what the device stamps into the buffers of the run; 0 if the client does not know it
 * @param name for people, e.g. the directory of the runtime's files for this run; may be empty
 */
public record RunId(long epoch, String name) {
  /** For a client that provides neither. */
  public static final RunId UNKNOWN = new RunId(0, "");

  /** Returns an id without a name. */
  public static RunId of(long epoch) {
    return new RunId(epoch, "");
  }
}

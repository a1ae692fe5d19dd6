package dev.sluice.abi;

/**
 * What a client says of a run when it starts it.
 *
 * @param epoch what the device stamps into the buffers of the run; 0 if the client does not know it
 * @param name for people, for example the directory in which the runtime puts its files of this
 *     run; may be empty
 */
public record RunId(long epoch, String name) {
  /** Of a client that says nothing. */
  public static final RunId UNKNOWN = new RunId(0, "");

  /** Without a name. */
  public static RunId of(long epoch) {
    return new RunId(epoch, "");
  }
}

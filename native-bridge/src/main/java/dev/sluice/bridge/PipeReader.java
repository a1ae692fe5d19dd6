package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;

/** Checks whether a pipe still has a reader. Stateless; thread-safe. */
public final class PipeReader {
  private static final int POLLERR = 0x8;

  private PipeReader() {}

  /** Whether this descriptor is the writing end of a pipe whose reader has closed it. */
  public static boolean isGone(int descriptor) {
    // struct pollfd: the descriptor, then events and revents, two shorts; both CPUs are little
    // endian.
    int[] poll = {descriptor, 0};
    try {
      LibC.poll(poll, new NativeLong(1), 0);
    } catch (LastErrorException | UnsatisfiedLinkError ignored) {
      return false;
    }
    return (poll[1] >>> Short.SIZE & POLLERR) != 0;
  }
}

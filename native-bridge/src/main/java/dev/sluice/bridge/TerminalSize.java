package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;

/** Width of a terminal. Stateless; thread-safe. */
public final class TerminalSize {
  private static final long TIOCGWINSZ = 0x5413;

  private TerminalSize() {}

  /** Returns the columns of the terminal at this descriptor; 0 if it is not a terminal. */
  public static int columns(int descriptor) {
    // struct winsize: rows, columns and two sizes in pixels, each a short in native byte order.
    short[] size = new short[4];
    try {
      LibC.ioctl(descriptor, new NativeLong(TIOCGWINSZ), size);
    } catch (LastErrorException | UnsatisfiedLinkError ignored) {
      return 0;
    }
    return Short.toUnsignedInt(size[1]);
  }
}

package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;

/** How wide a terminal is. Stateless; any thread. */
public final class TerminalSize {
  private static final long TIOCGWINSZ = 0x5413;

  private TerminalSize() {}

  /** Columns of the terminal at this descriptor; 0 if it has none, or is no terminal. */
  public static int columns(int descriptor) {
    // struct winsize: rows, columns and two sizes in pixels, each a short of this machine's order.
    short[] size = new short[4];
    try {
      LibC.ioctl(descriptor, new NativeLong(TIOCGWINSZ), size);
    } catch (LastErrorException | UnsatisfiedLinkError ignored) {
      return 0;
    }
    return Short.toUnsignedInt(size[1]);
  }
}

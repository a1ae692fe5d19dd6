package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import java.io.IOException;

/** Translates errno into text. */
final class NativeErrors {
  private static final int EPERM = 1;
  private static final int EAGAIN = 11;
  private static final int ENOMEM = 12;
  private static final int EACCES = 13;
  private static final int EINVAL = 22;
  private static final int EMFILE = 24;
  private static final int ENOSPC = 28;

  private NativeErrors() {}

  /** Returns one line: the call, its purpose, the reason. */
  static IOException translate(String call, String what, LastErrorException cause) {
    return new IOException(call + ": " + what + ": " + describe(cause.getErrorCode()), cause);
  }

  static String describe(int errno) {
    return switch (errno) {
      case EPERM -> "not permitted (EPERM)";
      case EAGAIN -> "resource limit reached (EAGAIN)";
      case ENOMEM -> "not enough memory or above a limit (ENOMEM)";
      case EACCES -> "permission denied (EACCES)";
      case EINVAL -> "not supported here (EINVAL)";
      case EMFILE -> "too many open files (EMFILE)";
      case ENOSPC -> "no space left in shared memory (ENOSPC)";
      default -> "errno " + errno;
    };
  }
}

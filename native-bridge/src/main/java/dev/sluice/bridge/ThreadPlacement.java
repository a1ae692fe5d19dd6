package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;
import java.io.IOException;
import java.util.List;

/**
 * CPU affinity and scheduling of the calling thread. Linux: both apply to a thread, not a process.
 */
public final class ThreadPlacement {
  private static final int MASK_BYTES = 128;

  private ThreadPlacement() {}

  /**
   * Pins the calling thread to these processors.
   *
   * @throws IOException one line, if the kernel refuses
   */
  public static void pinTo(List<Integer> cpus) throws IOException {
    byte[] mask = new byte[MASK_BYTES];
    for (int cpu : cpus) {
      if (cpu < 0 || cpu >= MASK_BYTES * Byte.SIZE) {
        throw new IOException("sched_setaffinity: no processor " + cpu);
      }
      mask[cpu / Byte.SIZE] |= (byte) (1 << (cpu % Byte.SIZE));
    }
    try {
      LibC.sched_setaffinity(0, new NativeLong(MASK_BYTES), mask);
    } catch (LastErrorException e) {
      throw NativeErrors.translate("sched_setaffinity", "processors " + cpus, e);
    }
  }

  /**
   * Sets the nice value of the calling thread; values below 0 need a privilege.
   *
   * @throws IOException one line, if the kernel refuses
   */
  public static void nice(int value) throws IOException {
    try {
      LibC.setpriority(LibC.PRIO_PROCESS, LibC.gettid(), value);
    } catch (LastErrorException e) {
      throw NativeErrors.translate("setpriority", "nice " + value, e);
    }
  }

  /**
   * Moves the calling thread into the real-time class at its lowest priority: when it wakes, it
   * runs at once, before any thread of the normal class. Only for a thread that sleeps often. Needs
   * CAP_SYS_NICE or an RLIMIT_RTPRIO of at least 1.
   *
   * @throws IOException one line, if the kernel refuses
   */
  public static void realtime() throws IOException {
    try {
      LibC.sched_setscheduler(0, LibC.SCHED_RR, new int[] {1});
    } catch (LastErrorException e) {
      throw NativeErrors.translate("sched_setscheduler", "real-time priority 1", e);
    }
  }

  /**
   * Sets how late the kernel may wake the calling thread; 50 us by default.
   *
   * @throws IOException one line, if the kernel refuses
   */
  public static void timerSlack(long nanos) throws IOException {
    NativeLong zero = new NativeLong(0);
    try {
      LibC.prctl(LibC.PR_SET_TIMERSLACK, new NativeLong(nanos), zero, zero, zero);
    } catch (LastErrorException e) {
      throw NativeErrors.translate("prctl(PR_SET_TIMERSLACK)", nanos + " ns", e);
    }
  }
}

package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.util.Map;

/**
 * The few libc calls without an equivalent in the JDK, by direct mapping. 64-bit Linux.
 *
 * <p>Every call throws {@link LastErrorException} with errno on failure; callers translate it into
 * one line with the call's name by {@link NativeErrors}.
 */
final class LibC {
  static final int MFD_CLOEXEC = 0x1;
  static final int MFD_ALLOW_SEALING = 0x2;
  static final int MFD_HUGETLB = 0x4;
  static final int F_DUPFD_CLOEXEC = 1030;
  static final int F_ADD_SEALS = 1033;
  static final int F_SEAL_SEAL = 0x1;
  static final int F_SEAL_SHRINK = 0x2;
  static final int F_SEAL_GROW = 0x4;
  static final int PROT_READ_WRITE = 0x3;
  static final int MAP_SHARED = 0x1;
  static final int MADV_POPULATE_WRITE = 23;
  static final int PRIO_PROCESS = 0;
  static final int PR_SET_TIMERSLACK = 29;
  static final int SCHED_RR = 2;
  static final int F_GETFD = 1;
  static final int F_SETFD = 2;
  static final int F_GET_SEALS = 1034;
  static final int FD_CLOEXEC = 1;
  static final int AF_UNIX = 1;
  static final int SOCK_DGRAM = 2;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SCM_RIGHTS = 1;
  static final int MSG_NOSIGNAL = 0x4000;

  static {
    Native.register(
        LibC.class,
        com.sun.jna.NativeLibrary.getInstance(
            Platform.C_LIBRARY_NAME, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
  }

  private LibC() {}

  static native int memfd_create(String name, int flags) throws LastErrorException;

  static native int ftruncate(int fd, NativeLong length) throws LastErrorException;

  static native int fallocate(int fd, int mode, NativeLong offset, NativeLong length)
      throws LastErrorException;

  static native int fcntl(int fd, int command, NativeLong argument) throws LastErrorException;

  static native Pointer mmap(
      Pointer address, NativeLong length, int protection, int flags, int fd, NativeLong offset)
      throws LastErrorException;

  static native int munmap(Pointer address, NativeLong length) throws LastErrorException;

  static native int madvise(Pointer address, NativeLong length, int advice)
      throws LastErrorException;

  static native int mlock(Pointer address, NativeLong length) throws LastErrorException;

  static native int close(int fd) throws LastErrorException;

  static native int poll(int[] descriptors, NativeLong count, int timeoutMillis)
      throws LastErrorException;

  static native int ioctl(int fd, NativeLong request, short[] argument) throws LastErrorException;

  static native int socket(int domain, int type, int protocol) throws LastErrorException;

  static native NativeLong sendmsg(int fd, Pointer message, int flags) throws LastErrorException;

  static native int gettid() throws LastErrorException;

  static native int geteuid() throws LastErrorException;

  static native int sched_setaffinity(int tid, NativeLong size, byte[] mask)
      throws LastErrorException;

  /** The parameter is a struct of one int, the priority. */
  static native int sched_setscheduler(int tid, int policy, int[] parameter)
      throws LastErrorException;

  static native int setpriority(int which, int who, int priority) throws LastErrorException;

  static native int prctl(int option, NativeLong a, NativeLong b, NativeLong c, NativeLong d)
      throws LastErrorException;
}

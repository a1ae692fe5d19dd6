package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Anonymous shared memory with a file descriptor that can be passed to another process.
 *
 * <p>The size is sealed: a process that receives the descriptor can neither grow the memory nor
 * shrink it under the daemon, which would kill the daemon with SIGBUS. {@link #create} reserves and
 * touches all pages, so that lack of memory is an exception here, not a signal later, and no device
 * write waits for a page fault.
 *
 * <p>Lifetime: {@link #buffer} is a view that {@link #close} does not invalidate. Close only after
 * every thread that uses the view has stopped; a later access crashes the process.
 */
public final class SharedRegion implements AutoCloseable {
  /** Maximum size: what one direct byte buffer can cover, in whole 64 KiB pages. */
  public static final long MAX_BYTES = (2L << 30) - (64 << 10);

  // For threads, code and buffers of this process.
  private static final long HEADROOM_BYTES = 32L << 20;
  private static final long HUGE_PAGE_BYTES = 2L << 20;

  /** Whether to try for an optional property. */
  public enum Extra {
    OFF,
    TRY,
    REQUIRE
  }

  private final long bytes;
  private final boolean hasHugePages;
  private final boolean isLocked;
  private final String notice;
  private int fd;
  private Pointer address;
  private ByteBuffer buffer;

  private SharedRegion(
      int fd, Pointer address, long bytes, boolean hasHugePages, boolean isLocked, String notice) {
    this.fd = fd;
    this.address = address;
    this.bytes = bytes;
    this.hasHugePages = hasHugePages;
    this.isLocked = isLocked;
    this.notice = notice;
    this.buffer = address.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reserves, maps and touches a region of zeros.
   *
   * @param name shown in /proc/PID/maps
   * @param bytes minimum size; rounded up to whole pages
   * @param hugePages whether to use huge pages
   * @param lock whether to lock the region into memory
   * @throws IOException one line with call and reason; nothing is left behind
   */
  public static SharedRegion create(String name, long bytes, Extra hugePages, Extra lock)
      throws IOException {
    if (bytes < 1 || bytes > MAX_BYTES) {
      throw new IOException("a region of " + bytes + " bytes is not from 1 to " + MAX_BYTES);
    }
    refuseBeyondLimit(bytes, new ControlGroupMemory(Path.of("/")).left());
    StringBuilder notice = new StringBuilder();
    if (hugePages != Extra.OFF) {
      try {
        return map(name, roundUp(bytes, HUGE_PAGE_BYTES), true, lock, notice);
      } catch (IOException e) {
        if (hugePages == Extra.REQUIRE) {
          throw e;
        }
        boolean isUsual = e.getMessage().contains("ENOSPC") || e.getMessage().contains("ENOMEM");
        append(
            notice,
            "no free huge pages (vm.nr_hugepages), 4 KiB pages used"
                + (isUsual ? "" : ": " + e.getMessage()));
      }
    }
    return map(name, roundUp(bytes, 4096), false, lock, notice);
  }

  /**
   * Refuses a region that exceeds the memory limit. The pages are about to be touched, and the
   * kernel kills a process beyond the limit of its control group. Reserves what the heap may still
   * grow by.
   */
  static void refuseBeyondLimit(long bytes, ControlGroupMemory.Left left) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    long heap = runtime.maxMemory() - runtime.totalMemory();
    if (left.bytes() != ControlGroupMemory.UNLIMITED
        && bytes > left.bytes() - heap - HEADROOM_BYTES) {
      throw new IOException(
          "memory limit of the control group: "
              + bytes
              + " bytes wanted, "
              + Math.max(0, left.bytes() - heap - HEADROOM_BYTES)
              + " left by "
              + left.limitFile()
              + ": raise MemoryMax= or the container's limit, or use smaller arenas and stages");
    }
  }

  private static SharedRegion map(
      String name, long bytes, boolean huge, Extra lock, StringBuilder notice) throws IOException {
    NativeLong length = new NativeLong(bytes);
    NativeLong zero = new NativeLong(0);
    int fd = -1;
    Pointer address = null;
    String call = "memfd_create";
    try {
      fd =
          LibC.memfd_create(
              name, LibC.MFD_CLOEXEC | LibC.MFD_ALLOW_SEALING | (huge ? LibC.MFD_HUGETLB : 0));
      call = "ftruncate";
      LibC.ftruncate(fd, length);
      call = "fallocate";
      LibC.fallocate(fd, 0, zero, length);
      call = "fcntl(F_ADD_SEALS)";
      LibC.fcntl(
          fd,
          LibC.F_ADD_SEALS,
          new NativeLong(LibC.F_SEAL_SHRINK | LibC.F_SEAL_GROW | LibC.F_SEAL_SEAL));
      call = "mmap";
      address = LibC.mmap(null, length, LibC.PROT_READ_WRITE, LibC.MAP_SHARED, fd, zero);
      populate(address, length);
      boolean locked = lock(address, length, lock, notice);
      return new SharedRegion(fd, address, bytes, huge, locked, notice.toString());
    } catch (LastErrorException e) {
      release(fd, address, length);
      throw NativeErrors.translate(call, bytes + " bytes of shared memory", e);
    } catch (IOException e) {
      release(fd, address, length);
      throw e;
    }
  }

  /**
   * Maps a region that another process created by {@link #create}, and takes ownership of the
   * descriptor.
   *
   * @throws IOException one line, if its size is not sealed or is not that of a region; the
   *     descriptor is then closed
   */
  public static SharedRegion adopt(int fd) throws IOException {
    String call = "fcntl(F_GET_SEALS)";
    int sealed = LibC.F_SEAL_SHRINK | LibC.F_SEAL_GROW;
    try {
      int seals = LibC.fcntl(fd, LibC.F_GET_SEALS, new NativeLong(0));
      long bytes = Files.size(Path.of("/proc/self/fd", Integer.toString(fd)));
      if ((seals & sealed) != sealed || bytes < 1 || bytes > MAX_BYTES) {
        throw new IOException("shared memory of " + bytes + " bytes has seals " + seals);
      }
      call = "mmap";
      NativeLong length = new NativeLong(bytes);
      Pointer address =
          LibC.mmap(null, length, LibC.PROT_READ_WRITE, LibC.MAP_SHARED, fd, new NativeLong(0));
      return new SharedRegion(fd, address, bytes, false, false, "");
    } catch (LastErrorException e) {
      LibC.close(fd);
      throw NativeErrors.translate(call, "shared memory of an earlier daemon", e);
    } catch (IOException e) {
      LibC.close(fd);
      throw e;
    }
  }

  /** Maps every page for writing now; touches the pages on older kernels. */
  private static void populate(Pointer address, NativeLong length) {
    try {
      LibC.madvise(address, length, LibC.MADV_POPULATE_WRITE);
    } catch (LastErrorException ignored) {
      // Linux before 5.14: the pages are reserved; touch them to map them.
      address.clear(length.longValue());
    }
  }

  private static boolean lock(Pointer address, NativeLong length, Extra lock, StringBuilder notice)
      throws IOException {
    if (lock == Extra.OFF) {
      return false;
    }
    try {
      LibC.mlock(address, length);
      return true;
    } catch (LastErrorException e) {
      IOException translated =
          NativeErrors.translate("mlock", length.longValue() + " bytes; raise LimitMEMLOCK", e);
      if (lock == Extra.REQUIRE) {
        throw translated;
      }
      append(notice, "memory not locked: " + translated.getMessage());
      return false;
    }
  }

  private static void release(int fd, Pointer address, NativeLong length) {
    if (address != null) {
      LibC.munmap(address, length);
    }
    if (fd >= 0) {
      LibC.close(fd);
    }
  }

  private static long roundUp(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  private static void append(StringBuilder notice, String text) {
    notice.append(notice.isEmpty() ? "" : "; ").append(text);
  }

  /** The descriptor, owned by this region. */
  public int fd() {
    return fd;
  }

  /**
   * Duplicates the descriptor for the caller to close; returns -1 for -1.
   *
   * @throws IOException one line, if no descriptor is left
   */
  public static int duplicateDescriptor(int fd) throws IOException {
    if (fd < 0) {
      return -1;
    }
    try {
      return LibC.fcntl(fd, LibC.F_DUPFD_CLOEXEC, new NativeLong(0));
    } catch (LastErrorException e) {
      throw NativeErrors.translate("fcntl(F_DUPFD_CLOEXEC)", "a descriptor of shared memory", e);
    }
  }

  /** Closes a descriptor of {@link #duplicateDescriptor}; ignores -1. */
  public static void closeDescriptor(int fd) {
    if (fd >= 0) {
      LibC.close(fd);
    }
  }

  /** Whether a process of this user created the region. */
  public boolean isOwn() throws IOException {
    return Files.getAttribute(Path.of("/proc/self/fd", Integer.toString(fd)), "unix:uid")
        .equals(LibC.geteuid());
  }

  /** Size after rounding. */
  public long bytes() {
    return bytes;
  }

  /** Returns the mapping, little endian. See the class comment for its lifetime. */
  public ByteBuffer buffer() {
    if (buffer == null) {
      throw new IllegalStateException("the region is closed");
    }
    return buffer;
  }

  /** Address of byte 0 in this process. */
  public long address() {
    return Pointer.nativeValue(address);
  }

  public boolean hasHugePages() {
    return hasHugePages;
  }

  public boolean isLocked() {
    return isLocked;
  }

  /** Returns which optional properties are missing and why, for people; empty if none. */
  public String notice() {
    return notice;
  }

  /** Unmaps and closes. Idempotent. No other thread may still use the buffer. */
  @Override
  public synchronized void close() {
    if (address != null) {
      release(fd, address, new NativeLong(bytes));
      address = null;
      buffer = null;
      fd = -1;
    }
  }
}

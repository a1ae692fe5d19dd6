package dev.sluice.bridge;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Which threads of this daemon may write to an arena: the lock page of sluice_lock.h. The kernel
 * frees the lock of a thread when that ends, also by a SIGKILL, so the process that can take all of
 * them is the only writer: the client's guard after the daemon's death, or the daemon that comes
 * back.
 *
 * <p>{@link #SESSION} is held by a thread that lives as long as the process, from {@link #create}
 * or {@link #claim} until {@link #leave} or {@link #close}. While this process has it, it may take
 * any other for its threads. Any thread; a lock belongs to the thread that called {@link #take}.
 */
public final class ArenaLocks implements AutoCloseable {
  /** Of a lock page. */
  public static final int BYTES = 8192;

  /** This daemon has the session. */
  public static final int SESSION = 0;

  /** The thread that prepares or settles a run. */
  public static final int OWNER = 1;

  /** The first of the threads that step agents. */
  public static final int THREADS = 2;

  /** How many of those there can be. */
  public static final int MAX_THREADS = 72;

  /** A daemon that comes back wants the session: a guard makes way. */
  static final int CLAIM = 110;

  static final int COUNT = THREADS + MAX_THREADS;
  static final int LOCK_BYTES = 64;
  static final int LOCKS_OFFSET = 64;
  static final int BEATS_OFFSET = 8;
  static final int LENT_OFFSET = 7168;
  static final int MAX_LENT = 8192;

  /** Of memory that no client can reach: there is nothing to lock. */
  public static final ArenaLocks NONE = new ArenaLocks(0, ByteBuffer.allocate(BYTES));

  private static final String LIBRARY = "libsluice_attach.so";
  private static final long LOOK_NANOS = 1_000_000;
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer page;
  private long handle; // 0: closed, or none

  private ArenaLocks(long handle, ByteBuffer page) {
    this.handle = handle;
    this.page = page;
  }

  /** Direct mapping; the library is looked for once, when this class is first used. */
  private static final class Calls {
    static final String MISSING = register();

    private static String register() {
      try {
        Native.register(
            Calls.class, NativeLibrary.getInstance(NativeTools.find(LIBRARY).toString()));
        return null;
      } catch (IOException | UnsatisfiedLinkError e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
      }
    }

    static native long sluice_locks_map(int fd, long offset, int count);

    static native long sluice_locks_page(long locks);

    static native void sluice_locks_free(long locks);

    static native int sluice_lock_try(long locks, int lock);

    static native int sluice_lock_force(long locks, int lock);

    static native void sluice_lock_give(long locks, int lock);

    static native int sluice_lock_is_mine(long locks, int lock);

    static native int sluice_lock_is_free(long locks, int lock);
  }

  /** Holds the locks that belong to no single thread's work. */
  private static final class Keeper {
    private static final ExecutorService THREAD =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread thread = new Thread(work, "sluice-locks");
              thread.setDaemon(true);
              return thread;
            });

    static boolean ask(BooleanSupplier what) {
      return CompletableFuture.supplyAsync(what::getAsBoolean, THREAD).join();
    }
  }

  /** Why there can be no locks, in one line; empty if there can. */
  public static Optional<String> missing() {
    return Optional.ofNullable(Calls.MISSING);
  }

  /**
   * Makes the lock page of a new arena and takes the lock of the session.
   *
   * @param offset a multiple of {@link #BYTES}
   */
  public static ArenaLocks create(int fd, long offset) throws IOException {
    ArenaLocks locks = map(fd, offset, COUNT);
    if (!locks.claim(0)) {
      locks.close();
      throw new IOException("the locks of a new arena are taken");
    }
    return locks;
  }

  /** The lock page of an arena that another daemon made. Nothing is taken: see {@link #claim}. */
  static ArenaLocks of(int fd, long offset) throws IOException {
    return map(fd, offset, 0);
  }

  /**
   * Takes over an arena that another daemon made: this process is its only writer when this
   * returns.
   *
   * @param timeoutNanos as of {@link #claim}; a guard makes way within milliseconds
   * @throws IOException one line, if there are no locks of this version, or another process has
   *     them
   */
  public static ArenaLocks adopt(int fd, long offset, long timeoutNanos) throws IOException {
    ArenaLocks locks = of(fd, offset);
    if (!locks.claim(timeoutNanos)) {
      locks.close();
      throw new IOException("another process has the arena and does not give it back");
    }
    return locks;
  }

  private static ArenaLocks map(int fd, long offset, int count) throws IOException {
    if (Calls.MISSING != null) {
      throw new IOException(Calls.MISSING);
    }
    long handle = Calls.sluice_locks_map(fd, offset, count);
    if (handle == 0) {
      throw new IOException("cannot map the lock page of an arena, or it is of another version");
    }
    Pointer page = new Pointer(Calls.sluice_locks_page(handle));
    return new ArenaLocks(handle, page.getByteBuffer(0, BYTES).order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Takes the lock of the session for this process, and makes sure that no thread of another one
   * has any of the others: then this process is the only writer. A client's guard makes way.
   *
   * @param timeoutNanos for guards in the middle of a pass, and threads that end just now
   * @return false, with nothing taken, if another daemon has the session
   */
  public boolean claim(long timeoutNanos) {
    if (!tryOnKeeper(CLAIM)) {
      return false;
    }
    long beganNs = System.nanoTime();
    boolean hasSession = tryOnKeeper(SESSION);
    while (!(hasSession && isOnlyWriter()) && System.nanoTime() - beganNs < timeoutNanos) {
      LockSupport.parkNanos(LOOK_NANOS);
      hasSession = hasSession || tryOnKeeper(SESSION);
    }
    boolean isClaimed = hasSession && isOnlyWriter();
    if (hasSession && !isClaimed) {
      leave();
    }
    give(CLAIM);
    return isClaimed;
  }

  private boolean tryOnKeeper(int lock) {
    return Keeper.ask(() -> call(Calls::sluice_lock_try, lock) >= 0);
  }

  /** Whether this process has the session, and no other has a lock. */
  public synchronized boolean isOnlyWriter() {
    boolean isOnly = handle == 0 || Calls.sluice_lock_is_mine(handle, SESSION) != 0;
    for (int lock = OWNER; handle != 0 && isOnly && lock < COUNT; lock++) {
      isOnly =
          Calls.sluice_lock_is_free(handle, lock) != 0
              || Calls.sluice_lock_is_mine(handle, lock) != 0;
    }
    return isOnly;
  }

  /** The calling thread is about to write; this process has the session. */
  public void take(int lock) {
    call(Calls::sluice_lock_force, lock);
  }

  /** The thread that took it writes no more. Idempotent. */
  public void give(int lock) {
    call(
        (locks, which) -> {
          Calls.sluice_lock_give(locks, which);
          return 0;
        },
        lock);
  }

  /** This daemon has the session no more; threads of it that hang keep their locks. */
  public void leave() {
    give(SESSION);
  }

  /** Whether a thread of this process has it. */
  public boolean isMine(int lock) {
    return call(Calls::sluice_lock_is_mine, lock) > 0;
  }

  /** The holder shows that it moves. Its thread alone, with a count that grows. */
  public void beat(int lock, long count) {
    LONG.setOpaque(page, LOCKS_OFFSET + lock * LOCK_BYTES + BEATS_OFFSET, count);
  }

  /**
   * Whether a guard has lent this buffer since {@link #clearLent}. This process is the only writer.
   */
  public boolean isLent(int buffer) {
    return buffer < MAX_LENT && (page.get(LENT_OFFSET + buffer / 8) & 1 << buffer % 8) != 0;
  }

  /** The ledger knows of all that a guard has lent. This process is the only writer. */
  public void clearLent() {
    for (int at = LENT_OFFSET; at < BYTES; at += Long.BYTES) {
      page.putLong(at, 0);
    }
  }

  private interface Call {
    int of(long locks, int lock);
  }

  private synchronized int call(Call call, int lock) {
    return handle == 0 ? 0 : call.of(handle, lock);
  }

  /** Gives all back. No thread may beat any more. Idempotent. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      Calls.sluice_locks_free(handle);
      handle = 0;
    }
  }
}

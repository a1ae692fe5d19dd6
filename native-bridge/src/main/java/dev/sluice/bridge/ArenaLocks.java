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
 * The lock page of an arena (sluice_lock.h): which threads of this daemon may write to it. The
 * kernel frees a thread's lock when the thread ends, even by SIGKILL, so the process that can take
 * all locks is the only writer: the client's guard after the daemon's death, or the daemon that
 * comes back.
 *
 * <p>A thread that lives as long as the process holds {@link #SESSION}, from {@link #create} or
 * {@link #claim} until {@link #leave} or {@link #close}. While this process holds it, it may take
 * any other lock for its threads. Thread-safe; a lock belongs to the thread that called {@link
 * #take}.
 */
public final class ArenaLocks implements AutoCloseable {
  /** Size of a lock page. */
  public static final int BYTES = 8192;

  /** Lock that marks that this daemon holds the session. */
  public static final int SESSION = 0;

  /** Lock of the thread that prepares or settles a run. */
  public static final int OWNER = 1;

  /** First lock of the threads that step agents. */
  public static final int THREADS = 2;

  /** Maximum number of threads that step agents. */
  public static final int MAX_THREADS = 72;

  /** Lock by which a returning daemon claims the session: a guard then gives way. */
  static final int CLAIM = 110;

  static final int COUNT = THREADS + MAX_THREADS;
  static final int LOCK_BYTES = 64;
  static final int LOCKS_OFFSET = 64;
  static final int BEATS_OFFSET = 8;
  static final int LENT_OFFSET = 7168;
  static final int MAX_LENT = 8192;

  /** For memory that no client can reach: there is nothing to lock. */
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

  /** Direct mapping. Loads the library once, when this class is first used. */
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

  /** Thread that holds the locks that belong to no single thread's work. */
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

  /** Returns why locks are unavailable, in one line; empty if available. */
  public static Optional<String> missing() {
    return Optional.ofNullable(Calls.MISSING);
  }

  /**
   * Creates the lock page of a new arena and takes the session lock.
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

  /** Opens the lock page that another daemon created, without taking a lock: see {@link #claim}. */
  static ArenaLocks of(int fd, long offset) throws IOException {
    return map(fd, offset, 0);
  }

  /**
   * Takes over an arena that another daemon created. When this returns, this process is its only
   * writer.
   *
   * @param timeoutNanos as for {@link #claim}; a guard gives way within milliseconds
   * @throws IOException one line, if the lock page has another version, or another process holds
   *     locks
   */
  public static ArenaLocks adopt(int fd, long offset, long timeoutNanos) throws IOException {
    ArenaLocks locks = of(fd, offset);
    if (!locks.claim(timeoutNanos)) {
      locks.close();
      throw new IOException("another process holds the arena and does not release it");
    }
    return locks;
  }

  private static ArenaLocks map(int fd, long offset, int count) throws IOException {
    if (Calls.MISSING != null) {
      throw new IOException(Calls.MISSING);
    }
    long handle = Calls.sluice_locks_map(fd, offset, count);
    if (handle == 0) {
      throw new IOException("cannot map the lock page of an arena, or it has another version");
    }
    Pointer page = new Pointer(Calls.sluice_locks_page(handle));
    return new ArenaLocks(handle, page.getByteBuffer(0, BYTES).order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Takes the session lock for this process and waits until no thread of another process holds any
   * of the others: then this process is the only writer. A client's guard gives way.
   *
   * @param timeoutNanos time for guards in the middle of a pass, and for threads that are ending
   * @return false, with no lock taken, if another daemon holds the session
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

  /** Whether this process holds the session and no other process holds a lock. */
  public synchronized boolean isOnlyWriter() {
    boolean isOnly = handle == 0 || Calls.sluice_lock_is_mine(handle, SESSION) != 0;
    for (int lock = OWNER; handle != 0 && isOnly && lock < COUNT; lock++) {
      isOnly =
          Calls.sluice_lock_is_free(handle, lock) != 0
              || Calls.sluice_lock_is_mine(handle, lock) != 0;
    }
    return isOnly;
  }

  /** Takes a lock before the calling thread writes. This process must hold the session. */
  public void take(int lock) {
    call(Calls::sluice_lock_force, lock);
  }

  /** Releases a lock whose holder writes no more. Idempotent. */
  public void give(int lock) {
    call(
        (locks, which) -> {
          Calls.sluice_lock_give(locks, which);
          return 0;
        },
        lock);
  }

  /** Releases the session; threads of this daemon that hang keep their locks. */
  public void leave() {
    give(SESSION);
  }

  /** Whether a thread of this process holds the lock. */
  public boolean isMine(int lock) {
    return call(Calls::sluice_lock_is_mine, lock) > 0;
  }

  /** Publishes the holder's progress. Called by the holder only, with an increasing count. */
  public void beat(int lock, long count) {
    LONG.setOpaque(page, LOCKS_OFFSET + lock * LOCK_BYTES + BEATS_OFFSET, count);
  }

  /**
   * Whether a guard has lent this buffer since {@link #clearLent}. This process must be the only
   * writer.
   */
  public boolean isLent(int buffer) {
    return buffer < MAX_LENT && (page.get(LENT_OFFSET + buffer / 8) & 1 << buffer % 8) != 0;
  }

  /**
   * Clears the marks of all loans, once the ledger has them. This process must be the only writer.
   */
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

  /** Releases all locks. No thread may call {@link #beat} any more. Idempotent. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      Calls.sluice_locks_free(handle);
      handle = 0;
    }
  }
}

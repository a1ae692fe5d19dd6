package dev.sluice;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.sluice.abi.Geometry;
import dev.sluice.bridge.NativeTools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * libsluice_attach in this process: makes the calls that a runtime makes between kernels, in the
 * order of the test.
 */
final class NativeClient implements AutoCloseable {
  private static final int GEOMETRY_BYTES = 224;
  private static final int BOOKS_BYTES = 576;
  private static final int ERROR_BYTES = 256;
  private static final int KINDS = 8;
  private static final int PRODUCED = 0;
  private static final int COLLECTED = 1;
  private static final int UNACCOUNTED = 4;

  private static final Attach library = load();

  /** The functions of sluice_attach.h. */
  interface Attach extends Library {
    int sluice_attach_open(
        String socket, Pointer geometry, PointerByReference session, Pointer error, long bytes);

    Pointer sluice_attach_arena(Pointer session);

    int sluice_attach_start(
        Pointer session, long deviceBase, long runEpoch, Pointer error, long bytes);

    long sluice_attach_terminal_bank(Pointer session);

    int sluice_attach_run_end(Pointer session, Pointer books, Pointer error, long bytes);

    int sluice_attach_detach(Pointer session, Pointer books, Pointer error, long bytes);

    int sluice_attach_resume(Pointer session, Pointer error, long bytes);

    int sluice_attach_connected(Pointer session);

    void sluice_attach_abandon(Pointer session);
  }

  private final Memory error = new Memory(ERROR_BYTES);
  private final Memory books = new Memory(BOOKS_BYTES);
  private Pointer session;

  private static Attach load() {
    try {
      return Native.load(NativeTools.find("libsluice_attach.so").toString(), Attach.class);
    } catch (IOException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Attaches; the geometry's layout must not contain overrides. */
  NativeClient(TestDaemon daemon, String name, int device, Geometry geometry) {
    this(daemon, name, device, geometry, 0);
  }

  /**
   * @param runtime {@code enum sluice_runtime}
   */
  NativeClient(TestDaemon daemon, String name, int device, Geometry geometry, int runtime) {
    Memory request = new Memory(GEOMETRY_BYTES);
    request.clear();
    request.setInt(0, device);
    request.setShort(4, (short) geometry.layout().generation().wireNumber());
    request.setShort(6, (short) geometry.layout().platform().wireNumber());
    request.setInt(8, geometry.level());
    request.setInt(12, geometry.numCores());
    request.setInt(16, geometry.schedThreads());
    request.setInt(20, geometry.orchThreads());
    request.setInt(196, runtime);
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    request.write(128, bytes, 0, bytes.length);
    PointerByReference opened = new PointerByReference();
    check(
        library.sluice_attach_open(
            daemon.attachSocket().toString(), request, opened, error, ERROR_BYTES));
    session = opened.getValue();
  }

  /** Returns the address of arena byte 0 in this process. */
  long base() {
    return Pointer.nativeValue(library.sluice_attach_arena(session).getPointer(0));
  }

  /** Returns the length of the arena. */
  long bytes() {
    return library.sluice_attach_arena(session).getLong(8);
  }

  /** Returns the arena as mapped in this process; invalid after the session ends. */
  java.nio.ByteBuffer memory() {
    return library.sluice_attach_arena(session).getPointer(0).getByteBuffer(0, bytes());
  }

  void start() {
    start(0);
  }

  /** Starts a run; epoch 0 means unknown. */
  void start(long runEpoch) {
    check(library.sluice_attach_start(session, 0, runEpoch, error, ERROR_BYTES));
  }

  /** Returns the device address of the run's terminal bank. */
  long terminalBank() {
    return library.sluice_attach_terminal_bank(session);
  }

  /** Ends the run and fills in the books. */
  NativeClient runEnd() {
    check(library.sluice_attach_run_end(session, books, error, ERROR_BYTES));
    return this;
  }

  void resume() {
    check(library.sluice_attach_resume(session, error, ERROR_BYTES));
  }

  boolean isConnected() {
    return library.sluice_attach_connected(session) == 1;
  }

  /** Ends the session. */
  NativeClient detach() {
    Pointer ended = session;
    session = null;
    check(library.sluice_attach_detach(ended, books, error, ERROR_BYTES));
    return this;
  }

  long produced() {
    return sum(PRODUCED);
  }

  long collected() {
    return sum(COLLECTED);
  }

  long unaccounted() {
    return sum(UNACCOUNTED);
  }

  private long sum(int term) {
    long sum = 0;
    for (int kind = 0; kind < KINDS; kind++) {
      sum += books.getLong((term * KINDS + kind) * (long) Long.BYTES);
    }
    return sum;
  }

  private void check(int status) {
    if (status != 0) {
      throw new IllegalStateException(status + ": " + error.getString(0));
    }
  }

  /** Closes without a message to the daemon, like a crash, unless already detached. */
  @Override
  public void close() {
    if (session != null) {
      library.sluice_attach_abandon(session);
      session = null;
    }
  }
}

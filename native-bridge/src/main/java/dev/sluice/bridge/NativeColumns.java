package dev.sluice.bridge;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.Buffer;
import java.util.Optional;

/**
 * Native encoder and decoder of captured records; one per kind of records. Memory locations are
 * addresses, checked by the caller. Confined to one thread.
 */
public final class NativeColumns {
  /** Flag of {@link #encode}: starts a payload. */
  public static final int FIRST = 1;

  /** Flag of {@link #encode}: ends the payload. */
  public static final int LAST = 2;

  private static final String LIBRARY = "libsluice_columns.so";

  @SuppressWarnings("unused") // frees the codec once nothing refers to it
  private final Memory memory;

  private final long codec;

  private NativeColumns(Memory memory) {
    this.memory = memory;
    this.codec = Pointer.nativeValue(memory);
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

    static native long sluice_columns_size();

    static native int sluice_columns_init(
        long codec, int recordBytes, byte[] columns, int count, int start, int end, int waited);

    static native long sluice_columns_encode(
        long codec,
        int flags,
        long into,
        long records,
        long count,
        long counts,
        long durations,
        long waits);

    static native int sluice_columns_decode(
        long codec, long payload, long bytes, long count, long records);
  }

  /** Returns why the library cannot be used, in one line; empty if it can. */
  public static Optional<String> missing() {
    return Optional.ofNullable(Calls.MISSING);
  }

  /**
   * Opens a codec for records of this size.
   *
   * @param columns 4 bytes each: offset, bytes, storage, base
   * @param start column with the start of a task, -1 for none
   * @param end column with its end, -1 for none
   * @param waited column with the time between receive and start, -1 for none
   * @return empty if the library is missing or rejects this description
   */
  public static Optional<NativeColumns> open(
      int recordBytes, byte[] columns, int start, int end, int waited) {
    if (Calls.MISSING != null) {
      return Optional.empty();
    }
    NativeColumns opened = new NativeColumns(new Memory(Calls.sluice_columns_size()));
    int count = columns.length / 4;
    return Calls.sluice_columns_init(opened.codec, recordBytes, columns, count, start, end, waited)
            == 0
        ? Optional.of(opened)
        : Optional.empty();
  }

  /** Returns the address of a direct buffer. Allocates. */
  public static long address(Buffer direct) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
  }

  /**
   * Encodes records and returns the address after the last byte written. Never allocates.
   *
   * @param flags {@link #FIRST}, {@link #LAST}
   * @param into start of the payload with {@code FIRST}, otherwise 0
   * @param counts address of the task counts, 0 to count no tasks; the same for the two histograms
   */
  public long encode(
      int flags, long into, long records, long count, long counts, long durations, long waits) {
    return Calls.sluice_columns_encode(
        codec, flags, into, records, count, counts, durations, waits);
  }

  /** Decodes a payload; false if it is not a payload of {@code count} records. */
  public boolean decode(long payload, long bytes, long count, long records) {
    return Calls.sluice_columns_decode(codec, payload, bytes, count, records) == 0;
  }
}

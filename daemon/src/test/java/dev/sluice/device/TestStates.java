package dev.sluice.device;

import java.nio.ByteBuffer;

/** Host states that no daemon of this version leaves. */
public final class TestStates {
  private TestStates() {}

  /** Overwrites a word in a buffer's row with a value that no host writes. */
  public static void damage(HostState state, int buffer, String word, int value) {
    int field = word.equals("state") ? BufferRows.STATE : BufferRows.POOL;
    state.rows().putInt(buffer, field, value);
  }

  /** Returns whether a collector's last step was for this loan of the buffer. */
  public static boolean isLastCollected(HostState state, int shard, int buffer) {
    int loan = state.rows().getInt(buffer, BufferRows.PUSH_INDEX);
    return state.journal(shard).isLast(buffer, loan);
  }

  /** Returns the offsets of header, identity, current books and journals, and the end. */
  public static int[] parts(ByteBuffer state) {
    int books = (int) (state.getLong(HostState.BOOKS_STEP_OFFSET) & 1) * HostState.BOOKS_BYTES;
    return new int[] {
      0,
      HostState.IDENTITY_OFFSET,
      HostState.BOOKS_OFFSET + books,
      HostState.JOURNALS_OFFSET,
      (int) state.getLong(HostState.BYTES_OFFSET)
    };
  }

  /** Makes it a state of another version, whose books this one cannot read. */
  public static void makeOfVersion(ByteBuffer state, int version) {
    state.putInt(HostState.VERSION_OFFSET, version);
    for (int at = HostState.BOOKS_OFFSET; at < HostState.JOURNALS_OFFSET; at += Long.BYTES) {
      state.putLong(at, -1);
    }
  }
}

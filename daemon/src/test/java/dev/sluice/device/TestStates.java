package dev.sluice.device;

import java.nio.ByteBuffer;

/** Host states that a daemon of this version cannot have left. */
public final class TestStates {
  private TestStates() {}

  /** A word of a buffer's row that no host writes. */
  public static void damage(HostState state, int buffer, String word, int value) {
    int field = word.equals("state") ? BufferRows.STATE : BufferRows.POOL;
    state.rows().putInt(buffer, field, value);
  }

  /** Whether the last step of a collector was of this loan of a buffer. */
  public static boolean isLastCollected(HostState state, int shard, int buffer) {
    int loan = state.rows().getInt(buffer, BufferRows.PUSH_INDEX);
    return state.journal(shard).isLast(buffer, loan);
  }

  /**
   * Where the parts of a state begin: header, identity, present books, all behind them; its end.
   */
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

  /** As a daemon of another version leaves it: with books that mean nothing to this one. */
  public static void makeOfVersion(ByteBuffer state, int version) {
    state.putInt(HostState.VERSION_OFFSET, version);
    for (int at = HostState.BOOKS_OFFSET; at < HostState.JOURNALS_OFFSET; at += Long.BYTES) {
      state.putLong(at, -1);
    }
  }
}

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

  /** As a daemon of another version leaves it: with books that mean nothing to this one. */
  public static void makeOfVersion(ByteBuffer state, int version) {
    state.putInt(HostState.VERSION_OFFSET, version);
    for (int at = HostState.BOOKS_OFFSET; at < HostState.JOURNALS_OFFSET; at += Long.BYTES) {
      state.putLong(at, -1);
    }
  }
}

package dev.sluice.service;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * The secret that identifies a session on the attach socket: 16 bytes, the first eight in {@code
 * high}, big endian. Its holder may end the session, so {@link #toString} shows only its start.
 */
public record Token(long high, long low) {
  public static final int BYTES = 16;

  public static Token random(SecureRandom random) {
    return new Token(random.nextLong(), random.nextLong());
  }

  public static Token of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a token has 16 bytes, not " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Token(buffer.getLong(), buffer.getLong());
  }

  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
  }

  @Override
  public String toString() {
    return String.format("%08x…", high >>> 32);
  }
}

package dev.sluice.service.security;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.BiFunction;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Compares passwords with bcrypt hashes: one at a time on a separate thread, since one comparison
 * takes a tenth of a second of a core. Successful ones are cached, so that a scrape costs only a
 * digest.
 *
 * <p>The cache key is a keyed digest of user, hash and password, each with its length: no two
 * triples share a key, a changed hash has another key, and the password itself is not stored
 * (compare CVE-2022-46146). Wrong passwords are not cached, so that they cannot evict right ones.
 */
final class Passwords {
  private static final int REMEMBERED = 128;

  /** bcrypt ignores further bytes. */
  private static final int MAX_BYTES = 72;

  private final ThreadPoolExecutor thread;
  private final BiFunction<byte[], byte[], Boolean> bcrypt;
  private final SecretKeySpec secret;
  private final Set<ByteBuffer> right = new LinkedHashSet<>();

  /** Whether a password, in UTF-8, matches a hash, in ASCII. */
  static boolean bcrypt(byte[] password, byte[] hash) {
    return BCrypt.verifyer().verify(password, hash).verified;
  }

  /**
   * @param thread runs bcrypt; rejects tasks when too many wait
   * @param bcrypt {@link #bcrypt}; tests count its calls
   */
  Passwords(ThreadPoolExecutor thread, BiFunction<byte[], byte[], Boolean> bcrypt) {
    this.thread = thread;
    this.bcrypt = bcrypt;
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    secret = new SecretKeySpec(key, "HmacSHA256");
  }

  /** Whether this password was right before. Any thread; does not block. */
  boolean isKnown(String user, String hash, String password) {
    ByteBuffer key = key(user, hash, password);
    synchronized (right) {
      return right.contains(key);
    }
  }

  /**
   * Compares. The stage fails with {@link RejectedExecutionException} when too many wait.
   *
   * @param isUser if false, compares for the same time and then returns false
   */
  CompletionStage<Boolean> check(String user, String hash, String password, boolean isUser) {
    try {
      return CompletableFuture.supplyAsync(
          () -> {
            byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
            boolean isRight =
                bcrypt.apply(
                        bytes.length > MAX_BYTES ? Arrays.copyOf(bytes, MAX_BYTES) : bytes,
                        hash.getBytes(StandardCharsets.US_ASCII))
                    && isUser;
            if (isRight) {
              remember(key(user, hash, password));
            }
            return isRight;
          },
          thread);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void remember(ByteBuffer key) {
    synchronized (right) {
      if (right.add(key) && right.size() > REMEMBERED) {
        Iterator<ByteBuffer> oldest = right.iterator();
        oldest.next();
        oldest.remove();
      }
    }
  }

  private ByteBuffer key(String user, String hash, String password) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(secret);
      for (String part : new String[] {user, hash, password}) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        mac.update(bytes);
      }
      return ByteBuffer.wrap(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}

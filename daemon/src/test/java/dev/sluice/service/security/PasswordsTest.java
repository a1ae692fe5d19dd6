package dev.sluice.service.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PasswordsTest {
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(2));

  @AfterEach
  void stop() {
    thread.shutdownNow();
  }

  private static String hash(String password) {
    return BCrypt.with(BCrypt.Version.VERSION_2Y).hashToString(4, password.toCharArray());
  }

  @Test
  void shouldCompareWithBcrypt() {
    Passwords passwords = new Passwords(thread, Passwords::bcrypt);
    String hash = hash("open sesame");
    assertTrue(check(passwords, "ali", hash, "open sesame", true));
    assertFalse(check(passwords, "ali", hash, "open barley", true));
    assertFalse(check(passwords, "kasim", hash, "open sesame", false), "there is no such user");
    String longOne = "x".repeat(80);
    assertTrue(check(passwords, "ali", hash(longOne.substring(0, 72)), longOne, true));
  }

  private static boolean check(
      Passwords passwords, String user, String hash, String password, boolean isUser) {
    return passwords.check(user, hash, password, isUser).toCompletableFuture().join();
  }

  /** CVE-2022-46146: a cache entry must match user, hash and password exactly. */
  @Test
  void shouldRememberExactlyWhatWasRight() {
    Passwords passwords = new Passwords(thread, (password, hash) -> true);
    assertFalse(passwords.isKnown("ali", "hash", "word"));
    check(passwords, "ali", "hash", "word", true);
    assertTrue(passwords.isKnown("ali", "hash", "word"));
    assertFalse(passwords.isKnown("ali", "hash2", "word"), "the hash was changed");
    assertFalse(passwords.isKnown("ali", "hash", "word2"));
    assertFalse(passwords.isKnown("al", "ihash", "word"), "moved over the border");
    assertFalse(passwords.isKnown("ali", "hashw", "ord"), "moved over the border");
    check(passwords, "kasim", "decoy", "guess", false);
    assertFalse(passwords.isKnown("kasim", "decoy", "guess"), "not a user");
  }

  @Test
  void shouldNotRememberWhatWasWrongNorGrowForEver() {
    Passwords wrong = new Passwords(thread, (password, hash) -> false);
    check(wrong, "ali", "hash", "word", true);
    assertFalse(wrong.isKnown("ali", "hash", "word"));
    Passwords right = new Passwords(thread, (password, hash) -> true);
    for (int i = 0; i < 200; i++) {
      check(right, "user " + i, "hash", "word", true);
    }
    assertTrue(right.isKnown("user 199", "hash", "word"));
    assertFalse(right.isKnown("user 0", "hash", "word"), "the oldest go");
  }

  @Test
  void shouldCompareForSomebodyUnknownAsWell() {
    AtomicInteger compared = new AtomicInteger();
    Passwords passwords =
        new Passwords(
            thread,
            (password, hash) -> {
              compared.incrementAndGet();
              return false;
            });
    check(passwords, "nobody", "decoy", "guess", false);
    assertEquals(1, compared.get());
  }

  @Test
  void shouldCompareOneAtATimeAndRefuseWhenTooManyWait() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Passwords passwords =
        new Passwords(
            thread,
            (password, hash) -> {
              entered.countDown();
              try {
                return release.await(30, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
              }
            });
    var first = passwords.check("ali", "hash", "1", true).toCompletableFuture();
    assertTrue(entered.await(30, TimeUnit.SECONDS));
    var second = passwords.check("ali", "hash", "2", true).toCompletableFuture();
    var third = passwords.check("ali", "hash", "3", true).toCompletableFuture();
    var fourth = passwords.check("ali", "hash", "4", true).toCompletableFuture();
    Throwable refused = assertThrows(CompletionException.class, fourth::join).getCause();
    assertTrue(refused instanceof RejectedExecutionException, () -> String.valueOf(refused));
    assertEquals(1, thread.getActiveCount(), "one at a time");
    release.countDown();
    assertTrue(first.join() && second.join() && third.join());
  }

  @Test
  void shouldLetABurstPassAndThenOneByOne() {
    long[] nowNs = {Long.MAX_VALUE - 5}; // the clock may wrap
    TokenBucket bucket = new TokenBucket(new WebConfig.RateLimit(10, 3), () -> nowNs[0]);
    assertEquals(3, taken(bucket));
    nowNs[0] += 9;
    assertEquals(0, taken(bucket));
    nowNs[0] += 1;
    assertEquals(1, taken(bucket));
    nowNs[0] += 1000;
    assertEquals(3, taken(bucket), "no more than a burst is saved up");
  }

  private static int taken(TokenBucket bucket) {
    int taken = 0;
    while (bucket.take()) {
      taken++;
    }
    return taken;
  }
}

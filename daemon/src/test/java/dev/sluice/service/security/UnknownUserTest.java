package dev.sluice.service.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import at.favre.lib.crypto.bcrypt.BCrypt;
import dev.sluice.service.HttpTraffic;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Response times must not reveal which users exist. bcrypt dominates them, so the test counts
 * comparisons and reads their costs instead of measuring time.
 */
@Timeout(30)
class UnknownUserTest {
  private static final int COST = 5;

  @TempDir Path folder;
  private final List<String> compared = new CopyOnWriteArrayList<>();

  private static String hash(int cost, String password) {
    return BCrypt.with(BCrypt.Version.VERSION_2Y).hashToString(cost, password.toCharArray());
  }

  private WebSecurity security(String... users) throws Exception {
    Path file = folder.resolve("web-config.yml");
    Files.writeString(file, "basic_auth_users:\n  " + String.join("\n  ", users) + "\n");
    return WebSecurity.open(
        Optional.of(file),
        new HttpTraffic(),
        (password, hash) -> {
          compared.add(new String(hash, StandardCharsets.US_ASCII));
          return Passwords.bcrypt(password, hash);
        });
  }

  private static WebSecurity.Verdict judge(WebSecurity security, String user, String password) {
    byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return security
        .judge("Basic " + Base64.getEncoder().encodeToString(both))
        .toCompletableFuture()
        .join();
  }

  /** Returns the bcrypt costs of comparisons since the last call. */
  private List<Integer> costs() {
    List<Integer> costs =
        compared.stream().map(hash -> Integer.parseInt(hash.substring(4, 6))).toList();
    compared.clear();
    return costs;
  }

  @Test
  void shouldCompareOnceAtTheSameCostWhetherThereIsSuchAUserOrNot() throws Exception {
    try (WebSecurity security =
        security("ali: " + hash(COST, "open sesame"), "zayd: " + hash(COST, "other"))) {
      for (int again = 0; again < 3; again++) {
        for (String user : List.of("ali", "zayd", "kasim", "")) {
          assertEquals(WebSecurity.Verdict.DENIED, judge(security, user, "guess " + again));
          assertEquals(List.of(COST), costs(), "user '" + user + "'");
        }
      }
    }
  }

  /** A comparison with an invalid hash would return at once. */
  @Test
  void shouldCompareSomebodyUnknownWithAHashThatBcryptTakes() throws Exception {
    try (WebSecurity security = security("ali: " + hash(COST, "open sesame"))) {
      assertEquals(WebSecurity.Verdict.DENIED, judge(security, "kasim", "open sesame"));
      assertEquals(1, compared.size());
      BCrypt.Result result =
          BCrypt.verifyer().verify("guess".toCharArray(), compared.get(0).toCharArray());
      assertTrue(result.validFormat, result.formatErrorMessage);
      assertFalse(result.verified);
    }
  }

  /**
   * Users with a cheaper hash get their response sooner than unknown users, which is unavoidable.
   */
  @Test
  void shouldTakeTheDearestCostForSomebodyUnknown() throws Exception {
    try (WebSecurity security = security("ali: " + hash(4, "a"), "zayd: " + hash(COST, "z"))) {
      judge(security, "kasim", "guess");
      assertEquals(List.of(COST), costs());
      judge(security, "ali", "guess");
      assertEquals(List.of(4), costs());
    }
  }

  @Test
  void shouldCompareOnlyOnceWhatWasRight() throws Exception {
    try (WebSecurity security = security("ali: " + hash(COST, "open sesame"))) {
      assertEquals(WebSecurity.Verdict.ALLOWED, judge(security, "ali", "open sesame"));
      assertEquals(WebSecurity.Verdict.ALLOWED, judge(security, "ali", "open sesame"));
      assertEquals(List.of(COST), costs());
    }
  }
}

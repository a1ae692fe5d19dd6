package dev.sluice.service.attach;

import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.SessionBroker;
import dev.sluice.service.Started;
import dev.sluice.service.Token;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** Records every call; stages complete with prepared results or by the test. */
final class FakeBroker implements SessionBroker {
  static final Token TOKEN = new Token(0x1122334455667788L, 0x99aabbccddeeff00L);

  static final int CONNECTION = 3;

  final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
  volatile AttachRequest request;
  volatile PeerCredentials peer;
  volatile long deviceBase;
  volatile RunId runId = RunId.UNKNOWN;
  volatile HostTime startedAt;
  volatile HostTime endedAt;
  volatile int fd = 1;
  volatile CompletableFuture<Granted> nextGrant;
  volatile CompletableFuture<Started> nextStart;
  volatile CompletableFuture<Books> nextBooks;
  volatile BiConsumer<Token, Books> revoked;

  Granted granted() {
    return new Granted(
        7,
        TOKEN,
        CONNECTION,
        1,
        4,
        1L << 20,
        List.of(0L, 64L),
        List.of(0L, 4096L),
        8192,
        12288,
        16384,
        List.of(10, 11, 12, 13),
        List.of(100L, 200L, 300L, 400L),
        duplicate(fd),
        Optional.empty());
  }

  /** Duplicates the descriptor, because the attach server closes the one it is granted. */
  private static int duplicate(int fd) {
    try {
      return SharedRegion.duplicateDescriptor(fd);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Books books() {
    return new Books(
        7,
        List.of(
            new Books.KindBooks(10, 5, 2, 1, 1, 1),
            new Books.KindBooks(20, 20, 0, 0, 0, 0),
            new Books.KindBooks(30, 30, 0, 0, 0, 0),
            new Books.KindBooks(40, 41, 0, 0, 0, -1)),
        "the books");
  }

  String awaitCall() throws InterruptedException {
    return calls.poll(10, TimeUnit.SECONDS);
  }

  @Override
  public CompletionStage<Granted> attach(AttachRequest attachRequest, PeerCredentials credentials) {
    request = attachRequest;
    peer = credentials;
    calls.add("attach");
    return nextGrant != null ? nextGrant : CompletableFuture.completedFuture(granted());
  }

  @Override
  public CompletionStage<Started> start(Token token, long base, RunId run, HostTime at) {
    deviceBase = base;
    runId = run;
    startedAt = at;
    calls.add("start " + token.equals(TOKEN));
    return nextStart != null
        ? nextStart
        : CompletableFuture.completedFuture(new Started(7, 0xb000));
  }

  @Override
  public CompletionStage<Books> runEnd(Token token, HostTime at) {
    endedAt = at;
    calls.add("runEnd " + token.equals(TOKEN));
    return nextBooks != null ? nextBooks : CompletableFuture.completedFuture(books());
  }

  @Override
  public CompletionStage<Books> detach(Token token, HostTime at) {
    endedAt = at;
    calls.add("detach " + token.equals(TOKEN));
    return nextBooks != null ? nextBooks : CompletableFuture.completedFuture(books());
  }

  @Override
  public CompletionStage<Books> detachLost(Token token, String reason) {
    calls.add("detachLost " + token.equals(TOKEN) + " " + reason);
    return nextBooks != null ? nextBooks : CompletableFuture.completedFuture(books());
  }

  @Override
  public CompletionStage<Granted> resume(Token token, PeerCredentials credentials) {
    calls.add("resume " + token.equals(TOKEN));
    return nextGrant != null ? nextGrant : CompletableFuture.completedFuture(granted());
  }

  @Override
  public void recycled(Token token, long[] records) {
    calls.add("recycled " + token.equals(TOKEN) + " " + Arrays.stream(records).sum());
  }

  @Override
  public void connectionLost(Token token, int connection) {
    calls.add("connectionLost " + (token.equals(TOKEN) && connection == CONNECTION));
  }

  @Override
  public void onRevoked(BiConsumer<Token, Books> listener) {
    revoked = listener;
  }
}

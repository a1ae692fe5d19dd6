package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.SyntheticContent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Decodes the record frames of a capture and verifies synthetic records, on several threads. All
 * frames of a pool go to the same thread, in order.
 *
 * <p>Use, from one thread: {@link #add} and {@link #forgetBefore}, then always {@link #finish}.
 */
final class RecordChecks {
  private static final int MAX_THREADS = 4;
  private static final int BATCH_BYTES = 256 << 10;
  private static final int BATCHES = 3;

  private final Optional<SyntheticContent> content;
  private final List<Checker> checkers = new ArrayList<>();

  RecordChecks(CaptureManifest manifest, Optional<SyntheticContent> content) {
    this.content = content;
    int threads = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
    for (int i = 0; i < threads; i++) {
      checkers.add(new Checker(manifest.format().codecs(), "sluice-verify-" + i));
    }
    checkers.forEach(checker -> checker.thread.start());
  }

  /**
   * Copies a RECORDS frame and queues it.
   *
   * @param run number of its run: indexes start over with each
   * @param recordBytes size of its records, from {@link Frame#decodedBytes}
   */
  void add(Frame frame, int run, int recordBytes) {
    BufferKind kind = frame.kind();
    checkers
        .get((kind.ordinal() + frame.instance()) % checkers.size())
        .add(
            new Item(
                run,
                kind,
                frame.instance(),
                frame.recordCount(),
                frame.number(),
                frame.payloadBytes(),
                recordBytes),
            frame.payload());
  }

  /** Announces that no frame of an earlier run will follow. */
  void forgetBefore(int run) {
    for (Checker checker : checkers) {
      checker.add(new Item(run, null, 0, 0, 0, 0, 0), ByteBuffer.allocate(0));
    }
  }

  /** Waits until all frames are checked, then ends the threads. */
  void finish() {
    for (Checker checker : checkers) {
      checker.end();
    }
    for (Checker checker : checkers) {
      checker.join();
    }
  }

  /** Records compared; valid after {@link #finish}, like all counts below. */
  long compared() {
    return checkers.stream().mapToLong(checker -> checker.compared).sum();
  }

  /** Records that differ from their expected content. */
  long mismatched() {
    return checkers.stream().mapToLong(checker -> checker.mismatched).sum();
  }

  /** Numbers of the frames that do not decode, in order. */
  List<Integer> undecodable() {
    return checkers.stream()
        .flatMap(checker -> checker.undecodable.stream())
        .sorted(Integer::compareUnsigned)
        .toList();
  }

  /** A frame whose payload is in the batch; a null kind stands for {@link #forgetBefore}. */
  private record Item(
      int run,
      BufferKind kind,
      int instance,
      int records,
      int number,
      int payloadBytes,
      int recordBytes) {}

  private static final class Batch {
    final List<Item> items = new ArrayList<>();
    ByteBuffer payloads = ByteBuffer.allocateDirect(BATCH_BYTES);
    boolean isLast;

    void add(Item item, ByteBuffer payload) {
      if (payloads.remaining() < payload.remaining()) {
        payloads =
            ByteBuffer.allocateDirect(payloads.position() + payload.remaining())
                .put(payloads.flip());
      }
      payloads.put(payload);
      items.add(item);
    }
  }

  private final class Checker {
    private final BlockingQueue<Batch> filled = new ArrayBlockingQueue<>(BATCHES);
    private final BlockingQueue<Batch> empty = new ArrayBlockingQueue<>(BATCHES);
    private final RecordCodec[] codecs;
    private final Thread thread;

    // Reader's thread only.
    private Batch batch = new Batch();

    // Checker's thread only, until it has ended.
    private final Map<Long, Long> nextIndex = new HashMap<>();
    private final List<Integer> undecodable = new ArrayList<>();
    private ByteBuffer decoded = ByteBuffer.allocateDirect(0);
    private long compared;
    private long mismatched;
    private Throwable failure;

    Checker(RecordCodec[] codecs, String name) {
      this.codecs = codecs;
      for (int i = 1; i < BATCHES; i++) {
        empty.add(new Batch());
      }
      thread = new Thread(this::run, name);
      thread.setDaemon(true);
    }

    void add(Item item, ByteBuffer payload) {
      batch.add(item, payload);
      if (batch.payloads.position() >= BATCH_BYTES / 2) {
        filled.add(batch);
        batch = take(empty);
      }
    }

    void end() {
      batch.isLast = true;
      filled.add(batch);
    }

    void join() {
      boolean isInterrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          isInterrupted = true;
        }
      }
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure != null) {
        throw new IllegalStateException("frames could not be checked", failure);
      }
    }

    private void run() {
      for (boolean isLast = false; !isLast; ) {
        Batch next = take(filled);
        isLast = next.isLast;
        try {
          check(next);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        next.items.clear();
        next.payloads.clear();
        empty.add(next);
      }
    }

    private void check(Batch of) {
      ByteBuffer payloads = of.payloads.flip();
      int end = payloads.limit();
      int at = 0;
      for (Item item : of.items) {
        payloads.limit(at + item.payloadBytes).position(at);
        at += item.payloadBytes;
        if (item.kind == null) {
          nextIndex.keySet().removeIf(pool -> pool < (long) item.run << 32);
        } else {
          check(item, payloads);
        }
        payloads.limit(end);
      }
    }

    private void check(Item item, ByteBuffer payload) {
      if (decoded.capacity() < item.recordBytes) {
        decoded = ByteBuffer.allocateDirect(item.recordBytes).order(ByteOrder.LITTLE_ENDIAN);
      }
      decoded.clear().limit(item.recordBytes);
      if (!codecs[item.kind.ordinal()].decode(payload, item.records, decoded)) {
        undecodable.add(item.number);
      } else if (content.isPresent()) {
        compare(content.get(), item);
      }
    }

    private void compare(SyntheticContent with, Item item) {
      BufferKind kind = item.kind;
      long pool = (long) item.run << 32 | kind.ordinal() << 16 | item.instance;
      long mask = (1L << SyntheticContent.indexBits(kind)) - 1;
      long next = nextIndex.getOrDefault(pool, 0L);
      int size = kind.recordBytes();
      int count = item.records;
      for (int i = 0; i < count; i++) {
        int inOrder = with.matching(kind, decoded, i * size, count - i, item.instance, next);
        i += inOrder;
        next += inOrder;
        if (i < count) {
          // After a gap, the record itself holds the index at which it continues.
          long seen = with.indexIn(kind, decoded, i * size);
          long index = next + ((seen - next) & mask);
          if (with.matches(kind, decoded, i * size, item.instance, index)) {
            next = index + 1;
          } else {
            mismatched++;
          }
        }
      }
      nextIndex.put(pool, next);
      compared += count;
    }
  }

  /** Waits uninterruptibly: the other side always delivers before it ends. */
  private static Batch take(BlockingQueue<Batch> from) {
    boolean isInterrupted = false;
    try {
      while (true) {
        try {
          return from.take();
        } catch (InterruptedException e) {
          isInterrupted = true;
        }
      }
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

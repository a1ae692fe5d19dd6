package dev.sluice.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The seed corpus of a fuzz target: the files of {@code src/test/fuzz/NAME}. A build replays them
 * with a fixed number of damaged copies of each, always the same ones. With the profile {@code
 * fuzz} Jazzer searches for more.
 */
public final class Corpus {
  private static final int[] EDGES = {0, 1, 7, 8, 64, 0xffff, 0x7fffffff, -1, Integer.MIN_VALUE};
  private static final Path ROOT =
      Path.of(System.getProperty("basedir", "."), "src", "test", "fuzz");

  private Corpus() {}

  /** The shape of every {@code fuzzerTestOneInput}. */
  @FunctionalInterface
  public interface Target {
    void accept(byte[] input) throws Exception;
  }

  /**
   * Feeds the target the corpus and damaged copies of it.
   *
   * @throws AssertionError with the input in hex, for the first input that fails
   */
  public static void replay(String name, int damagedCopies, Target target) {
    List<byte[]> inputs = read(ROOT.resolve(name));
    Random random = new Random(20261129);
    offer(target, new byte[0]);
    for (byte[] input : inputs) {
      offer(target, input);
    }
    for (byte[] input : inputs) {
      for (int copy = 0; copy < damagedCopies; copy++) {
        offer(target, damaged(input, random));
      }
    }
  }

  private static void offer(Target target, byte[] input) {
    try {
      target.accept(input.clone());
    } catch (AssertionError | Exception e) {
      throw new AssertionError("input " + HexFormat.of().formatHex(input), e);
    }
  }

  private static List<byte[]> read(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<byte[]> inputs = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        inputs.add(Files.readAllBytes(file));
      }
      if (inputs.isEmpty()) {
        throw new AssertionError("no file in " + folder);
      }
      return inputs;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int more = random.nextInt(4); more >= 0; more--) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int at = random.nextInt(bytes.length + 1);
      boolean hasWord = bytes.length - at >= Integer.BYTES;
      switch (random.nextInt(6)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1 -> bytes = spliced(bytes, at, random.nextInt(bytes.length + 1));
        case 2 -> bytes = spliced(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(16)));
        case 3 -> {
          if (hasWord) {
            buffer.putInt(at, EDGES[random.nextInt(EDGES.length)]);
          }
        }
        case 4 -> {
          if (hasWord) {
            buffer.putShort(at, (short) random.nextInt(64));
          }
        }
        default -> {
          if (at < bytes.length) {
            bytes[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
          }
        }
      }
    }
    return bytes;
  }

  /** Splices a prefix to a suffix: repeats bytes or leaves some out. */
  private static byte[] spliced(byte[] bytes, int end, int from) {
    byte[] result = Arrays.copyOf(bytes, end + bytes.length - from);
    System.arraycopy(bytes, from, result, end, bytes.length - from);
    return result;
  }
}

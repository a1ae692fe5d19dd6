package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page under docs/ that is generated as a whole or in blocks: compares it with the code, or
 * regenerates it on request.
 *
 * <p>A block stands between the comments {@code <!-- begin generated NAME -->} and {@code <!-- end
 * generated -->}; everything else is written by hand.
 */
public final class GeneratedDoc {
  private static final Path DOCS = Path.of(System.getProperty("basedir", "."), "..", "docs");
  private static final Pattern BLOCK =
      Pattern.compile(
          "(<!-- begin generated (\\S+) -->\n).*?(<!-- end generated -->)", Pattern.DOTALL);

  private GeneratedDoc() {}

  /** Returns the text of a page. */
  public static String read(String file) {
    try {
      return Files.readString(DOCS.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compares the named blocks of a page; each must occur exactly once. */
  public static void assertBlocksUpToDate(String file, Map<String, String> blocks)
      throws IOException {
    String page = read(file);
    TreeSet<String> unused = new TreeSet<>(blocks.keySet());
    StringBuilder expected = new StringBuilder();
    Matcher block = BLOCK.matcher(page);
    while (block.find()) {
      String name = block.group(2);
      if (!unused.remove(name)) {
        throw new AssertionError("docs/" + file + ": nothing generates a (second) block " + name);
      }
      String content = block.group(1) + blocks.get(name).strip() + "\n" + block.group(3);
      block.appendReplacement(expected, Matcher.quoteReplacement(content));
    }
    block.appendTail(expected);
    assertEquals(new TreeSet<>(), unused, "docs/" + file + " has no place for these blocks");
    assertUpToDate(file, expected.toString());
  }

  public static void assertUpToDate(String file, String expected) throws IOException {
    Path path = DOCS.resolve(file);
    if (Boolean.getBoolean("sluice.docs.write")) {
      Files.createDirectories(path.getParent());
      Files.writeString(path, expected);
    }
    String actual = Files.exists(path) ? Files.readString(path) : "";
    assertEquals(
        expected,
        actual,
        "docs/"
            + file
            + " is generated and out of date; regenerate it with"
            + " mvn -pl daemon -am test -Dtest='*DocTest' -Dsluice.docs.write=true"
            + " -Dsurefire.failIfNoSpecifiedTests=false");
  }
}

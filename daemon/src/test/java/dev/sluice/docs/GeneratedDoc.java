package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page under docs/ that is written by the program: compares it, or writes it anew on request. */
public final class GeneratedDoc {
  private static final Path DOCS = Path.of(System.getProperty("basedir", "."), "..", "docs");

  private GeneratedDoc() {}

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
            + " is generated and out of date; write it anew with"
            + " mvn -pl daemon -am test -Dtest='*DocTest' -Dsluice.docs.write=true"
            + " -Dsurefire.failIfNoSpecifiedTests=false");
  }
}

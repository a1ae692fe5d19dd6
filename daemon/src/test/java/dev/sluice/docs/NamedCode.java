package dev.sluice.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds code that a page names in backticks: {@code Class.method}, {@code Outer.Inner}, a class
 * alone, or a C function as {@code name()}. Resolves names by reflection and in the C sources, so
 * that a rename fails the page's test.
 */
final class NamedCode {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..");
  private static final List<Path> JAVA_ROOTS =
      List.of(
          ROOT.resolve("daemon/src/main/java"),
          ROOT.resolve("daemon/src/test/java"),
          ROOT.resolve("native-bridge/src/main/java"));
  private static final Path C_ROOT = ROOT.resolve("native-bridge/src/main/c");

  private static final Pattern MEMBER =
      Pattern.compile("`([A-Z][A-Za-z0-9]+)\\.([A-Za-z][A-Za-z0-9_]*)`");
  private static final Pattern TYPE = Pattern.compile("`([A-Z][a-z0-9]+[A-Z][A-Za-z0-9]*)`");
  private static final Pattern C_FUNCTION = Pattern.compile("`([a-z][a-z0-9_]+)\\(\\)`");

  private NamedCode() {}

  static boolean namesAny(String text) {
    return MEMBER.matcher(text).find()
        || TYPE.matcher(text).find()
        || C_FUNCTION.matcher(text).find();
  }

  /** Returns the names in the text that do not exist in the code. */
  static List<String> unknown(String text) throws IOException {
    List<String> unknown = new ArrayList<>();
    Matcher member = MEMBER.matcher(text);
    while (member.find()) {
      if (!hasMember(member.group(1), member.group(2))) {
        unknown.add(member.group());
      }
    }
    Matcher type = TYPE.matcher(text);
    while (type.find()) {
      if (classes(type.group(1)).isEmpty()) {
        unknown.add(type.group());
      }
    }
    String c = cSources();
    Matcher function = C_FUNCTION.matcher(text);
    while (function.find()) {
      if (!c.contains(function.group(1) + "(")) {
        unknown.add(function.group());
      }
    }
    return unknown;
  }

  private static boolean hasMember(String type, String member) throws IOException {
    return classes(type).stream()
        .anyMatch(
            found ->
                Stream.of(found.getDeclaredMethods()).anyMatch(m -> m.getName().equals(member))
                    || Arrays.stream(found.getDeclaredFields())
                        .anyMatch(f -> f.getName().equals(member))
                    || Arrays.stream(found.getDeclaredClasses())
                        .anyMatch(c -> c.getSimpleName().equals(member)));
  }

  private static List<Class<?>> classes(String simpleName) throws IOException {
    List<Class<?>> found = new ArrayList<>();
    for (Path root : JAVA_ROOTS) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(file -> file.getFileName().toString().equals(simpleName + ".java"))
            .map(file -> root.relativize(file).toString())
            .map(file -> file.substring(0, file.length() - ".java".length()).replace('/', '.'))
            .forEach(name -> found.add(load(name)));
      }
    }
    return found;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, NamedCode.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(name + " has a source file and no class", e);
    }
  }

  private static String cSources() throws IOException {
    try (Stream<Path> files = Files.walk(C_ROOT)) {
      StringBuilder all = new StringBuilder();
      files
          .filter(file -> file.toString().endsWith(".c") || file.toString().endsWith(".h"))
          .forEach(file -> all.append(readString(file)));
      return all.toString();
    }
  }

  private static String readString(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compiles the sources that only the profiles jmh and jcstress build, so that a change cannot break
 * them unnoticed.
 */
class BenchmarkSourcesTest {
  @TempDir Path classes;

  @ParameterizedTest
  @ValueSource(strings = {"src/jmh/java", "src/jcstress/java"})
  @DisplayName("Benchmarks and memory-order tests compile")
  void shouldCompile(String folder) throws Exception {
    List<Path> sources;
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      sources = files.filter(file -> file.toString().endsWith(".java")).toList();
    }
    assertFalse(sources.isEmpty(), folder);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString());
      boolean isCompiled =
          compiler
              .getTask(
                  messages, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
              .call();
      assertTrue(isCompiled, messages.toString());
    }
  }
}

package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The program as {@code ./sluice} and the packages run it: jars, and an archive of their classes.
 * Its start takes about half the CPU time of one from class files.
 */
final class ClassArchive {
  private static final long DEMO_SECONDS = 120;

  private ClassArchive() {}

  /** Makes jars and archive in a folder; returns the options of a JVM that uses them. */
  static List<String> make(Path folder) throws Exception {
    Files.createDirectories(folder);
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (entry.endsWith(".jar")) {
        jars.add(entry);
      } else if (!entry.endsWith("test-classes")) {
        jars.add(pack(Path.of(entry), folder.resolve(jars.size() + ".jar")).toString());
      }
    }
    String classPath = String.join(File.pathSeparator, jars);
    Path archive = folder.resolve("classes.jsa");
    List<String> command =
        DaemonProcess.java(List.of("-XX:ArchiveClassesAtExit=" + archive, "-cp", classPath));
    command.addAll(List.of("demo", "--duration", "200ms", "--rate", "100MB/s", "--json"));
    command.addAll(List.of("--capture-directory", folder.resolve("capture").toString()));
    Path log = folder.resolve("log");
    Process demo =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertTrue(demo.waitFor(DEMO_SECONDS, TimeUnit.SECONDS), () -> "the demo still runs: " + log);
    assertTrue(Files.exists(archive), () -> "no archive: " + log);
    return List.of("-XX:SharedArchiveFile=" + archive, "-cp", classPath);
  }

  private static Path pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out);
        Stream<Path> all = Files.walk(classes)) {
      for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, entries);
      }
    }
    return jar;
  }
}

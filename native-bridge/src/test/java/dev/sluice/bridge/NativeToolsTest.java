package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeToolsTest {
  @TempDir private Path folder;

  private final String configured = System.getProperty(NativeTools.PATH_PROPERTY);

  @AfterEach
  void restoreTheProperty() {
    System.setProperty(NativeTools.PATH_PROPERTY, configured);
  }

  @Test
  void shouldPreferTheConfiguredFolder() throws IOException {
    Path program = Files.writeString(folder.resolve("sluice-producer"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    assertEquals(program, NativeTools.find(NativeTools.PRODUCER));
  }

  @Test
  void shouldUnpackFromTheJarWhenTheFolderHasNone() throws IOException {
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    Path program = NativeTools.find(NativeTools.PRODUCER);
    assertTrue(Files.isExecutable(program));
    assertEquals(
        PosixFilePermissions.fromString("rwx------"),
        Files.getPosixFilePermissions(program.getParent()));
    assertEquals(program, NativeTools.find(NativeTools.PRODUCER), "unpacked once");
  }

  @Test
  void shouldUnpackEveryProgram() throws IOException {
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    assertTrue(Files.isExecutable(NativeTools.find(NativeTools.BASELINE)));
  }

  @Test
  void shouldSayWhereItLooked() {
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    IOException e = assertThrows(IOException.class, () -> NativeTools.find("sluice-nothing"));
    assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
    assertTrue(e.getMessage().contains("/sluice-nothing"), e.getMessage());
  }
}

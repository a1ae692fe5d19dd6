package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    assertTrue(Files.isExecutable(NativeTools.find("sluice-example")));
  }

  @Test
  void shouldSayWhereItLooked() {
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    IOException e = assertThrows(IOException.class, () -> NativeTools.find("sluice-nothing"));
    assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
    assertTrue(e.getMessage().contains("/sluice-nothing"), e.getMessage());
  }

  @Test
  void shouldSayWhichPlatformsTheJarHas() {
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    IOException e = assertThrows(IOException.class, () -> NativeTools.find("sluice-nothing"));
    assertTrue(e.getMessage().endsWith(String.join(", ", NativeTools.platforms())), e.getMessage());
  }

  @Test
  void shouldNotTakeAnotherCopyForAProgramThatMayNotBeRun() throws IOException {
    Path program = Files.writeString(folder.resolve("sluice-producer"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rw-------"));
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    IOException e = assertThrows(IOException.class, () -> NativeTools.find(NativeTools.PRODUCER));
    assertTrue(e.getMessage().startsWith(program + " may not be run"), e.getMessage());
  }

  /**
   * Each platform folder of the jar must hold programs for that machine: 64-bit ELF, its e_machine.
   */
  @Test
  void shouldHaveProgramsOfTheMachineThatTheFolderNames() throws IOException {
    Map<String, Integer> machines = Map.of("linux-x86-64", 62, "linux-aarch64", 183);
    List<String> platforms = NativeTools.platforms();
    assertTrue(platforms.contains(Platform.RESOURCE_PREFIX), platforms.toString());
    for (String platform : platforms) {
      for (String file :
          List.of("sluice-producer", "sluice-supervise", "sluice-example", "libsluice_attach.so")) {
        String resource = NativeTools.resource(platform, file);
        try (InputStream stream = NativeTools.class.getResourceAsStream(resource)) {
          assertNotNull(stream, resource);
          ByteBuffer header = ByteBuffer.wrap(stream.readNBytes(20)).order(ByteOrder.LITTLE_ENDIAN);
          assertEquals(0x464C457F, header.getInt(0), resource);
          assertEquals(2, header.get(4), resource);
          assertEquals(machines.get(platform).intValue(), header.getShort(18), resource);
        }
      }
      assertNotNull(
          NativeTools.class.getResource(NativeTools.resource(platform, "libsluice_attach.a")));
      assertNull(
          NativeTools.class.getResource(NativeTools.resource(platform, "sluice-baseline")),
          "built for tests only");
    }
  }

  @Test
  void shouldGoOnToTheNextFolderThatAllowsPrograms() throws IOException {
    Path none = folder.resolve("missing");
    Path own = unpack(List.of(none, folder));
    assertEquals(folder, own.getParent());
    assertTrue(Files.isExecutable(own.resolve(NativeTools.PRODUCER)));
  }

  @Test
  void shouldSayThatNoFolderAllowsPrograms() {
    Path none = folder.resolve("missing");
    IOException e = assertThrows(IOException.class, () -> unpack(List.of(none)));
    assertTrue(e.getMessage().contains(none + " (not writable)"), e.getMessage());
    assertTrue(e.getMessage().contains("-D" + NativeTools.PATH_PROPERTY), e.getMessage());
  }

  @Test
  void shouldLeaveNothingInAFolderThatAllowsNoPrograms() throws IOException {
    Optional<Path> mount = mountedNoexec();
    assumeTrue(mount.isPresent(), "no file system here is mounted noexec and can be written");
    Path place = Files.createTempDirectory(mount.get(), "sluice-test-");
    try {
      IOException e = assertThrows(IOException.class, () -> unpack(List.of(place)));
      assertTrue(e.getMessage().contains(place + " (mounted noexec)"), e.getMessage());
      assertEquals(folder, unpack(List.of(place, folder)).getParent());
    } finally {
      Files.delete(place); // fails if anything is left
    }
  }

  @Test
  void shouldPreferTemporaryFolders() {
    assertEquals(
        List.of(
            Path.of(System.getProperty("java.io.tmpdir")),
            Path.of("/run/user/7"),
            Path.of(System.getProperty("user.home"), ".cache")),
        NativeTools.candidates(Map.of("XDG_RUNTIME_DIR", "/run/user/7")));
  }

  private static Path unpack(List<Path> folders) throws IOException {
    return NativeTools.unpackInto(
        folders,
        NativeTools.resource(Platform.RESOURCE_PREFIX, NativeTools.PRODUCER),
        NativeTools.PRODUCER);
  }

  private static Optional<Path> mountedNoexec() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
        .map(line -> line.split(" ", -1))
        .filter(
            mount -> mount[2].equals("tmpfs") && List.of(mount[3].split(",")).contains("noexec"))
        .map(mount -> Path.of(mount[1]))
        .filter(path -> Files.isDirectory(path) && Files.isWritable(path))
        .findFirst();
  }
}

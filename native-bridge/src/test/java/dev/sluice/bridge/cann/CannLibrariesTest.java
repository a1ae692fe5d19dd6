package dev.sluice.bridge.cann;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CannLibrariesTest {
  @TempDir private Path folder;

  private CannLibraries look() {
    return CannLibraries.look(Optional.of(folder), Map.of());
  }

  @Test
  void shouldLoadTheStandIn() {
    CannLibraries libraries = Standin.libraries();
    assertEquals("", libraries.problem());
    assertTrue(libraries.canMap());
    assertTrue(libraries.canShare());
  }

  @Test
  void shouldAnswerWithACauseWhenThereAreNone() {
    CannLibraries libraries = look();
    assertFalse(libraries.canAllocate());
    assertTrue(libraries.problem().startsWith("libruntime.so not in " + folder));
    assertThrows(IllegalStateException.class, () -> new Cann(libraries, 0));
  }

  @Test
  void shouldNameWhatAnOldVersionLacks() throws IOException {
    // A library under the right name without any of the symbols.
    Files.copy(Standin.FOLDER.resolve("libcann_standin.so"), folder.resolve("libruntime.so"));
    LibraryFinding finding = look().findings().get(0);
    assertFalse(finding.isUsable());
    assertTrue(
        finding.problem().startsWith("lacks rtSetDevice, rtMalloc, rtFree, rtMemcpy: this CANN"),
        finding.problem());
  }

  @Test
  void shouldNameTheMachineOfAForeignLibrary() throws IOException {
    byte[] bytes = Files.readAllBytes(Standin.FOLDER.resolve("libruntime.so"));
    bytes[18] = 2; // e_machine of the ELF header: SPARC
    bytes[19] = 0;
    Files.write(folder.resolve("libruntime.so"), bytes);
    assertEquals(
        folder.resolve("libruntime.so") + " is built for another machine (ELF machine 2)",
        look().findings().get(0).problem());
  }

  @Test
  void shouldTellWhatTheLinkerSaidOfABrokenFile() throws IOException {
    Files.writeString(folder.resolve("libruntime.so"), "not a library");
    String problem = look().findings().get(0).problem();
    assertTrue(problem.startsWith("cannot be loaded: "), problem);
    assertTrue(problem.contains("file too short"), problem);
    assertFalse(problem.contains("\n"));
  }

  @Test
  void shouldUseWhatWorksWhenAnotherLibraryIsMissing() throws IOException {
    Path standin = Standin.FOLDER.resolve("libcann_standin.so");
    Files.copy(standin, folder.resolve("libcann_standin.so"));
    Files.copy(Standin.FOLDER.resolve("libruntime.so"), folder.resolve("libruntime.so"));
    CannLibraries libraries = look();
    assertTrue(libraries.canAllocate());
    assertFalse(libraries.canMap());
    assertFalse(libraries.canShare());
  }

  @Test
  void shouldLookInTheToolkitThatTheEnvironmentNamesFirst() {
    List<Path> folders = CannLibraries.folders(Map.of("ASCEND_HOME_PATH", "/opt/ascend"));
    assertEquals(Path.of("/opt/ascend/lib64"), folders.get(0));
    assertTrue(folders.contains(Path.of("/usr/local/Ascend/driver/lib64/driver")));
    assertEquals(
        CannLibraries.folders(Map.of()), CannLibraries.folders(Map.of("ASCEND_HOME_PATH", " ")));
  }
}

package dev.sluice.bridge.cann;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds and loads the CANN libraries, once per process and only on request.
 *
 * <p>Search order: a configured directory, which excludes all others; {@code ASCEND_HOME_PATH}; the
 * usual places of toolkit and driver; last, the dynamic linker. A library that exists but cannot be
 * used is reported, and the search for it ends: a second installation would only hide the fault of
 * the first. Absence is a result, not an exception.
 *
 * <p>Thread-safe. A failed attempt may be repeated; a successful one is cached until another place
 * is requested.
 */
public final class CannLibraries {
  private static final List<String> USUAL =
      List.of(
          "/usr/local/Ascend/ascend-toolkit/latest",
          "/usr/local/Ascend/latest",
          "/usr/local/Ascend/nnae/latest",
          "/usr/local/Ascend/driver");
  private static final List<String> SUBFOLDERS =
      List.of("lib64", "runtime/lib64", "lib64/driver", "lib64/common", "");

  // ELF header: offset of e_machine, and its values.
  private static final int ELF_MACHINE = 18;
  private static final int ELF_X86_64 = 62;
  private static final int ELF_AARCH64 = 183;

  /** Inputs of a successful search. */
  private record Search(Optional<Path> folder, Optional<String> home) {}

  private static CannLibraries loaded;
  private static Search loadedFrom;

  private final List<LibraryFinding> findings;
  private final boolean canAllocate;
  private final boolean canMap;
  private final boolean canShare;

  private CannLibraries(List<LibraryFinding> findings) {
    this.findings = List.copyOf(findings);
    canAllocate = findings.get(0).isUsable();
    canMap = canAllocate && findings.get(1).isUsable();
    canShare = canAllocate && findings.get(2).isUsable();
  }

  /**
   * Loads the available libraries.
   *
   * @param folder directory of the libraries; absent: search for them
   * @param environment of the process
   */
  public static synchronized CannLibraries load(
      Optional<Path> folder, Map<String, String> environment) {
    Search search = new Search(folder, Optional.ofNullable(environment.get("ASCEND_HOME_PATH")));
    if (search.equals(loadedFrom)) {
      return loaded;
    }
    CannLibraries libraries = look(folder, environment);
    if (libraries.findings.stream().allMatch(LibraryFinding::isUsable)) {
      loaded = libraries;
      loadedFrom = search;
    }
    return libraries;
  }

  /** As {@link #load}, ignoring what was loaded before. */
  static CannLibraries look(Optional<Path> folder, Map<String, String> environment) {
    List<Path> folders = folder.map(List::of).orElseGet(() -> folders(environment));
    boolean asksLinker = folder.isEmpty();
    List<LibraryFinding> findings = new ArrayList<>();
    findings.add(
        bind(RuntimeCalls.LIBRARY, RuntimeCalls.SYMBOLS, RuntimeCalls.class, folders, asksLinker));
    findings.add(
        bind(DriverCalls.LIBRARY, DriverCalls.SYMBOLS, DriverCalls.class, folders, asksLinker));
    findings.add(bind(AclCalls.LIBRARY, AclCalls.SYMBOLS, AclCalls.class, folders, asksLinker));
    return new CannLibraries(findings);
  }

  /** Directories to search, in order of preference. */
  static List<Path> folders(Map<String, String> environment) {
    Set<Path> folders = new LinkedHashSet<>();
    List<String> roots = new ArrayList<>();
    String home = environment.get("ASCEND_HOME_PATH");
    if (home != null && !home.isBlank()) {
      roots.add(home);
    }
    roots.addAll(USUAL);
    for (String root : roots) {
      for (String subfolder : SUBFOLDERS) {
        folders.add(Path.of(root, subfolder));
      }
    }
    return List.copyOf(folders);
  }

  private static LibraryFinding bind(
      String name, String[] symbols, Class<?> calls, List<Path> folders, boolean asksLinker) {
    Optional<Path> file =
        folders.stream().map(folder -> folder.resolve(name)).filter(Files::exists).findFirst();
    if (file.isEmpty() && !asksLinker) {
      return new LibraryFinding(name, "", "not in " + folders.get(0));
    }
    String path = file.map(Path::toString).orElse(name);
    // The linker reports "no such file" for a library of another machine.
    Optional<String> foreign = file.flatMap(CannLibraries::foreignMachine);
    if (foreign.isPresent()) {
      return new LibraryFinding(name, "", path + " is built for " + foreign.get());
    }
    NativeLibrary library;
    try {
      library = NativeLibrary.getInstance(path);
    } catch (UnsatisfiedLinkError e) {
      return new LibraryFinding(name, "", file.isEmpty() ? notFound() : reason(e));
    }
    List<String> missing = new ArrayList<>();
    for (String symbol : symbols) {
      try {
        library.getFunction(symbol);
      } catch (UnsatisfiedLinkError e) {
        missing.add(symbol);
      }
    }
    if (!missing.isEmpty()) {
      return new LibraryFinding(
          name,
          path,
          "lacks "
              + missing.stream().collect(Collectors.joining(", "))
              + ": this CANN version is too old");
    }
    Native.register(calls, library);
    return new LibraryFinding(name, path, "");
  }

  /** Returns the machine that an ELF file is for, unless it is this one. */
  private static Optional<String> foreignMachine(Path file) {
    byte[] header;
    try (InputStream stream = Files.newInputStream(file)) {
      header = stream.readNBytes(ELF_MACHINE + 2);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (header.length < ELF_MACHINE + 2 || header[0] != 0x7f || header[1] != 'E') {
      return Optional.empty();
    }
    int machine = Byte.toUnsignedInt(header[ELF_MACHINE]);
    if (machine == (Platform.isARM() ? ELF_AARCH64 : ELF_X86_64)) {
      return Optional.empty();
    }
    return Optional.of(
        switch (machine) {
          case ELF_X86_64 -> "x86-64";
          case ELF_AARCH64 -> "aarch64";
          default -> "another machine (ELF machine " + machine + ")";
        });
  }

  private static String notFound() {
    return "not found: set ASCEND_HOME_PATH (source the toolkit's set_env.sh) or"
        + " sluice.cann.directory";
  }

  /**
   * Returns the dynamic linker's message in one line: wrong architecture, missing dependency,
   * rights.
   */
  private static String reason(UnsatisfiedLinkError error) {
    // The first line only repeats the name.
    List<String> lines = String.valueOf(error.getMessage()).lines().toList();
    return "cannot be loaded: " + lines.get(Math.min(1, lines.size() - 1)).strip();
  }

  /** One row per library: runtime, driver, ACL. */
  public List<LibraryFinding> findings() {
    return findings;
  }

  /** Whether device memory can be allocated and copied. */
  public boolean canAllocate() {
    return canAllocate;
  }

  /** Whether the libraries allow mapping device memory into this process. */
  public boolean canMap() {
    return canMap;
  }

  /** Whether the libraries allow sharing device memory with another process. */
  public boolean canShare() {
    return canShare;
  }

  /** Returns why a library cannot be used, in one line; empty if all can. */
  public String problem() {
    return findings.stream()
        .filter(finding -> !finding.isUsable())
        .map(finding -> finding.library() + " " + finding.problem())
        .collect(Collectors.joining("; "));
  }
}

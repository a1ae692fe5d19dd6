package dev.sluice.bridge.cann;

/**
 * Result of the search for one library.
 *
 * @param library file name
 * @param path loaded from here; the bare name if the dynamic linker found it, empty if not loaded
 * @param problem why it cannot be used, one line; empty if it can
 */
public record LibraryFinding(String library, String path, String problem) {
  public boolean isUsable() {
    return problem.isEmpty();
  }
}

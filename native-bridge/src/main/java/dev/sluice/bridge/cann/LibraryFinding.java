package dev.sluice.bridge.cann;

/**
 * What came of looking for one library.
 *
 * @param library its file name
 * @param path where it was loaded from; the bare name if the dynamic linker found it, empty if not
 *     loaded
 * @param problem why it cannot be used, one line; empty if it can
 */
public record LibraryFinding(String library, String path, String problem) {
  public boolean isUsable() {
    return problem.isEmpty();
  }
}

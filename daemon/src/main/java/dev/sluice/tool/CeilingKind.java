package dev.sluice.tool;

/**
 * What limits a rate, as the daemon's headroom, the verdict of a run and {@code diagnose} name it:
 * the three of the theory, where the last one has two causes with different remedies.
 */
public enum CeilingKind {
  CONTROL_PATH("control_path", "control path"),
  BUFFER_LIFECYCLE("buffer_lifecycle", "buffer life cycle"),
  BANDWIDTH("bandwidth", "bandwidth"),
  STORAGE("storage", "storage");

  private final String label;
  private final String words;

  CeilingKind(String label, String words) {
    this.label = label;
    this.words = words;
  }

  /** As in the label {@code ceiling} of {@code sluice_headroom_ratio}. */
  public String label() {
    return label;
  }

  public String words() {
    return words;
  }
}

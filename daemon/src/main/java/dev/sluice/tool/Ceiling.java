package dev.sluice.tool;

/**
 * What limits a rate, as the daemon's headroom, the verdict of a run and {@code diagnose} name it:
 * the three of the theory, where the last one has two causes with different remedies.
 */
public enum Ceiling {
  CONTROL_PATH(
      "control_path", "control path", "the daemon's threads came too late, give them free CPUs"),
  BUFFER_LIFECYCLE(
      "buffer_lifecycle", "buffer life cycle", "a burst used up a pool, give it more buffers"),
  BANDWIDTH(
      "bandwidth", "bandwidth", "collectors copied more slowly than the device wrote, add shards"),
  STORAGE("storage", "storage", "the disk took less than the device wrote");

  private final String label;
  private final String words;
  private final String remedy;

  Ceiling(String label, String words, String remedy) {
    this.label = label;
    this.words = words;
    this.remedy = remedy;
  }

  /** As in the label {@code ceiling} of {@code sluice_headroom_ratio}. */
  public String label() {
    return label;
  }

  public String words() {
    return words;
  }

  /** What happened at this ceiling and what helps, in a few words. */
  String remedy() {
    return remedy;
  }
}

package dev.sluice.abi;

/** A chip family. Numbers per platform are those of abi.md, Layouts. */
public enum Platform {
  A2A3(1, "a2a3", 24, 50_000_000L),
  A5(2, "a5", 36, 1_000_000_000L);

  private static final int CORES_PER_BLOCK = 3;

  private final int wireNumber;
  private final String id;
  private final int maxBlockDim;
  private final long clockHz;

  Platform(int wireNumber, String id, int maxBlockDim, long clockHz) {
    this.wireNumber = wireNumber;
    this.id = id;
    this.maxBlockDim = maxBlockDim;
    this.clockHz = clockHz;
  }

  /** Number in the attach message. */
  public int wireNumber() {
    return wireNumber;
  }

  public String id() {
    return id;
  }

  /** One AIC and two AIV cores per cluster. */
  public int maxCores() {
    return maxBlockDim * CORES_PER_BLOCK;
  }

  /** Ticks per second of the clock used in every record. */
  public long clockHz() {
    return clockHz;
  }

  /** Returns the platform with this attach number, or null. */
  public static Platform ofWireNumber(int wireNumber) {
    for (Platform platform : values()) {
      if (platform.wireNumber == wireNumber) {
        return platform;
      }
    }
    return null;
  }
}

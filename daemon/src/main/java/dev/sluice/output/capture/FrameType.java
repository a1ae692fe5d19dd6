package dev.sluice.output.capture;

/** Type of a frame. The number is part of the format; 0 is never written. */
public enum FrameType {
  /** Records of one buffer, as columns. */
  RECORDS(1),
  /** Missing records, and why they are missing. */
  GAP(2),
  /** Time that device threads waited for the host. */
  STALL(3),
  /** A new run of the device begins: buffer sequences and dispatch tokens start over. */
  RUN(4),
  /** The last frame of a sealed segment. */
  FOOTER(5);

  private final int number;

  FrameType(int number) {
    this.number = number;
  }

  /** The byte in the frame header. */
  public int number() {
    return number;
  }

  /** Returns the type with this number; null if a later minor version added it. */
  static FrameType ofNumber(int number) {
    return switch (number) {
      case 1 -> RECORDS;
      case 2 -> GAP;
      case 3 -> STALL;
      case 4 -> RUN;
      case 5 -> FOOTER;
      default -> null;
    };
  }
}

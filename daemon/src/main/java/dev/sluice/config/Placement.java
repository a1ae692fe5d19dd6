package dev.sluice.config;

/** Owner of an arena's memory, and how host and device map it. */
public enum Placement {
  /** Memory of the daemon, mapped by the producer process; no device. Any Linux machine. */
  SIM,
  /** Like {@link #SIM}, but the runtime process registers it with its device. */
  HOST,
  /** Device memory, mapped uncached into the daemon. Platform a2a3. */
  DEVICE_MAPPED,
  /** Device memory that the daemon accesses only by copies. Platform a5. */
  DEVICE_COPIED;

  /** Returns the value of {@code enum sluice_placement} in the attach contract. */
  public int wireNumber() {
    return ordinal() + 1;
  }

  /** Returns whether the memory is on the device, so that the daemon needs CANN. */
  public boolean isOnDevice() {
    return this == DEVICE_MAPPED || this == DEVICE_COPIED;
  }

  /** Returns the name used in configuration, logs and responses. */
  public String label() {
    return ConfigTypes.name(this);
  }
}

package dev.sluice.config;

/** Whose memory an arena is, and how host and device get to see it. */
public enum Placement {
  /** Memory of the daemon that the producer process maps; no device. Any Linux machine. */
  SIM,
  /** As {@link #SIM}, and the runtime process registers it with its device. */
  HOST,
  /** Memory of the device that is mapped into the daemon, uncached. Platform a2a3. */
  DEVICE_MAPPED,
  /** Memory of the device that the daemon reaches by copies alone. Platform a5. */
  DEVICE_COPIED;

  /** {@code enum sluice_placement} of the attach contract. */
  public int wireNumber() {
    return ordinal() + 1;
  }

  /** Whether the memory is the device's, so that the daemon needs CANN. */
  public boolean isOnDevice() {
    return this == DEVICE_MAPPED || this == DEVICE_COPIED;
  }

  /** As in configuration, logs and answers. */
  public String label() {
    return ConfigTypes.name(this);
  }
}

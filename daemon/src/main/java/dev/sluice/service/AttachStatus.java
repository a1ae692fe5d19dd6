package dev.sluice.service;

import java.util.Locale;

/** {@code enum sluice_status} of sluice_attach.h, as far as it is sent over the wire. */
public enum AttachStatus {
  OK(0),
  VERSION(1),
  MALFORMED(2),
  LAYOUT(3),
  GEOMETRY(4),
  ARENA(5),
  MEMORY(6),
  DEVICE(7),
  BUSY(8),
  TOKEN(9),
  STATE(10),
  PERMISSION(11),
  STOPPING(12),
  INTERNAL(13),
  PLACEMENT(14),
  DEVICE_DOWN(15);

  private final int code;

  AttachStatus(int code) {
    this.code = code;
  }

  /** Number on the wire. */
  public int code() {
    return code;
  }

  /** The value of the label {@code reason} of sluice_attach_failures_total. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

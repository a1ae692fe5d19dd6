package dev.sluice.output.capture;

import java.util.Map;

/**
 * Device-to-collector half of the accounting law of one kind, in records; see {@link
 * CaptureManifest.KindBooks}.
 */
public record DeviceBooks(
    long produced,
    long collected,
    Map<String, Long> dropped,
    long salvaged,
    long neverStarted,
    long inFlight,
    long unaccounted) {
  public static final DeviceBooks ZERO = new DeviceBooks(0, 0, Map.of(), 0, 0, 0, 0);

  public DeviceBooks {
    dropped = Map.copyOf(dropped);
  }
}

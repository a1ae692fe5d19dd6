/**
 * The arena of a session: one contiguous region with header, pools, rotation table and every
 * buffer, the ledger that says whose each buffer is, and the transport that reaches the bytes.
 * Receives a geometry from the composition root, lends buffers to the device through {@link
 * dev.sluice.device.lane}, and hands full ones on as leases.
 */
package dev.sluice.device;

/**
 * The arena of a session: one contiguous region with header, pools, rotation table and all buffers;
 * the ledger of buffer owners; and the transports that access the bytes. Takes a geometry, lends
 * buffers to the device through {@link dev.sluice.device.lane}, and passes full ones on as leases.
 */
package dev.sluice.device;

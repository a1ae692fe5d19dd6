/**
 * The control path between device and host: the drain agent takes full buffers off the ready
 * queues, the refill agent keeps the free queues stocked. Nothing here allocates, locks, logs or
 * calls the system after construction, and every value that the device wrote is checked before use
 * (its name ends in {@code Untrusted} until then).
 *
 * <p>Who writes what, who reads it, and the order that ties the two:
 *
 * <pre>
 *   state                      one writer        readers           order
 *   ready entries, tails       device            drain             acquire tail, then plain reads
 *   ready heads                drain             device            release, once per batch
 *   entry pointer := 0         drain             device            before the head's release
 *   free slots, tails          refill            device            plain slots, release of the tail
 *   free heads                 device            refill, drain     acquire
 *   freeze flags               refill            device            release
 *   contended flags            device sets,      refill            the one exception: a sticky flag,
 *                              refill clears                       cleared only inside a freeze
 *   handoff ring               drain             collector         the ring's own
 *   return ring                collector         refill            the ring's own
 *   hint ring                  drain             refill            the ring's own
 *   buffer state               the owner         all               release; claims by compare-and-set
 * </pre>
 */
package dev.sluice.device.lane;

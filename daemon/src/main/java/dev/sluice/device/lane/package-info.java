/**
 * The control path between device and host: the drain agent takes full buffers off the ready
 * queues, the refill agent keeps the free queues filled. After construction, nothing here
 * allocates, locks, logs or makes a system call. Every value that the device wrote is checked
 * before use; until then its name ends in {@code Untrusted}.
 *
 * <p>Writers, readers, and the memory order between them:
 *
 * <pre>
 *   state                      one writer        readers           order
 *   ready entries, tails       device            drain             acquire tail, then plain reads
 *   ready heads                drain             device            release, once per entry
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

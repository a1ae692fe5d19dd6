/**
 * What happens to a full buffer once it is in host hands: a collector counts its records, proves
 * their order, offers it to a sink and gives it back; the accounting law puts the sums beside what
 * the device says. Receives leases from {@link dev.sluice.handoff}, never touches queues or the
 * ledger.
 */
package dev.sluice.ingest;

/**
 * Processing of full buffers in host hands: a collector counts the records, verifies their order,
 * offers them to a sink and returns the buffer; the accounting law compares the sums with the
 * device's counters. Takes leases from {@link dev.sluice.handoff}, never touches queues or the
 * ledger.
 */
package dev.sluice.ingest;

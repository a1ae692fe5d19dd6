/**
 * How a buffer changes hands inside the daemon: a bounded single-producer single-consumer ring of
 * buffer numbers, and the table that says what the buffer with that number holds. Drain hands over
 * to the collector, the collector gives back to refill; the taker of a number from a ring owns that
 * buffer and its row of the table until it puts the number into the next ring.
 */
package dev.sluice.handoff;

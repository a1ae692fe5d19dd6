/**
 * Transfer of buffers inside the daemon: a bounded single-producer single-consumer ring of buffer
 * numbers, and the table that describes each buffer's contents. The drain hands buffers to the
 * collectors, the collectors return them to refill; a thread that takes a number from a ring owns
 * that buffer and its row of the table until it puts the number into the next ring.
 */
package dev.sluice.handoff;

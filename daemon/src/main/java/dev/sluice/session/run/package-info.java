/**
 * One run of a device in an arena: the engine of agents, the threads that step them, their
 * shutdown, and the books of the run ({@link dev.sluice.session.run.RunBooks} counts, {@link
 * dev.sluice.session.run.RunTotals} is the result).
 *
 * <p>Nothing here locks. A {@link dev.sluice.session.run.Run} belongs to the owner of its session;
 * its agents belong to their threads until the owner has taken them off.
 */
package dev.sluice.session.run;

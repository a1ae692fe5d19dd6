/**
 * One run of a device in an arena: the engine of agents, the threads that step them, how they are
 * brought to rest, and the one set of books that is kept of it ({@link
 * dev.sluice.session.run.RunBooks} counts, {@link dev.sluice.session.run.RunTotals} is the result).
 *
 * <p>Nothing here locks. A {@link dev.sluice.session.run.Run} belongs to the owner of its session;
 * its agents belong to their threads until the owner has taken them off.
 */
package dev.sluice.session.run;

/**
 * One attached producer from attach to end: its state machine, its memory, its runs, its threads,
 * its drops; who is there; which devices can be used.
 *
 * <p>To follow a request, read {@link dev.sluice.session.Sessions} (who asks), {@link
 * dev.sluice.session.Session} (what is done, in which state), {@link
 * dev.sluice.session.CommandQueue} (on which thread), {@link dev.sluice.session.run.Run} (the run)
 * and {@link dev.sluice.session.SessionMemory}.
 *
 * <p>The rule: no lock is held while something can wait for a disk, a device, a thread or a client.
 * The locks here guard queues and lists and are leaves. What can wait is a command of one session,
 * on a thread that does nothing else meanwhile; readers look at the last {@link
 * dev.sluice.session.SessionView}.
 */
package dev.sluice.session;

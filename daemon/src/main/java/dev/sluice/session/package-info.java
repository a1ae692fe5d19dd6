/**
 * Sessions of attached producers, from attach to end: state machine, memory, runs, threads, drops;
 * the registry of sessions; the state of the devices.
 *
 * <p>To follow a request, read {@link dev.sluice.session.Sessions} (entry point), {@link
 * dev.sluice.session.Session} (states and transitions), {@link dev.sluice.session.CommandQueue}
 * (threads), {@link dev.sluice.session.run.Run} (runs) and {@link
 * dev.sluice.session.SessionMemory}.
 *
 * <p>The rule: never hold a lock across a wait for a disk, a device, a thread or a client. Locks
 * here guard queues and lists and are leaves. Blocking work is a command of one session, on a
 * thread that does nothing else; readers use the last published {@link
 * dev.sluice.session.SessionView}.
 */
package dev.sluice.session;

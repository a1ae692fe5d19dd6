/**
 * Separates work from threads: an {@link dev.sluice.agent.Agent} does a bounded amount of work per
 * call and never waits; an {@link dev.sluice.agent.AgentRunner} owns the thread, the idling and the
 * progress counters. The same agents run on many threads, on one, or stepped by a test.
 */
package dev.sluice.agent;

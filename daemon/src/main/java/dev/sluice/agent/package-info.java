/**
 * Work without threads, and threads without work: an {@link dev.sluice.agent.Agent} does a bounded
 * amount of work when asked and never waits; an {@link dev.sluice.agent.AgentRunner} owns the
 * thread, the waiting and the watch over progress. The same agents run on many threads, on one, or
 * under a test that steps them.
 */
package dev.sluice.agent;

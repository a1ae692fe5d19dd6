/**
 * Numbers that one thread writes and any thread may read: counters, watermarks over a fixed window,
 * latency recorders. Writers are the agents, on the hot path, without allocation; readers are the
 * scrape, the status page and the janitor. A writer publishes with release, a reader reads with
 * acquire, so a reader of a count also sees what was done before it was raised.
 */
package dev.sluice.counters;

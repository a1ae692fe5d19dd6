/**
 * Numbers that one thread writes and any thread may read: counters, watermarks over a fixed window,
 * latency recorders. Writers are the agents, on the hot path, without allocation; readers are the
 * scrape, the status page and the janitor. Counters are published with release and read with
 * acquire, so a reader of a count also sees what the writer did before raising it.
 */
package dev.sluice.counters;

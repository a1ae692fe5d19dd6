/**
 * How near each of the three ceilings is (four, with storage told from bandwidth), from counters
 * alone. The janitor feeds a meter per session at short intervals; agents only keep the
 * single-writer counters and watermarks that it reads. docs/headroom.md has the formulas with
 * examples.
 */
package dev.sluice.headroom;

/**
 * Use of the four ceilings, from counters alone. The janitor feeds a meter per session at short
 * intervals; agents only maintain the single-writer counters and watermarks that it reads.
 * docs/headroom.md has the formulas with examples.
 */
package dev.sluice.headroom;

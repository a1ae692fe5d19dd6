/** A writer and its concurrent readers; see the profile {@code jcstress} of the build. */
package dev.sluice.counters;

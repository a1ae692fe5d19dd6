/** A writer and those who scrape it; see the profile {@code jcstress} of the build. */
package dev.sluice.counters;

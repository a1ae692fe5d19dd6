/** Two or more threads on one ring; see the profile {@code jcstress} of the build. */
package dev.sluice.handoff;

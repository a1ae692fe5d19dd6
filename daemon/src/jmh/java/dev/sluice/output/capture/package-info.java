/** What the steps of a capture cost; see the profile {@code jmh} of the build. */
package dev.sluice.output.capture;

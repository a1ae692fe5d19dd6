/** Cost of the steps of a capture; see the profile {@code jmh} of the build. */
package dev.sluice.output.capture;

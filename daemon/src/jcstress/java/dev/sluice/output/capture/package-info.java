/** A collector and a writer on one memory stage; see the profile {@code jcstress} of the build. */
package dev.sluice.output.capture;

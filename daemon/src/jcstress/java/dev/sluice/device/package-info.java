/** Two threads on one ledger; see the profile {@code jcstress} of the build. */
package dev.sluice.device;

/**
 * {@code sluice simpler}: runs a command of the simpler runtime on Sluice, without a change of the
 * runtime, and puts the runtime's own files where it would have put them.
 */
package dev.sluice.tool.simpler;

/**
 * {@code sluice simpler}: runs a command of the unmodified simpler runtime on Sluice, and writes
 * the runtime's own files where the runtime would have written them.
 */
package dev.sluice.tool.simpler;

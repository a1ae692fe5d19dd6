/**
 * The common part of {@code bench} and {@code diagnose}: loads, their runs against private daemons,
 * the search for the edge of clean runs, figures, and the machine's noise.
 */
package dev.sluice.tool.measure;

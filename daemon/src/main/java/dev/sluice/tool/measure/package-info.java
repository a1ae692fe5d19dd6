/**
 * What {@code bench} and {@code diagnose} share: a load, the runs of it against private daemons,
 * the search for the edge of clean runs, figures, and what the machine did meanwhile.
 */
package dev.sluice.tool.measure;

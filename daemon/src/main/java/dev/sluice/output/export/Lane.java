package dev.sluice.output.export;

/**
 * A row of the timeline.
 *
 * @param index dense, from 0, in the order of declaration
 * @param pid number of the {@link View} that it belongs to
 * @param tid unique within the view; the numbers of abi.md 6.4
 * @param name what is shown; lanes that take turns share one
 */
record Lane(int index, int pid, int tid, String name) {}

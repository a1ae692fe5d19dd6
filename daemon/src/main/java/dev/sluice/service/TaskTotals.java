package dev.sluice.service;

import org.HdrHistogram.Histogram;

/**
 * Tasks of one type of core, counted while captures are written.
 *
 * @param cores of this type, in the open sessions
 * @param tasks completed tasks
 * @param busySeconds time that cores ran tasks, summed over cores
 * @param durationNanos run time of tasks; a copy that is not written any more
 * @param dispatchNanos time that tasks waited on their core before they started; also a copy
 */
public record TaskTotals(
    int cores, long tasks, double busySeconds, Histogram durationNanos, Histogram dispatchNanos) {}

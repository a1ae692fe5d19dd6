package dev.sluice.service;

import org.HdrHistogram.Histogram;

/**
 * What the tasks of one type of core did, as far as captures were written.
 *
 * @param cores of this type, in the open sessions
 * @param tasks that ended
 * @param busySeconds time that cores ran tasks, summed over the cores
 * @param durationNanos how long tasks ran; a copy that is not written any more
 * @param dispatchNanos how long tasks waited on their core before they started, as durationNanos
 */
public record TaskTotals(
    int cores, long tasks, double busySeconds, Histogram durationNanos, Histogram dispatchNanos) {}

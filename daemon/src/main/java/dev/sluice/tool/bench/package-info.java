/**
 * {@code sluice bench}: fixed, named, versioned workloads that make figures of two versions
 * comparable.
 *
 * <p>A {@link dev.sluice.tool.bench.Workload} runs the producer against a daemon through {@link
 * dev.sluice.tool.bench.Bench} and returns {@link dev.sluice.tool.measure.Figure}s; {@link
 * dev.sluice.tool.bench.BenchReport} prints them with the machine's noise ({@link
 * dev.sluice.tool.measure.MachineNoise}). A changed workload gets a new version number, because its
 * figures are no longer comparable.
 */
package dev.sluice.tool.bench;

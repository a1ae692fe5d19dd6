/**
 * {@code sluice bench}: fixed, named, versioned workloads, so that figures of two versions can be
 * compared.
 *
 * <p>A {@link dev.sluice.tool.bench.Workload} runs the producer against a daemon through {@link
 * dev.sluice.tool.bench.Bench} and returns {@link dev.sluice.tool.bench.Figure}s; {@link
 * dev.sluice.tool.bench.BenchReport} prints them beside what the machine did meanwhile ({@link
 * dev.sluice.tool.bench.MachineNoise}). A changed workload gets a new version number: its figures
 * are no longer the same figures.
 */
package dev.sluice.tool.bench;

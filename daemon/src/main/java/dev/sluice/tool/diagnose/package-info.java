/**
 * {@code sluice diagnose}: measures the terms of the three ceilings on this machine, predicts from
 * them where losses begin, finds that edge with real runs, and reports which ceiling binds and what
 * to change.
 *
 * <p>Starts private daemons through {@link dev.sluice.tool.DaemonHost}, reaches daemon internals
 * through {@link dev.sluice.tool.diagnose.HostProbes}, and passes a {@link
 * dev.sluice.tool.diagnose.DiagnoseResult} to the reports. The model is pure arithmetic.
 */
package dev.sluice.tool.diagnose;

/**
 * {@code sluice diagnose}: measures the terms of the three ceilings on this machine, predicts from
 * them where records begin to be lost, finds that edge with real runs, and says which ceiling binds
 * and what to change.
 *
 * <p>Receives a daemon of its own from {@link dev.sluice.tool.DaemonHost} and what only the inside
 * of a daemon can tell through {@link dev.sluice.tool.diagnose.HostProbes}; hands a {@link
 * dev.sluice.tool.diagnose.DiagnoseResult} to the reports. The model is pure arithmetic.
 */
package dev.sluice.tool.diagnose;

package dev.sluice.service;

/**
 * The progress of one agent.
 *
 * @param lastProgressEpochSeconds when it last completed a duty cycle, busy or idle
 * @param stalls duty cycles that took longer than the threshold, since start
 * @param healthy false when the last cycle is too long ago; a parked agent is healthy
 */
public record AgentSnapshot(
    String name, double lastProgressEpochSeconds, long stalls, boolean healthy) {}

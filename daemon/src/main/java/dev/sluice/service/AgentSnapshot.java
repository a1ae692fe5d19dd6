package dev.sluice.service;

/**
 * Progress of one agent.
 *
 * @param lastProgressEpochSeconds end of the last duty cycle, busy or idle
 * @param stalls duty cycles longer than the threshold, since start
 * @param healthy false if the last cycle is too long ago; a parked agent is healthy
 */
public record AgentSnapshot(
    String name, double lastProgressEpochSeconds, long stalls, boolean healthy) {}

package dev.sluice.service;

/**
 * The region is initialised, the free queues are full and draining runs: launch the device.
 *
 * @param terminalBank address at which the device sees the terminal bank of the run; 0 if its
 *     layout has none
 */
public record Started(int session, long terminalBank) {}

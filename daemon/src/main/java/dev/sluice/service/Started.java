package dev.sluice.service;

/**
 * The region is initialised, the free queues are full and draining runs: launch the device.
 *
 * @param terminalBank the address at which the device finds the terminal bank of the run; 0 if its
 *     layout does not have any
 */
public record Started(int session, long terminalBank) {}

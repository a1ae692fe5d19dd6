package dev.sluice.service;

/** The region is initialised, the free queues are full and draining runs: launch the device. */
public record Started(int session) {}

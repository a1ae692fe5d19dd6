package dev.sluice.config;

/** How much something that the host may lack is wanted. */
public enum Provision {
  /** Use it if the host provides it, else continue without and report that. */
  TRY,
  OFF,
  /** Refuse to attach without it. */
  REQUIRE
}

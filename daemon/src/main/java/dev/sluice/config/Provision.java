package dev.sluice.config;

/** How much something that the host may lack is wanted. */
public enum Provision {
  /** Use it if the host gives it, else go on without and say so. */
  TRY,
  OFF,
  /** Refuse to attach without it. */
  REQUIRE
}

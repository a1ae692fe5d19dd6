package dev.sluice.config;

/** How to treat a feature that the host may lack. */
public enum Provision {
  /** Use it if the host provides it; otherwise continue without it and report that. */
  TRY,
  OFF,
  /** Refuse to attach without it. */
  REQUIRE
}

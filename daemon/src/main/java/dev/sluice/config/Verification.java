package dev.sluice.config;

/** How much synthetic content is compared bit by bit with the expected content. */
public enum Verification {
  /** Every record. */
  TRUE,
  FALSE,
  /** A few records of every buffer. */
  SAMPLE
}

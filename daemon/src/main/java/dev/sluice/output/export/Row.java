package dev.sluice.output.export;

/**
 * One thing that happened, in device ticks, on its way from the merge to the model. Rows are
 * recycled by the model; a holder counts itself in {@link #holders}.
 */
abstract sealed class Row permits TaskRow, PhaseRow, SubmitRow {
  /** Where it stands in the merged order; see the stream that made it. */
  long key;

  /** Places that still point here; back in the pool when it falls to 0. */
  int holders;
}

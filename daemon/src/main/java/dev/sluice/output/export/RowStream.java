package dev.sluice.output.export;

import java.io.IOException;

/** The rows of one pool (of two, for tasks) in the order of their keys. */
interface RowStream {
  /**
   * The next row, or null after the last. Keys never fall within a stream, whatever the records
   * say: a record that is out of order gets the key of the one before it.
   */
  Row next() throws IOException;
}

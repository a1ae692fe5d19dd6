package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.util.List;

/**
 * What a capture takes on disk.
 *
 * @param target ceiling: bytes of segments on disk per byte of records
 */
record SizeWorkload(String name, Load load, double target) implements Workload {
  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "size of a level-" + load.level() + " capture, against its records";
  }

  /** One run: the same seed makes the same records. */
  @Override
  public Measurement measure(Bench bench) throws ToolException {
    try (RecordedCapture capture = RecordedCapture.record(bench, load)) {
      double ratio = (double) capture.segmentBytes() / capture.recordBytes();
      return new Measurement(
          List.of(Figure.atMost(target, "on disk", ratio, Unit.RATIO)), capture.runs());
    } catch (IOException e) {
      throw new ToolException("the capture of the bench cannot be read: " + e.getMessage(), e);
    }
  }
}

package dev.sluice.tool.bench;

import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.util.List;

/**
 * How fast a capture is proved: checksums, order, law, and the content of every record, which the
 * synthetic producer's seed foretells.
 *
 * @param targetBytesPerSecond floor
 */
record VerifyWorkload(String name, Load load, double targetBytesPerSecond) implements Workload {
  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "bytes of a level-" + load.level() + " capture verified per second, from memory";
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    try (RecordedCapture capture = RecordedCapture.record(bench, load)) {
      double[] rates = new double[bench.runs()];
      for (int run = 0; run < rates.length; run++) {
        long startNs = System.nanoTime();
        long bytes = verify(capture);
        rates[run] = bytes / ((System.nanoTime() - startNs) / 1e9);
      }
      return new Measurement(
          List.of(Figure.atLeast(targetBytesPerSecond, "verified", rates, Unit.BYTES_PER_SECOND)),
          capture.runs());
    }
  }

  private static long verify(RecordedCapture capture) throws ToolException {
    try (CaptureReader reader = CaptureReader.open(capture.directory())) {
      CaptureVerifier.Result result = CaptureVerifier.verify(reader);
      if (result.isDamaged() || result.isIncomplete()) {
        throw new ToolException(
            "the capture of the bench is not whole: " + result.damages() + result.losses());
      }
      return result.bytes();
    } catch (IOException e) {
      throw new ToolException("the capture of the bench cannot be read: " + e.getMessage(), e);
    }
  }
}

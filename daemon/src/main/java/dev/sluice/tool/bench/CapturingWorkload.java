package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.util.Map;

/**
 * Another workload, against a daemon that captures: into memory, as a flight recorder that keeps
 * the last GiB, so that neither a disk nor its fill level is measured.
 */
record CapturingWorkload(String name, Workload inner) implements Workload {
  @Override
  public int version() {
    return inner.version();
  }

  @Override
  public String description() {
    return inner.description() + ", with capture on (recorder of 1GiB, tmpfs where there is one)";
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    try (ScratchFolder folder = ScratchFolder.inMemory();
        Bench capturing =
            bench.with(
                Map.of(
                    "sluice.capture.enabled", "true",
                    "sluice.capture.directory", folder.path().toString(),
                    "sluice.capture.retention-bytes", "2GiB",
                    "sluice.capture.recorder.enabled", "true",
                    "sluice.capture.recorder.bytes", "1GiB",
                    // The search drops records on purpose; their snapshots would fill the memory.
                    "sluice.capture.snapshot.on-drop", "false"))) {
      return inner.measure(capturing);
    }
  }
}

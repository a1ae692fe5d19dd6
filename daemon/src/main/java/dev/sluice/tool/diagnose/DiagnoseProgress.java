package dev.sluice.tool.diagnose;

import dev.sluice.tool.ProgressLine;
import java.util.Locale;

/** A bar on standard error: stages done, and what is under way. One thread. */
final class DiagnoseProgress implements Diagnosis.Progress {
  private static final int WIDTH = 24;

  private final ProgressLine line;
  private final int stages;
  private int begun;
  private String current = "";

  DiagnoseProgress(ProgressLine line, int stages) {
    this.line = line;
    this.stages = stages;
  }

  @Override
  public void stage(String name) {
    begun++;
    current = name;
    show("");
  }

  @Override
  public void detail(String text) {
    show(": " + text);
  }

  private void show(String detail) {
    double done = Math.min(1, (double) (begun - 1) / stages);
    int filled = (int) (done * WIDTH);
    line.update(
        String.format(
            Locale.ROOT,
            "[%s%s] %3.0f %%  %s%s",
            "=".repeat(filled),
            " ".repeat(WIDTH - filled),
            100 * done,
            current,
            detail));
  }
}

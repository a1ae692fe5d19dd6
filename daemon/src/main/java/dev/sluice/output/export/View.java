package dev.sluice.output.export;

/** A group of lanes, drawn as a process. */
enum View {
  ORCHESTRATOR(1, "AICPU Orchestrator"),
  SCHEDULER(2, "AICPU Scheduler"),
  SCHEDULED(3, "Scheduler View"),
  WORKER(4, "Worker View");

  private final int pid;
  private final String label;

  View(int pid, String label) {
    this.pid = pid;
    this.label = label;
  }

  /** Process number, and place among the views from the top. */
  int pid() {
    return pid;
  }

  String label() {
    return label;
  }
}

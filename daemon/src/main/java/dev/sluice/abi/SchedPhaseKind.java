package dev.sluice.abi;

import static dev.sluice.abi.Generation.CHIP_2026_08;
import static dev.sluice.abi.Generation.L2_2026_06;

import java.util.List;

/** What a scheduler phase was about; the number is the ordinal (abi.md section 3). */
public enum SchedPhaseKind {
  COMPLETE("complete"),
  DISPATCH("dispatch"),
  RELEASE("release"),
  WIRE("wire"),
  DUMMY("dummy"),
  EARLY_DISPATCH("early_dispatch"),
  RESOLVE("resolve"),
  DUMMY_TASK("dummy_task"),
  DRAIN("drain"),
  DRAIN_PREPARE("drain_prepare"),
  DRAIN_PUBLISH("drain_publish"),
  ASYNC_POLL("async_poll"),
  PREDICATED_SKIP("predicated_skip"),
  GRAPH_PREPARE("graph_prepare");

  /** Cached, since {@code values()} allocates. */
  public static final List<SchedPhaseKind> ALL = List.of(values());

  private final String jsonName;

  SchedPhaseKind(String jsonName) {
    this.jsonName = jsonName;
  }

  /** The name in the runtime tools' JSON. */
  public String jsonName() {
    return jsonName;
  }

  /** Whether devices of this generation write it. */
  public boolean existsIn(Generation generation) {
    return switch (this) {
      case WIRE -> generation == L2_2026_06;
      case DRAIN, DRAIN_PREPARE, DRAIN_PUBLISH, ASYNC_POLL, PREDICATED_SKIP, GRAPH_PREPARE ->
          generation == CHIP_2026_08;
      default -> true;
    };
  }

  /** Whether the union at bytes 28 to 35 names a task instead of counting pops. */
  public boolean namesTaskInUnion(Generation generation) {
    return generation == CHIP_2026_08
        && (this == DUMMY_TASK || this == PREDICATED_SKIP || this == GRAPH_PREPARE);
  }
}

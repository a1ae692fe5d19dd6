package dev.sluice.abi;

import java.util.List;

/** Scheduler phases; {@link PhaseNumbering} has the numbers. */
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
  GRAPH_PREPARE("graph_prepare"),
  RESOLVE_STANDALONE("resolve_standalone"),
  BOOTSTRAP("bootstrap"),
  STATE_PROBE("state_probe"),
  WORKSTEAL("worksteal"),
  REFILL("refill"),
  IDLE("idle");

  /** Cached, since {@code values()} allocates. */
  public static final List<SchedPhaseKind> ALL = List.of(values());

  private final String jsonName;

  SchedPhaseKind(String jsonName) {
    this.jsonName = jsonName;
  }

  /** Name in the JSON of the runtime's tools. */
  public String jsonName() {
    return jsonName;
  }
}

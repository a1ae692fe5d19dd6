package dev.sluice;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import java.util.Map;

/** One session as in {@code /api/v1/sessions}; a missing key fails the test by its name. */
record SessionView(Map<String, Object> json) {
  int id() throws ToolException {
    return (int) whole("id");
  }

  long whole(String key) throws ToolException {
    return Json.whole(json, key);
  }

  String name() throws ToolException {
    return Json.text(json, "name");
  }

  String state() throws ToolException {
    return Json.text(json, "state");
  }

  /** Returns the placement of the arena. */
  String placement() throws ToolException {
    return Json.text(json, "placement");
  }

  /** Returns the human-readable note on how the arena was set up. */
  String notice() throws ToolException {
    return Json.text(Json.object(json, "arena"), "notice");
  }

  boolean isEnded() throws ToolException {
    return state().startsWith("ended");
  }

  /** Returns the totals of one kind. */
  Totals kind(String kind) throws ToolException {
    return new Totals(Json.object(Json.object(json, "kinds"), kind));
  }

  /** Returns the totals over all kinds. */
  Totals total() {
    return new Totals(json);
  }

  Map<String, Long> violations() throws ToolException {
    return Json.counts(json, "abi_violations");
  }

  long violationsInAll() throws ToolException {
    return sum(violations());
  }

  long verified() throws ToolException {
    return Json.whole(json, "verified_records");
  }

  long mismatched() throws ToolException {
    return Json.whole(json, "mismatched_records");
  }

  double longestRefillSeconds() throws ToolException {
    return Json.real(Json.object(json, "refill_latency_seconds"), "max");
  }

  static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The terms of the accounting law, in records. */
  record Totals(Map<String, Object> json) {
    long produced() throws ToolException {
      return Json.whole(json, "device_records");
    }

    long collected() throws ToolException {
      return Json.whole(json, "collected_records");
    }

    Map<String, Long> drops() throws ToolException {
      return Json.counts(json, "dropped_records");
    }

    long dropped(String cause) throws ToolException {
      return Json.whole(Json.object(json, "dropped_records"), cause);
    }

    /** Returns the sum over all causes, including those that no device counter shows. */
    long dropped() throws ToolException {
      return sum(drops());
    }

    /** Returns the part that the device's own counters show. */
    long droppedByDevice() throws ToolException {
      return dropped() - dropped("inferred") - dropped("producer_died") - dropped("guard_recycled");
    }

    long salvaged() throws ToolException {
      return Json.whole(json, "salvaged_records");
    }

    long inFlight() throws ToolException {
      return Json.whole(json, "in_flight_records");
    }

    long unaccounted() throws ToolException {
      return Json.whole(json, "unaccounted_records");
    }
  }
}

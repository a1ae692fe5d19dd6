package dev.sluice.service.attach;

import static dev.sluice.service.attach.MessageType.ATTACH;
import static dev.sluice.service.attach.MessageType.DETACH;
import static dev.sluice.service.attach.MessageType.RESUME;
import static dev.sluice.service.attach.MessageType.RUN_END;
import static dev.sluice.service.attach.MessageType.START;

import java.util.Set;

/** {@code enum sluice_key}: field keys and the requests that use them. */
enum AttachKey {
  STATUS(1),
  TEXT(2),
  SESSION(3),
  TOKEN(4, START, RUN_END, DETACH, RESUME),
  DEVICE(5, ATTACH),
  LAYOUT(6, ATTACH),
  FACTS(7, ATTACH),
  RUNTIME(8, ATTACH),
  REGIONS(9, ATTACH),
  LEVEL(10, ATTACH),
  CORES(11, ATTACH),
  SCHED_THREADS(12, ATTACH),
  ORCH_THREADS(13, ATTACH),
  SLOTS(14, ATTACH),
  READY_ENTRIES(15, ATTACH),
  BUFFER_RECORDS(16, ATTACH),
  BUFFERS(17, ATTACH),
  PLACEMENTS(18, ATTACH),
  BARE_PROCESS(19, ATTACH),
  NAME(20, ATTACH),
  SYNTHETIC(21, ATTACH),
  PLACEMENT(22),
  ARENA_BYTES(23),
  REGION_OFFSETS(24),
  REGION_BYTES(25),
  ROTATION_OFFSET(26),
  BUFFERS_OFFSET(27),
  GRANTED(28),
  BUFFER_OFFSETS(29),
  SHARE_ROUTE(30),
  SHARE_BYTES(31),
  SHARE_HANDLE(32),
  SHARE_KEY(33),
  DEVICE_BASE(34, START),
  RUN_EPOCH(35, START),
  MONOTONIC_NS(36, START, RUN_END, DETACH),
  REALTIME_NS(37, START, RUN_END, DETACH),
  BOOT_ID(38, START, RUN_END, DETACH),
  TERMINAL_BANK(39),
  LOST_REASON(40, DETACH),
  PRODUCED(41),
  COLLECTED(42),
  DROPPED(43),
  SALVAGED(44),
  UNACCOUNTED(45),
  LOCKS_OFFSET(46),
  GUARD_LOST(47, RUN_END, DETACH, RESUME),
  NEVER_STARTED(48),
  RUN_NAME(49, START),
  PATIENCE_MS(50, ATTACH),
  PMU_EVENTS(51, ATTACH);

  private static final AttachKey[] VALUES = values();

  private final int code;

  @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
  private final Set<MessageType> requests;

  AttachKey(int code, MessageType... requests) {
    this.code = code;
    this.requests = Set.of(requests);
  }

  int code() {
    return code;
  }

  /** Returns the key with this number, or null if the request has no such field. */
  static AttachKey of(int codeUntrusted, MessageType request) {
    for (AttachKey key : VALUES) {
      if (key.code == codeUntrusted) {
        return key.requests.contains(request) ? key : null;
      }
    }
    return null;
  }
}

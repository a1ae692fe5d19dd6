package dev.sluice.service.attach;

import dev.sluice.abi.SyntheticContent;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Labels;
import dev.sluice.service.Token;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what clients send. Every value is checked as far as its form goes, none is trusted. */
final class Requests {
  private Requests() {}

  static MessageType type(ByteBuf message) {
    int code = message.getUnsignedShortLE(message.readerIndex() + Messages.TYPE_OFFSET);
    MessageType type = MessageType.request(code);
    if (type == MessageType.NONE) {
      throw new AttachRefusedException(AttachStatus.MALFORMED, "no request has type " + code);
    }
    return type;
  }

  static Token token(ByteBuf message) {
    byte[] bytes = new byte[Token.BYTES];
    message.getBytes(message.readerIndex() + Messages.TOKEN_OFFSET, bytes);
    return Token.of(bytes);
  }

  /** Any address is possible: it is the device's, not ours. */
  static long deviceBase(ByteBuf message) {
    return message.getLongLE(message.readerIndex() + Messages.START_DEVICE_BASE_OFFSET);
  }

  static AttachRequest attach(ByteBuf message) {
    int flags = refuseReservedBits(message);
    Optional<SyntheticContent.Recipe> synthetic = Optional.empty();
    if ((flags & Messages.FLAG_SYNTHETIC) != 0) {
      int start = message.readerIndex();
      synthetic =
          Optional.of(
              new SyntheticContent.Recipe(
                  message.getLongLE(start + Messages.GEOMETRY_SYNTHETIC_SEED_OFFSET),
                  message.getLongLE(start + Messages.GEOMETRY_SYNTHETIC_ORIGIN_TICKS_OFFSET),
                  message.getLongLE(start + Messages.GEOMETRY_SYNTHETIC_PERIOD_TICKS_OFFSET),
                  (flags & Messages.FLAG_JITTERED) != 0));
    }
    int start = message.readerIndex();
    return new AttachRequest(
        count(message, Messages.GEOMETRY_DEVICE_OFFSET, "device", AttachStatus.DEVICE),
        message.getUnsignedShortLE(start + Messages.GEOMETRY_GENERATION_OFFSET),
        message.getUnsignedShortLE(start + Messages.GEOMETRY_PLATFORM_OFFSET),
        count(message, Messages.GEOMETRY_LEVEL_OFFSET, "level"),
        count(message, Messages.GEOMETRY_NUM_CORES_OFFSET, "num_cores"),
        count(message, Messages.GEOMETRY_SCHED_THREADS_OFFSET, "sched_threads"),
        count(message, Messages.GEOMETRY_ORCH_THREADS_OFFSET, "orch_threads"),
        new AttachRequest.Overrides(
            count(message, Messages.GEOMETRY_SLOT_COUNT_OFFSET, "slot_count"),
            count(message, Messages.GEOMETRY_READY_QUEUE_ENTRIES_OFFSET, "ready_queue_entries"),
            perKind(message, Messages.GEOMETRY_BUFFER_RECORDS_OFFSET, "buffer_records"),
            perKind(message, Messages.GEOMETRY_BUFFERS_PER_INSTANCE_OFFSET, "buffers_per_instance"),
            message.getLongLE(start + Messages.GEOMETRY_FACTS_OFFSET)),
        synthetic,
        new AttachRequest.Reach(
            message.getIntLE(start + Messages.GEOMETRY_PLACEMENTS_OFFSET),
            count(message, Messages.GEOMETRY_BARE_PROCESS_OFFSET, "bare_process")),
        text(message, Messages.GEOMETRY_NAME_OFFSET, Messages.GEOMETRY_NAME_BYTES));
  }

  /** Why the client cannot use the memory that it was granted; empty for an end in order. */
  static Optional<String> lostReason(ByteBuf message) {
    boolean isLost = message.getIntLE(message.readerIndex() + Messages.END_IS_LOST_OFFSET) != 0;
    return isLost
        ? Optional.of(
            text(message, Messages.END_LOST_REASON_OFFSET, Messages.END_LOST_REASON_BYTES))
        : Optional.empty();
  }

  private static int refuseReservedBits(ByteBuf message) {
    int start = message.readerIndex();
    int flags = message.getIntLE(start + Messages.GEOMETRY_FLAGS_OFFSET);
    int known = Messages.FLAG_SYNTHETIC;
    if ((flags & Messages.FLAG_SYNTHETIC) != 0) {
      known |= Messages.FLAG_JITTERED;
    }
    int unknown = flags & ~known;
    if (unknown != 0) {
      throw new AttachRefusedException(
          AttachStatus.MALFORMED, "unknown flags 0x" + Integer.toHexString(unknown));
    }
    int placements = message.getIntLE(start + Messages.GEOMETRY_PLACEMENTS_OFFSET);
    if ((placements & ~Messages.GEOMETRY_PLACEMENTS_KNOWN) != 0) {
      throw new AttachRefusedException(
          AttachStatus.MALFORMED, "unknown placements 0x" + Integer.toHexString(placements));
    }
    int reserved = 0;
    for (int at = Messages.GEOMETRY_PAD_OFFSET; at < Messages.GEOMETRY_END_OFFSET; at++) {
      boolean isFact = at >= Messages.GEOMETRY_FACTS_OFFSET && at < Messages.GEOMETRY_PAD_2_OFFSET;
      reserved |= isFact ? 0 : message.getByte(start + at);
    }
    if (reserved != 0) {
      throw new AttachRefusedException(
          AttachStatus.MALFORMED, "reserved bytes of the geometry are not 0");
    }
    return flags;
  }

  private static List<Integer> perKind(ByteBuf message, int offset, String field) {
    List<Integer> numbers = new ArrayList<>();
    for (int kind = 0; kind < Labels.KINDS.size(); kind++) {
      numbers.add(count(message, offset + kind * Integer.BYTES, field));
    }
    return numbers;
  }

  private static int count(ByteBuf message, int offset, String field) {
    return count(message, offset, field, AttachStatus.GEOMETRY);
  }

  private static int count(ByteBuf message, int offset, String field, AttachStatus status) {
    long number = message.getUnsignedIntLE(message.readerIndex() + offset);
    if (number > Integer.MAX_VALUE) {
      throw new AttachRefusedException(status, field + " " + number + " is out of range");
    }
    return (int) number;
  }

  private static String text(ByteBuf message, int offset, int limit) {
    int start = message.readerIndex() + offset;
    int length = message.indexOf(start, start + limit, (byte) 0) - start;
    int bytes = length < 0 ? limit : length;
    // Into logs and pages it goes: control characters would forge lines there.
    return message
        .toString(start, bytes, StandardCharsets.UTF_8)
        .replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]", "?")
        .strip();
  }
}

package dev.sluice.service.attach;

import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Labels;
import dev.sluice.service.Token;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Parses requests. Checks the format of every value and trusts none. */
final class Requests {
  private static final int NAME_BYTES = 63;
  private static final int RUN_NAME_BYTES = 511;
  private static final int WORD_BYTES = 64;
  private static final int REASON_BYTES = 1024;
  private static final int SYNTHETIC_NUMBERS = 4;
  private static final long KNOWN_PLACEMENTS = 0b11110;
  private static final long KNOWN_REGIONS = 0b11111;
  private static final int ALL_KINDS = 8;

  private Requests() {}

  static Token token(Message message) {
    return Token.of(message.require(AttachKey.TOKEN).bytes(AttachKey.TOKEN, Token.BYTES));
  }

  /** Any address is possible: it is the device's, not the daemon's. */
  static long deviceBase(Message message) {
    return message.require(AttachKey.DEVICE_BASE).number(AttachKey.DEVICE_BASE);
  }

  static RunId runId(Message message) {
    return new RunId(
        message.number(AttachKey.RUN_EPOCH), message.text(AttachKey.RUN_NAME, RUN_NAME_BYTES));
  }

  /** Returns the time of the request by the client's clocks, or by the daemon's if absent. */
  static HostTime time(Message message) {
    if (!message.has(AttachKey.MONOTONIC_NS) || !message.has(AttachKey.REALTIME_NS)) {
      return HostTime.now();
    }
    return new HostTime(
        message.number(AttachKey.MONOTONIC_NS),
        message.number(AttachKey.REALTIME_NS),
        message.text(AttachKey.BOOT_ID, WORD_BYTES));
  }

  static AttachRequest attach(Message message) {
    message.require(AttachKey.LAYOUT, AttachKey.LEVEL, AttachKey.CORES, AttachKey.SCHED_THREADS);
    return new AttachRequest(
        count(message, AttachKey.DEVICE, AttachStatus.DEVICE),
        new AttachRequest.Wire(
            message.text(AttachKey.LAYOUT, WORD_BYTES),
            message.text(AttachKey.RUNTIME, WORD_BYTES),
            bits(message, AttachKey.REGIONS, KNOWN_REGIONS),
            count(message, AttachKey.PMU_EVENTS)),
        count(message, AttachKey.LEVEL),
        count(message, AttachKey.CORES),
        count(message, AttachKey.SCHED_THREADS),
        count(message, AttachKey.ORCH_THREADS),
        new AttachRequest.Overrides(
            count(message, AttachKey.SLOTS),
            count(message, AttachKey.READY_ENTRIES),
            byKind(message, AttachKey.BUFFER_RECORDS),
            byKind(message, AttachKey.BUFFERS),
            message.number(AttachKey.FACTS)),
        synthetic(message),
        new AttachRequest.Reach(
            bits(message, AttachKey.PLACEMENTS, KNOWN_PLACEMENTS),
            count(message, AttachKey.BARE_PROCESS)),
        message.text(AttachKey.NAME, NAME_BYTES),
        count(message, AttachKey.PATIENCE_MS));
  }

  private static Optional<SyntheticContent.Recipe> synthetic(Message message) {
    if (!message.has(AttachKey.SYNTHETIC)) {
      return Optional.empty();
    }
    long[] recipe = message.numbers(AttachKey.SYNTHETIC, SYNTHETIC_NUMBERS);
    return Optional.of(
        new SyntheticContent.Recipe(recipe[0], recipe[1], recipe[2], recipe[3] != 0));
  }

  /** Returns why the client cannot use the memory it was granted; empty for a normal detach. */
  static Optional<String> lostReason(Message message) {
    return message.has(AttachKey.LOST_REASON)
        ? Optional.of(message.text(AttachKey.LOST_REASON, REASON_BYTES))
        : Optional.empty();
  }

  /** Returns the records that the client's guard has recycled so far, by kind; empty if absent. */
  static Optional<long[]> recycled(Message message) {
    return message.has(AttachKey.GUARD_LOST)
        ? Optional.of(message.numbers(AttachKey.GUARD_LOST, Labels.ALL_KINDS.size()))
        : Optional.empty();
  }

  private static int bits(Message message, AttachKey key, long known) {
    long bits = message.number(key);
    if ((bits & ~known) != 0) {
      throw new AttachRefusedException(
          AttachStatus.MALFORMED, key + " has unknown bits 0x" + Long.toHexString(bits & ~known));
    }
    return (int) bits;
  }

  private static List<Integer> byKind(Message message, AttachKey key) {
    int kinds = Labels.KINDS.size();
    long[] numbers = message.numbers(key, ALL_KINDS);
    if (Arrays.stream(numbers).skip(kinds).anyMatch(number -> number != 0)) {
      throw new AttachRefusedException(
          AttachStatus.GEOMETRY, key + " can be set for swimlane kinds only");
    }
    return Arrays.stream(numbers, 0, kinds)
        .mapToObj(number -> count(number, key, AttachStatus.GEOMETRY))
        .toList();
  }

  private static int count(Message message, AttachKey key) {
    return count(message, key, AttachStatus.GEOMETRY);
  }

  private static int count(Message message, AttachKey key, AttachStatus status) {
    return count(message.number(key), key, status);
  }

  private static int count(long number, AttachKey key, AttachStatus status) {
    if (number < 0 || number > Integer.MAX_VALUE) {
      throw new AttachRefusedException(
          status, key + " " + Long.toUnsignedString(number) + " is out of range");
    }
    return (int) number;
  }
}

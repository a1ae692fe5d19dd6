package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Placement;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.Handover;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.Token;
import dev.sluice.session.RefusedException;
import dev.sluice.session.SessionMemory;
import dev.sluice.session.SessionRequest;
import dev.sluice.session.run.RunTotals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Between the words of the attach contract and those of the session stage: requests, grants, books
 * and refusals. Arithmetic only, on any thread. A number that cannot be is an {@link
 * AttachRefusedException} whose status names what the client should change.
 */
final class AttachWords {
  private AttachWords() {}

  /** What a client asks for: the layout of its generation with the numbers of its runtime. */
  static SessionRequest request(AttachRequest request) {
    List<Integer> asked = request.overrides().buffersPerInstance();
    AttachRequest.Reach reach = request.reach();
    return new SessionRequest(
        request.device(),
        request.name(),
        geometry(request),
        overrides(request.overrides()),
        new BufferCounts(asked.get(0), asked.get(1), asked.get(2), asked.get(3)),
        request.synthetic(),
        Arrays.stream(Placement.values())
            .filter(placement -> reach.includes(placement.wireNumber()))
            .collect(Collectors.toSet()),
        reach.bareProcess());
  }

  private static Geometry geometry(AttachRequest request) {
    Layout layout = layout(request);
    try {
      return new Geometry(
          layout,
          request.numCores(),
          request.schedThreads(),
          request.orchThreads(),
          request.level());
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.GEOMETRY, e.getMessage());
    }
  }

  private static Layout layout(AttachRequest request) {
    Generation generation = Generation.ofWireNumber(request.generation());
    Platform platform = Platform.ofWireNumber(request.platform());
    if (generation == null || platform == null) {
      throw new AttachRefusedException(
          AttachStatus.LAYOUT,
          "no layout has generation " + request.generation() + ", platform " + request.platform());
    }
    try {
      return Layout.of(generation, platform, overrides(request.overrides()));
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.LAYOUT, e.getMessage());
    }
  }

  /** The constants that the client's runtime was built with; 0 where they are the layout's own. */
  private static LayoutOverrides overrides(AttachRequest.Overrides asked) {
    List<Integer> records = asked.bufferRecords();
    return new LayoutOverrides(
        asked.slotCount(),
        asked.readyQueueEntries(),
        records.get(BufferKind.AICPU_TASK.ordinal()),
        records.get(BufferKind.SCHED_PHASE.ordinal()),
        records.get(BufferKind.ORCH_PHASE.ordinal()),
        records.get(BufferKind.AICORE_TASK.ordinal()));
  }

  /**
   * What the client needs to map the arena.
   *
   * @param descriptor of the arena, for the attach server to send and to close; -1 for none
   */
  static Granted granted(
      int session, Token token, SessionMemory memory, int descriptor, int connection) {
    ArenaPlan plan = memory.plan();
    Handover handover = memory.handover();
    return new Granted(
        session,
        token,
        connection,
        memory.placement().wireNumber(),
        plan.layout().pool().slotCount(),
        memory.bytes(),
        0,
        plan.geometry().regionBytes(),
        plan.rotationOffset(),
        plan.buffersOffset(),
        BufferKind.ALL.stream().map(plan::buffers).toList(),
        BufferKind.ALL.stream().map(kind -> (long) plan.kindOffset(kind)).toList(),
        descriptor,
        memory.placement().isOnDevice()
            ? Optional.of(
                new Granted.DeviceShare(
                    handover.device(), memory.bytes(), handover.key(), handover.shareable()))
            : Optional.empty());
  }

  /** Of one run, as the client gets them. */
  static Books books(int session, RunTotals totals) {
    List<Books.KindBooks> kinds = new ArrayList<>();
    for (AccountingLaw law : totals.laws) {
      kinds.add(
          new Books.KindBooks(
              law.produced(), law.collected(), law.missing(), law.salvaged(), law.unaccounted()));
    }
    return new Books(session, kinds, text(totals));
  }

  private static String text(RunTotals totals) {
    AccountingLaw law = totals.law();
    if (totals.syntheticMismatched > 0) {
      return totals.syntheticMismatched + " records with wrong content";
    }
    if (law.unaccounted() != 0) {
      return "the books do not balance";
    }
    return law.inFlight() != 0
        ? "the device still writes, " + law.inFlight() + " records are in flight"
        : "the books balance";
  }

  /** What the client is told; what is no refusal stays what it is, a defect. */
  static Throwable refusal(Throwable failure) {
    return failure instanceof RefusedException refused
        ? new AttachRefusedException(status(refused.reason()), refused.getMessage())
        : failure;
  }

  private static AttachStatus status(RefusedException.Reason reason) {
    return switch (reason) {
      case DEVICE -> AttachStatus.DEVICE;
      case DEVICE_DOWN -> AttachStatus.DEVICE_DOWN;
      case BUSY -> AttachStatus.BUSY;
      case MEMORY -> AttachStatus.MEMORY;
      case ARENA -> AttachStatus.ARENA;
      case PLACEMENT -> AttachStatus.PLACEMENT;
      case MALFORMED -> AttachStatus.MALFORMED;
      case STATE -> AttachStatus.STATE;
      case NOT_YOURS -> AttachStatus.TOKEN;
      case STOPPING -> AttachStatus.STOPPING;
    };
  }
}

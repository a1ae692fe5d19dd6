package dev.sluice.device;

import dev.sluice.bridge.ArenaLocks;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.bridge.cann.Cann;
import dev.sluice.bridge.cann.CannException;
import dev.sluice.bridge.cann.DeviceAllocation;
import dev.sluice.bridge.cann.DeviceAllocation.Route;
import dev.sluice.config.ArenaSettings;
import dev.sluice.config.CannSettings;
import dev.sluice.config.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Placements {@code device-mapped} and {@code device-copied}: device memory with a shadow in this
 * process. Tested against a stand-in for the vendor's libraries, never on hardware.
 */
final class DeviceBacking implements ArenaBacking {
  private static final int PROBE_BYTES = 256 << 10;
  private static final int PROBES = 5;

  // Failure code for a failure detected elsewhere; runtime codes are greater.
  private static final int GIVEN_UP = -1;

  private final Placement placement;
  private final Cann cann;
  private final DeviceAllocation allocation;
  private final SharedRegion shadow;
  private final ShadowedMemory memory;
  private final String notice;

  // Keeps a probe from touching memory that is being freed.
  private final Object allocationLock = new Object();
  private boolean isReleased;
  private volatile String failureBefore;
  private volatile String cause = "";

  /**
   * @param importer process id that will import the memory
   * @throws IOException one line: the failed call of each route that was tried
   */
  DeviceBacking(
      Placement placement,
      Cann cann,
      String name,
      long bytes,
      int importer,
      CannSettings settings,
      ArenaSettings arena)
      throws IOException {
    this.placement = placement;
    this.cann = cann;
    this.allocation = allocate(cann, bytes, placement, importer, settings.share());
    SharedRegion region = null;
    try {
      region =
          SharedRegion.create(
              name,
              allocation.bytes(),
              SharedBacking.extra(arena.hugePages()),
              SharedBacking.extra(arena.lockMemory()));
      this.shadow = region;
      if (placement == Placement.DEVICE_COPIED) {
        memory = new CopiedMemory(cann::copy, allocation.deviceAddress(), shadow);
        notice = notice("");
      } else {
        boolean isCopied = isPayloadCopied(settings.payload());
        memory =
            new UncachedMemory(
                allocation.hostView(), shadow, cann::copy, allocation.deviceAddress(), isCopied);
        notice = notice(", payload by " + (isCopied ? "runtime copies" : "loads"));
      }
    } catch (IOException | RuntimeException e) {
      if (region != null) {
        region.close();
      }
      String left = free();
      if (!left.isEmpty()) {
        e.addSuppressed(new IOException(left));
      }
      throw e;
    }
  }

  private String notice(String payload) {
    String route = allocation.route() == Route.IPC_KEY ? "IPC key" : "shareable handle";
    return "shared by "
        + route
        + payload
        + (shadow.notice().isEmpty() ? "" : "; ")
        + shadow.notice();
  }

  /** Uses the first route that works; only trying shows which one a board supports. */
  private static DeviceAllocation allocate(
      Cann cann, long bytes, Placement placement, int importer, CannSettings.Share share)
      throws IOException {
    List<Route> routes =
        switch (share) {
          case AUTO -> List.of(Route.IPC_KEY, Route.SHAREABLE_HANDLE);
          case IPC_KEY -> List.of(Route.IPC_KEY);
          case SHAREABLE_HANDLE -> List.of(Route.SHAREABLE_HANDLE);
        };
    StringBuilder causes = new StringBuilder();
    CannException last = null;
    for (Route route : routes) {
      try {
        return DeviceAllocation.create(
            cann, route, bytes, placement == Placement.DEVICE_MAPPED, importer);
      } catch (CannException e) {
        causes.append(causes.isEmpty() ? "" : "; then ").append(e.getMessage());
        last = e;
      }
    }
    throw new IOException(causes.toString(), last);
  }

  /**
   * Whether runtime copies beat loads through the mapping, measured on this memory. Takes the
   * minimum of a few runs, since disturbances only lengthen a run.
   */
  private boolean isPayloadCopied(CannSettings.Payload payload) {
    if (payload != CannSettings.Payload.AUTO) {
      return payload == CannSettings.Payload.COPY;
    }
    ByteBuffer view = allocation.hostView();
    int bytes = (int) Math.min(PROBE_BYTES, allocation.bytes());
    long byLoads = Long.MAX_VALUE;
    long byCopies = Long.MAX_VALUE;
    for (int probe = 0; probe < PROBES; probe++) {
      long start = System.nanoTime();
      shadow.buffer().put(0, view, 0, bytes);
      long middle = System.nanoTime();
      int code = cann.copy(shadow.address(), allocation.deviceAddress(), bytes, false);
      long end = System.nanoTime();
      byLoads = Math.min(byLoads, middle - start);
      byCopies = code == 0 ? Math.min(byCopies, end - middle) : byCopies;
    }
    return byCopies < byLoads;
  }

  private String free() {
    try {
      allocation.close();
      return "";
    } catch (CannException e) {
      return "cannot release device memory: " + e.getMessage();
    }
  }

  @Override
  public Placement placement() {
    return placement;
  }

  @Override
  public DeviceMemory memory() {
    return memory;
  }

  @Override
  public long bytes() {
    return allocation.bytes();
  }

  @Override
  public Handover handover() {
    return new Handover(-1, allocation.key(), allocation.shareable(), cann.device());
  }

  /** Clients cannot read device memory, so no guard can take over. */
  @Override
  public ArenaLocks locks() {
    return ArenaLocks.NONE;
  }

  @Override
  public boolean hasHugePages() {
    return shadow.hasHugePages();
  }

  @Override
  public boolean isLocked() {
    return shadow.isLocked();
  }

  @Override
  public String notice() {
    return notice;
  }

  @Override
  public String failure() {
    if (failureBefore != null) {
      return failureBefore; // releasing the memory is not a failure
    }
    int code = memory.failure();
    return code == 0 ? "" : code == GIVEN_UP ? cause : cann.copyFailure(code).getMessage();
  }

  @Override
  public void giveUp(String why) {
    cause = why;
    memory.note(GIVEN_UP);
  }

  /** Probes with a copy, since loads through a mapping do not reveal that the device is gone. */
  @Override
  public String probe() {
    synchronized (allocationLock) {
      if (isReleased || placement != Placement.DEVICE_MAPPED) {
        return "";
      }
      int code = cann.touch(allocation.deviceAddress());
      return code == 0 ? "" : cann.copyFailure(code).getMessage();
    }
  }

  @Override
  public String release() {
    synchronized (allocationLock) {
      isReleased = true;
      failureBefore = failure();
      memory.close();
      String left = free();
      shadow.close();
      return left;
    }
  }
}

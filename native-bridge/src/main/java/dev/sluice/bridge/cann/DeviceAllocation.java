package dev.sluice.bridge.cann;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One block of device memory, allocated for one importing process: its device address, its mapping
 * into this process, if any, and what the importer needs.
 *
 * <p>Resources are released in reverse order, each by its counterpart and on the base that was
 * allocated, both by {@link #close} and after a failed step.
 *
 * <p>Lifetime: {@link #close} does not invalidate {@link #hostView}; first stop every thread that
 * uses it. Not thread-safe.
 */
public final class DeviceAllocation implements AutoCloseable {
  private static final long PAGE_BYTES = 2L << 20;

  /** How the other process imports the memory. */
  public enum Route {
    /** {@code aclrtIpcMem*}: memory of rtMalloc by a key of at most 64 characters. */
    IPC_KEY,
    /** VMM calls: physical memory by a number. */
    SHAREABLE_HANDLE
  }

  private final Cann cann;
  private final Route route;
  private final long bytes;
  private final Deque<Cann.Undo> undo = new ArrayDeque<>();

  private long physical;
  private long deviceAddress;
  private long hostAddress;
  private String key = "";
  private long shareable;

  private DeviceAllocation(Cann cann, Route route, long bytes) {
    this.cann = cann;
    this.route = route;
    this.bytes = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  }

  /**
   * Allocates, maps if requested, and exports.
   *
   * @param bytes minimum size; rounded up to whole huge pages, because smaller blocks may be carved
   *     out of a larger one, which cannot be exported
   * @param isMapped whether this process needs access by loads and stores
   * @param importer bare process id that may import it
   * @throws CannException if any step fails; all earlier steps have been undone
   */
  public static DeviceAllocation create(
      Cann cann, Route route, long bytes, boolean isMapped, int importer) throws CannException {
    DeviceAllocation allocation = new DeviceAllocation(cann, route, bytes);
    try {
      allocation.allocate();
      if (isMapped) {
        allocation.register();
      }
      allocation.export(importer);
      return allocation;
    } catch (CannException e) {
      allocation.rollBack(e);
      throw e;
    }
  }

  private void allocate() throws CannException {
    if (route == Route.IPC_KEY) {
      deviceAddress = cann.allocate(bytes);
      undo.push(() -> cann.free(deviceAddress));
      return;
    }
    physical = cann.allocatePhysical(bytes);
    undo.push(() -> cann.freePhysical(physical));
    deviceAddress = cann.reserve(bytes);
    undo.push(() -> cann.releaseReserved(deviceAddress));
    cann.map(deviceAddress, bytes, physical);
    undo.push(() -> cann.unmap(deviceAddress));
  }

  private void register() throws CannException {
    hostAddress = cann.register(deviceAddress, bytes);
    undo.push(() -> cann.unregister(deviceAddress));
  }

  private void export(int importer) throws CannException {
    if (route == Route.IPC_KEY) {
      key = cann.exportKey(deviceAddress, bytes, importer);
      undo.push(() -> cann.closeKey(key));
    } else {
      shareable = cann.export(physical, importer);
    }
  }

  private void rollBack(CannException cause) {
    while (!undo.isEmpty()) {
      Cann.suppress(cause, undo.pop());
    }
  }

  public Route route() {
    return route;
  }

  /** Size after rounding. */
  public long bytes() {
    return bytes;
  }

  /** Device address of byte 0 in this process; the importer has a different address for it. */
  public long deviceAddress() {
    return deviceAddress;
  }

  /** Address of byte 0 in this process; 0 if not mapped. */
  public long hostAddress() {
    return hostAddress;
  }

  /** Returns the mapping, little endian. The CPU does not keep it coherent. */
  public ByteBuffer hostView() {
    if (hostAddress == 0) {
      throw new IllegalStateException("this device memory is not mapped into the host");
    }
    return new Pointer(hostAddress).getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** For {@link Route#IPC_KEY}; otherwise empty. */
  public String key() {
    return key;
  }

  /** For {@link Route#SHAREABLE_HANDLE}; otherwise 0. */
  public long shareable() {
    return shareable;
  }

  /**
   * Releases everything; tries every step. Idempotent.
   *
   * @throws CannException the first failure, with the others suppressed
   */
  @Override
  public void close() throws CannException {
    CannException first = null;
    while (!undo.isEmpty()) {
      try {
        undo.pop().run();
      } catch (CannException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}

package dev.sluice.bridge.cann;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One piece of device memory, made for one importing process: its device address here, its mapping
 * into this process if it has one, and what the importer needs.
 *
 * <p>Everything that was taken is given back in reverse order, each with its pair, on the base that
 * was allocated (abi.md 5.2, 5.3), whether by {@link #close} or because a later step failed.
 *
 * <p>Lifetime: {@link #hostView} knows nothing of {@link #close}; stop every thread that uses it
 * first. Not thread-safe.
 */
public final class DeviceAllocation implements AutoCloseable {
  private static final long PAGE_BYTES = 2L << 20;

  /** How the other process gets to see the memory (abi.md 5.5). */
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
   * Allocates, maps if asked, and exports.
   *
   * @param bytes at least this many; rounded up to whole huge pages, because smaller blocks may be
   *     carved out of a larger one, which cannot be exported
   * @param isMapped whether this process must reach it by loads and stores
   * @param importer the bare process id that may import it
   * @throws CannException if any step fails; everything before it has been given back
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

  /** Size with rounding. */
  public long bytes() {
    return bytes;
  }

  /**
   * Where the device sees byte 0 as this process names it; the importer has another name for it.
   */
  public long deviceAddress() {
    return deviceAddress;
  }

  /** Where this process sees byte 0; 0 if it does not. */
  public long hostAddress() {
    return hostAddress;
  }

  /** The mapping, little endian; it is not kept coherent by the CPU (abi.md 5.2). */
  public ByteBuffer hostView() {
    if (hostAddress == 0) {
      throw new IllegalStateException("this device memory is not mapped into the host");
    }
    return new Pointer(hostAddress).getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** For {@link Route#IPC_KEY}; else empty. */
  public String key() {
    return key;
  }

  /** For {@link Route#SHAREABLE_HANDLE}; else 0. */
  public long shareable() {
    return shareable;
  }

  /**
   * Gives everything back; every step is tried. Idempotent.
   *
   * @throws CannException the first failure, with the others behind it
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

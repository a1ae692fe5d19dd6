package dev.sluice.device;

import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.bridge.SharedRegion;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The {@code device-mapped} placement (a2a3): device memory mapped into this process uncached, with
 * posted and possibly merged writes.
 *
 * <p>Control words are single loads and stores through the mapping, never runtime copies, which are
 * not coherent with the AICPU's cache. A store is fenced on both sides and then read back: the
 * fences order it among the host's accesses, and the completed load proves that it has left the
 * CPU, which no fence available in Java guarantees on aarch64 (docs/memory-order.md). Never tested
 * on hardware.
 */
public final class UncachedMemory extends ShadowedMemory {
  private final ByteBuffer mapping;
  private final CopiedMemory.Copies copies;
  private final long deviceAddress;
  private final boolean isPayloadCopied;

  /**
   * @param mapping of the arena; its owner keeps it mapped
   * @param shadow at least as large as the arena
   * @param copies the runtime's copy call, for payload
   * @param deviceAddress of arena byte 0, in this process's numbering
   * @param isPayloadCopied whether {@link #fetch} of payload uses runtime copies instead of loads
   */
  public UncachedMemory(
      ByteBuffer mapping,
      SharedRegion shadow,
      CopiedMemory.Copies copies,
      long deviceAddress,
      boolean isPayloadCopied) {
    super(shadow);
    this.mapping = mapping.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.copies = copies;
    this.deviceAddress = deviceAddress;
    this.isPayloadCopied = isPayloadCopied;
  }

  @Override
  int readInt(int offset) {
    int value = (int) INT.getVolatile(mapping, offset);
    VarHandle.fullFence();
    return value;
  }

  @Override
  long readLong(int offset) {
    long value = (long) LONG.getVolatile(mapping, offset);
    VarHandle.fullFence();
    return value;
  }

  @Override
  void writeInt(int offset, int value) {
    VarHandle.fullFence();
    INT.setVolatile(mapping, offset, value);
    VarHandle.fullFence();
    // A volatile load is executed even if its value is unused.
    var unused = (int) INT.getVolatile(mapping, offset);
  }

  @Override
  void writeLong(int offset, long value) {
    VarHandle.fullFence();
    LONG.setVolatile(mapping, offset, value);
    VarHandle.fullFence();
    var unused = (long) LONG.getVolatile(mapping, offset);
  }

  @Override
  void read(int offset, int length) {
    if (isPayloadCopied && length > ReadyEntryLayout.SIZE_BYTES) {
      note(copies.copy(shadowAddress(offset), deviceAddress + offset, length, false));
      return;
    }
    // JDK bulk copy, which uses the widest loads of the CPU.
    shadow().put(offset, mapping, offset, length);
    VarHandle.fullFence();
  }

  @Override
  void write(int offset, int length) {
    mapping.put(offset, shadow(), offset, length);
    VarHandle.fullFence();
  }
}

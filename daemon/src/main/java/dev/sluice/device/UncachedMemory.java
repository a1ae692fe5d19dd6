package dev.sluice.device;

import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.bridge.SharedRegion;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The {@code device-mapped} placement (a2a3): device memory that is mapped into this process
 * uncached, writes posted and possibly merged (abi.md 5.2).
 *
 * <p>Control words are single loads and stores through the mapping, never copies of the runtime:
 * the AICPU's cache is not coherent with those. A store is fenced on both sides and then read back:
 * the fence orders it among our own, and the answer to the load proves that it has left the CPU,
 * which on aarch64 no fence that Java has does (abi.md 4.0). Never met hardware.
 */
public final class UncachedMemory extends ShadowedMemory {
  private final ByteBuffer mapping;
  private final CopiedMemory.Copies copies;
  private final long deviceAddress;
  private final boolean isPayloadCopied;

  /**
   * @param mapping of the arena; its owner keeps it mapped
   * @param shadow at least as large as the arena
   * @param copies the runtime's copy, for payload
   * @param deviceAddress of arena byte 0, as this process names it
   * @param isPayloadCopied whether {@link #fetch} of payload uses that copy, not loads
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
    // A volatile load is made, also one whose value goes nowhere.
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
    // A bulk copy of the JDK: the widest loads that the CPU has.
    shadow().put(offset, mapping, offset, length);
    VarHandle.fullFence();
  }

  @Override
  void write(int offset, int length) {
    mapping.put(offset, shadow(), offset, length);
    VarHandle.fullFence();
  }
}

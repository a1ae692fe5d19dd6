package dev.sluice.device;

/**
 * An arena during one run, as all who work on it share it.
 *
 * @param memory its bytes
 * @param plan what lies where
 * @param table which address is which buffer
 * @param ledger whose each buffer is
 * @param leases what each full buffer holds
 */
public record RunArena(
    DeviceMemory memory,
    ArenaPlan plan,
    BufferTable table,
    BufferLedger ledger,
    ArenaLeases leases) {

  /**
   * Nothing of it is lent yet.
   *
   * @param deviceBase the address at which the device sees arena byte 0
   */
  public static RunArena of(DeviceMemory memory, ArenaPlan plan, long deviceBase) {
    BufferTable table = new BufferTable(plan, deviceBase);
    BufferLedger ledger = new BufferLedger(plan.bufferCount());
    return new RunArena(memory, plan, table, ledger, new ArenaLeases(memory, plan, table, ledger));
  }
}

package dev.sluice.device;

/**
 * An arena during one run, as all who work on it share it.
 *
 * @param memory its bytes
 * @param plan what lies where
 * @param table which address is which buffer
 * @param ledger whose each buffer is
 * @param leases what each full buffer holds
 * @param state where ledger and leases are
 */
public record RunArena(
    DeviceMemory memory,
    ArenaPlan plan,
    BufferTable table,
    BufferLedger ledger,
    ArenaLeases leases,
    HostState state) {

  /**
   * Nothing of it is lent yet.
   *
   * @param deviceBase the address at which the device sees arena byte 0
   */
  public static RunArena of(DeviceMemory memory, ArenaPlan plan, long deviceBase, HostState state) {
    state.clearRun();
    return asItStands(memory, plan, deviceBase, state);
  }

  /** As another process left it. */
  public static RunArena asItStands(
      DeviceMemory memory, ArenaPlan plan, long deviceBase, HostState state) {
    BufferTable table = new BufferTable(plan, deviceBase);
    BufferLedger ledger = new BufferLedger(state.rows());
    ArenaLeases leases = new ArenaLeases(memory, plan, table, ledger, state.openRuns());
    return new RunArena(memory, plan, table, ledger, leases, state);
  }
}

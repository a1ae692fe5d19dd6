package dev.sluice.device;

/**
 * An arena during one run, with everything its agents share.
 *
 * @param memory its bytes
 * @param plan offsets and numbering
 * @param table maps device addresses to buffers
 * @param ledger owner of each buffer
 * @param leases descriptions of full buffers
 * @param state holds ledger and leases
 */
public record RunArena(
    DeviceMemory memory,
    ArenaPlan plan,
    BufferTable table,
    BufferLedger ledger,
    ArenaLeases leases,
    HostState state) {

  /**
   * Creates the arena of a new run, with no buffer lent.
   *
   * @param deviceBase the device's address of arena byte 0
   */
  public static RunArena of(DeviceMemory memory, ArenaPlan plan, long deviceBase, HostState state) {
    state.clearRun();
    return asItStands(memory, plan, deviceBase, state);
  }

  /** Opens the arena as another process left it. */
  public static RunArena asItStands(
      DeviceMemory memory, ArenaPlan plan, long deviceBase, HostState state) {
    BufferTable table = new BufferTable(plan, deviceBase);
    BufferLedger ledger = new BufferLedger(state.rows());
    ArenaLeases leases = new ArenaLeases(memory, plan, table, ledger, state.openRuns());
    return new RunArena(memory, plan, table, ledger, leases, state);
  }
}

package dev.sluice.session.run;

import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.HostState;
import dev.sluice.ingest.ContentChecks;

/**
 * Everything that a run is built from.
 *
 * @param deviceBase the device's address of arena byte 0
 * @param runEpoch stamped into buffers by the device; 0 if unknown to the client
 * @param parks meter of the thread that runs the drain agents
 * @param checks verification of record contents
 * @param capture supplies the sink of each collector
 * @param state survives this process; has one shard per collector
 */
public record RunSetup(
    ArenaPlan plan,
    DeviceMemory memory,
    long deviceBase,
    long runEpoch,
    Settings settings,
    NanoClock clock,
    ParkMeter parks,
    ContentChecks checks,
    RunCapture capture,
    HostState state) {

  /** Sets up a run that ends with this process. */
  public RunSetup(
      ArenaPlan plan,
      DeviceMemory memory,
      long deviceBase,
      long runEpoch,
      Settings settings,
      NanoClock clock,
      ParkMeter parks,
      ContentChecks checks,
      RunCapture capture) {
    this(
        plan,
        memory,
        deviceBase,
        runEpoch,
        settings,
        clock,
        parks,
        checks,
        capture,
        HostState.inMemory(plan, settings.collector().shards()));
  }
}

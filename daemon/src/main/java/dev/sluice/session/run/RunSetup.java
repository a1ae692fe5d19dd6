package dev.sluice.session.run;

import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.HostState;
import dev.sluice.ingest.ContentChecks;

/**
 * What a run is made of.
 *
 * @param deviceBase the address at which the device sees arena byte 0
 * @param runEpoch what it stamps into buffers; 0 if the client does not know it
 * @param parks of the thread that will run the drain agents
 * @param checks what else looks at the records
 * @param capture makes the sink of each collector
 * @param state what must outlive this process; of as many shards as there are collectors
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

  /** Of a run that ends with this process. */
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

package dev.sluice.session.run;

import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.ingest.ContentChecks;

/**
 * What a run is made of.
 *
 * @param deviceBase the address at which the device sees arena byte 0
 * @param runEpoch what it stamps into buffers; 0 if the client does not know it
 * @param parks of the thread that will run the drain agents
 * @param checks what else looks at the records
 * @param capture makes the sink of each collector
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
    RunCapture capture) {}

package dev.sluice.session.run;

import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.PausedAgent;
import dev.sluice.config.FaultSettings;
import dev.sluice.ingest.CollectorAgent;
import java.util.ArrayList;
import java.util.List;

/** The agents of a run as slow as {@code sluice.faults} asks for; by default, as they are. */
final class SlowedAgents {
  private SlowedAgents() {}

  static List<Agent> of(List<Agent> agents, FaultSettings faults, NanoClock clock) {
    List<Agent> slowed = new ArrayList<>(agents);
    if (faults.collectorBytesPerSecond() > 0) {
      slowed.replaceAll(
          agent ->
              agent instanceof CollectorAgent collector ? new SlowCollector(collector) : agent);
    }
    if (faults.pauseNanos() > 0) {
      slowed.replaceAll(
          agent -> new PausedAgent(agent, faults.pauseNanos(), faults.pauseEveryNanos(), clock));
    }
    return slowed;
  }

  /** One that is slow has work all the time: its thread must not take it for idle and park. */
  private record SlowCollector(CollectorAgent collector) implements Agent {
    @Override
    public String roleName() {
      return collector.roleName();
    }

    @Override
    public int doWork() {
      return collector.doWork() + (collector.isHolding() ? 1 : 0);
    }
  }
}

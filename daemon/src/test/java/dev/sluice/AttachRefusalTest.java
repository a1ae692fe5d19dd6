package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.HostTime;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachRequest.Overrides;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Granted;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that the broker refuses, with the status of each; a refusal leaks nothing. */
@Timeout(60)
class AttachRefusalTest {
  private final BrokerRig rig = new BrokerRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @ParameterizedTest
  @CsvSource({
    // layout, level, cores, sched, orch, status
    "'', 4, 4, 2, 1, LAYOUT",
    "chip-2027.01/a2a3, 4, 4, 2, 1, LAYOUT",
    "chip-2026.08/a6, 4, 4, 2, 1, LAYOUT",
    "chip-2026.08/a2a3, 0, 4, 2, 1, GEOMETRY",
    "chip-2026.08/a2a3, 5, 4, 2, 1, GEOMETRY",
    "chip-2026.08/a2a3, 4, 0, 2, 1, GEOMETRY",
    "chip-2026.08/a2a3, 4, 2147483647, 2, 1, GEOMETRY",
    "chip-2026.08/a2a3, 4, 4, 99, 1, GEOMETRY",
    "chip-2026.08/a2a3, 4, 4, 2, 2, GEOMETRY"
  })
  void shouldRefuseWhatNoLayoutHas(
      String layout, int level, int cores, int sched, int orch, AttachStatus status) {
    AttachRequest request =
        new AttachRequest(
            0,
            AttachRequest.Wire.of(layout),
            level,
            cores,
            sched,
            orch,
            Overrides.none(),
            Optional.empty(),
            AttachRequest.Reach.ofSim(),
            "test",
            0);
    BrokerRig.refused(status, rig.manager.attach(request, rig.self));
    assertEquals(0, rig.sessions.open().size());
  }

  @Test
  void shouldRefuseArenasThatCannotWork() {
    List<Integer> records = List.of(5, 6, 7, 8);
    Overrides starved = new Overrides(0, 64, records, List.of(4, 3, 3, 2), 0);
    assertTrue(
        BrokerRig.refused(
                AttachStatus.ARENA, rig.manager.attach(BrokerRig.request(0, starved), rig.self))
            .contains("aicore_task"));
    Overrides crowded = new Overrides(0, 16, records, List.of(4, 3, 3, 4), 0);
    BrokerRig.refused(
        AttachStatus.ARENA, rig.manager.attach(BrokerRig.request(0, crowded), rig.self));
    Overrides absurd =
        new Overrides(0, 64, records, List.of(Integer.MAX_VALUE, 3, 3, Integer.MAX_VALUE), 0);
    BrokerRig.refused(
        AttachStatus.ARENA, rig.manager.attach(BrokerRig.request(0, absurd), rig.self));
    Overrides odd = new Overrides(3, 64, records, List.of(4, 3, 3, 4), 0);
    BrokerRig.refused(AttachStatus.LAYOUT, rig.manager.attach(BrokerRig.request(0, odd), rig.self));
    rig.restart("sluice.arena.bytes=64KiB");
    BrokerRig.refused(
        AttachStatus.ARENA, rig.manager.attach(BrokerRig.request(0, Overrides.none()), rig.self));
  }

  @ParameterizedTest
  @CsvSource({
    "chip-2026.09/a2a3, 0b01010, 0, 'regions 0x8 are not supported; supported: swimlane, pmu,"
        + " scope_stats'",
    "chip-2026.09/a2a3, 0b00100, 0, 'the regions lack the swimlane: attach it too; the"
        + " device need not fill it'",
    "chip-2026.08/a2a3, 0b00110, 0, 'region pmu is supported for chip-2026.09 only, not"
        + " chip-2026.08/a2a3'",
    "chip-2026.09/a5, 0b00110, 3, 'PMU_EVENTS 3 is not one of [1, 2, 4, 5, 6, 7, 8]'"
  })
  void shouldRefuseRegionsInOneLine(String layout, String bits, int events, String line) {
    int regions = Integer.parseInt(bits.substring(2), 2);
    AttachRequest.Wire wire = new AttachRequest.Wire(layout, "", regions, events);
    AttachStatus status = line.startsWith("regions") ? AttachStatus.LAYOUT : AttachStatus.GEOMETRY;
    assertEquals(
        line, BrokerRig.refused(status, rig.manager.attach(BrokerRig.request(wire), rig.self)));
  }

  @Test
  void shouldRefuseDevicesThatAreNotConfigured() throws Exception {
    rig.restart("sluice.devices=[1,2]");
    BrokerRig.refused(
        AttachStatus.DEVICE, rig.manager.attach(BrokerRig.request(0, BrokerRig.SMALL), rig.self));
    assertEquals(
        1,
        BrokerRig.join(rig.manager.attach(BrokerRig.request(2, BrokerRig.SMALL), rig.self))
            .session());
  }

  @Test
  void shouldRefuseMoreSessionsThanAllowedUntilOneEnds() throws Exception {
    rig.restart("sluice.attach.max-sessions=2");
    Granted first = rig.attach(0);
    rig.attach(1);
    BrokerRig.refused(
        AttachStatus.BUSY, rig.manager.attach(BrokerRig.request(2, BrokerRig.SMALL), rig.self));
    BrokerRig.join(rig.manager.detach(first.token(), HostTime.now()));
    rig.attach(2);
  }

  @Test
  void shouldNotHoldThePlaceOfARefusedAttach() throws Exception {
    rig.restart("sluice.attach.max-sessions=1");
    for (int i = 0; i < 3; i++) {
      Overrides odd = new Overrides(3, 0, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0), 0);
      BrokerRig.refused(
          AttachStatus.LAYOUT, rig.manager.attach(BrokerRig.request(0, odd), rig.self));
    }
    rig.attach(0);
  }
}

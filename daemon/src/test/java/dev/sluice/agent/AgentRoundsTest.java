package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scheduling of agents on one thread, tested without starting the thread. */
class AgentRoundsTest {
  private final List<String> stepped = new ArrayList<>();
  private final AgentRounds rounds = new AgentRounds((agent, error, isGivenUp) -> {});

  private final class Named implements Agent {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    @Override
    public String roleName() {
      return name;
    }

    @Override
    public int doWork() {
      stepped.add(name);
      return 1;
    }
  }

  private String round() {
    stepped.clear();
    assertEquals(stepped.size(), 0);
    int work = rounds.step();
    assertEquals(stepped.size(), work, "one piece of work each");
    return String.join(" ", stepped);
  }

  @Test
  void shouldStepEachGroupOnceInItsOrderAndBeginWithAnotherEachTime() {
    rounds.add(List.of(new Named("a1"), new Named("a2")));
    rounds.add(List.of(new Named("b")));
    rounds.add(List.of(new Named("c1"), new Named("c2")));
    assertEquals("b c1 c2 a1 a2", round());
    assertEquals("c1 c2 a1 a2 b", round());
    assertEquals("a1 a2 b c1 c2", round());
    assertEquals("b c1 c2 a1 a2", round());
  }

  @Test
  void shouldNotStepWhatWasRemovedWhoeverIsFirst() {
    Named a = new Named("a");
    Named b1 = new Named("b1");
    Named b2 = new Named("b2");
    rounds.add(List.of(a));
    rounds.add(List.of(b1, b2));
    assertEquals("b1 b2 a", round());
    rounds.remove(List.of(b1));
    assertEquals("a b2", round());
    rounds.remove(List.of(b2));
    assertEquals("a", round());
    rounds.remove(List.of(a));
    assertEquals("", round());
    assertEquals(0, rounds.agents().length);
  }

  @Test
  void shouldGoOnWithTheOthersWhenOneFails() {
    Agent broken =
        new Agent() {
          @Override
          public String roleName() {
            return "broken";
          }

          @Override
          public int doWork() {
            throw new IllegalStateException("on purpose");
          }
        };
    rounds.add(List.of(broken));
    rounds.add(List.of(new Named("well")));
    for (int i = 0; i < 9; i++) {
      assertEquals("well", round());
    }
    assertFalse(rounds.hasGivenUp(broken));
    assertEquals("well", round());
    assertTrue(rounds.hasGivenUp(broken));
    assertEquals("well", round());
    assertEquals(10, rounds.failures());
  }

  /** After a linkage error or a fault in a mapping, the agents of other sessions continue. */
  @Test
  void shouldContainErrorsAndAReportThatFails() {
    AgentRounds deaf =
        new AgentRounds(
            (agent, error, isGivenUp) -> {
              throw new NoClassDefFoundError("on purpose");
            });
    deaf.add(
        List.of(
            new Agent() {
              @Override
              public String roleName() {
                return "broken";
              }

              @Override
              public int doWork() {
                throw new InternalError("on purpose");
              }
            }));
    deaf.add(List.of(new Named("well")));
    for (int i = 0; i < 20; i++) {
      assertEquals(1, deaf.step());
    }
    assertEquals(10, deaf.failures());
  }

  @Test
  void shouldStepNoneOnceAbandoned() {
    rounds.add(List.of(new Named("a")));
    rounds.abandon();
    assertEquals("", round());
  }
}

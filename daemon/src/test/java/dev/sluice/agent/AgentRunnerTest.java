package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AgentRunnerTest {
  private static final int GIVEN_UP_AFTER = 10;

  private final List<AgentRunner> runners = new ArrayList<>();
  private final AtomicLong idles = new AtomicLong();

  private AgentRunner runner(AgentErrorHandler errors) {
    IdleStrategy idle =
        workCount -> {
          if (workCount == 0) {
            idles.incrementAndGet();
            LockSupport.parkNanos(50_000);
          }
        };
    AgentRunner runner = new AgentRunner("runner-test", idle, NanoClock.SYSTEM, errors, () -> {});
    runners.add(runner);
    return runner;
  }

  @AfterEach
  void closeAll() {
    runners.forEach(AgentRunner::close);
  }

  /** Counts its steps without synchronization, relying on the runner's guarantees only. */
  private static final class Counting implements Agent {
    private final CountDownLatch stepped = new CountDownLatch(3);
    private long steps;

    @Override
    public int doWork() {
      steps++;
      stepped.countDown();
      return 0;
    }

    @Override
    public String roleName() {
      return "counting";
    }
  }

  private static void fails(Agent agent, Throwable error, boolean isStopped) {
    throw new AssertionError("no error was expected", error);
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertTrue(latch.await(20, TimeUnit.SECONDS), "the runner's thread did not come");
  }

  @Test
  void shouldStepWhatIsAddedBeforeAndAfterTheStart() throws InterruptedException {
    AgentRunner runner = runner(AgentRunnerTest::fails);
    Counting early = new Counting();
    Counting late = new Counting();
    runner.add(early);
    runner.start();
    await(early.stepped);
    runner.add(late);
    await(late.stepped);
    assertArrayEquals(new Agent[] {early, late}, runner.agents());
    assertTrue(runner.cycles() >= 3);
    assertEquals("runner-test", runner.name());
  }

  @Test
  void shouldHandARemovedAgentOver() throws InterruptedException {
    AgentRunner runner = runner(AgentRunnerTest::fails);
    runner.start();
    for (int round = 0; round < 50; round++) {
      Counting agent = new Counting();
      Counting other = new Counting();
      runner.add(other);
      runner.add(agent);
      await(agent.stepped);
      runner.remove(agent);
      long steps = agent.steps;
      await(other.stepped);
      long cycles = runner.cycles();
      while (runner.cycles() < cycles + 3) {
        Thread.onSpinWait();
      }
      assertEquals(steps, agent.steps, "stepped after its removal");
      runner.remove(other);
    }
    assertEquals(0, runner.agents().length);
  }

  @Test
  void shouldRemoveFromARunnerThatNeverStarted() {
    AgentRunner runner = runner(AgentRunnerTest::fails);
    Counting agent = new Counting();
    runner.add(agent);
    runner.remove(agent);
    assertEquals(0, runner.agents().length);
  }

  @Test
  void shouldCloseTwiceAndBeforeTheStart() throws InterruptedException {
    AgentRunner neverStarted = runner(AgentRunnerTest::fails);
    neverStarted.close();
    neverStarted.close();
    AgentRunner runner = runner(AgentRunnerTest::fails);
    Counting agent = new Counting();
    runner.add(agent);
    runner.start();
    await(agent.stepped);
    runner.close();
    long steps = agent.steps;
    runner.close();
    assertEquals(steps, agent.steps);
  }

  @Test
  void shouldKeepAnInterruptOfTheOneWhoCloses() throws InterruptedException {
    AgentRunner runner = runner(AgentRunnerTest::fails);
    Counting agent = new Counting();
    runner.add(agent);
    runner.start();
    await(agent.stepped);
    Thread.currentThread().interrupt();
    runner.close();
    assertTrue(Thread.interrupted(), "the interrupt is still to be seen");
  }

  @Test
  void shouldGiveAFailingAgentUpAndKeepTheOthersGoing() throws InterruptedException {
    AtomicInteger attempts = new AtomicInteger();
    CountDownLatch givenUp = new CountDownLatch(1);
    AtomicInteger reports = new AtomicInteger();
    AgentRunner runner =
        runner(
            (agent, error, isStopped) -> {
              assertEquals("broken", error.getMessage());
              reports.incrementAndGet();
              if (isStopped) {
                givenUp.countDown();
              }
            });
    Agent broken =
        new Agent() {
          @Override
          public int doWork() {
            attempts.incrementAndGet();
            throw new IllegalStateException("broken");
          }

          @Override
          public String roleName() {
            return "broken";
          }
        };
    Counting healthy = new Counting();
    runner.add(broken);
    runner.add(healthy);
    runner.start();
    await(givenUp);
    await(healthy.stepped);
    long cycles = runner.cycles();
    while (runner.cycles() < cycles + 5) {
      Thread.onSpinWait();
    }
    assertEquals(GIVEN_UP_AFTER, attempts.get());
    assertEquals(GIVEN_UP_AFTER, reports.get());
    assertEquals(GIVEN_UP_AFTER, runner.failures());
    assertTrue(idles.get() >= GIVEN_UP_AFTER, "a failing agent rests like an idle one");
  }

  @Test
  void shouldForgetFailuresAfterASuccess() throws InterruptedException {
    CountDownLatch enough = new CountDownLatch(5 * GIVEN_UP_AFTER);
    AgentRunner runner =
        runner((agent, error, isStopped) -> assertFalse(isStopped, "failed in a row"));
    runner.add(
        new Agent() {
          private int calls;

          @Override
          public int doWork() {
            enough.countDown();
            if (++calls % GIVEN_UP_AFTER != 0) {
              throw new AssertionError("now and then");
            }
            return 1;
          }

          @Override
          public String roleName() {
            return "moody";
          }
        });
    runner.start();
    await(enough);
    assertTrue(runner.failures() > GIVEN_UP_AFTER);
  }

  @Test
  void shouldRunItsThreadSetupFirst() throws InterruptedException {
    List<String> order = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    AgentRunner runner =
        new AgentRunner(
            "setup",
            workCount -> {},
            NanoClock.SYSTEM,
            AgentRunnerTest::fails,
            () -> order.add(Thread.currentThread().getName()));
    runners.add(runner);
    runner.add(
        new Agent() {
          @Override
          public int doWork() {
            if (done.getCount() > 0) {
              order.add("work");
              done.countDown();
            }
            return 0;
          }

          @Override
          public String roleName() {
            return "work";
          }
        });
    runner.start();
    await(done);
    runner.close();
    assertEquals(List.of("setup", "work"), order);
  }

  @Test
  void shouldTellWhenItLastWentRound() throws InterruptedException {
    AtomicLong now = new AtomicLong(5);
    AgentRunner runner =
        new AgentRunner("clock", workCount -> {}, now::get, AgentRunnerTest::fails, () -> {});
    runners.add(runner);
    assertEquals(5, runner.lastCycleNs());
    now.set(77);
    Counting agent = new Counting();
    runner.add(agent);
    runner.start();
    await(agent.stepped);
    assertEquals(77, runner.lastCycleNs());
  }

  /** An agent that never returns: close() waits for its timeout and no longer. */
  @Test
  void shouldLeaveAThreadToItselfThatDoesNotComeBack() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Counting next = new Counting();
    AgentRunner runner = runner((agent, error, isStopped) -> {});
    runner.add(
        List.of(
            new Agent() {
              @Override
              public String roleName() {
                return "hung";
              }

              @Override
              public int doWork() {
                entered.countDown();
                try {
                  release.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                return 0;
              }
            },
            next));
    runner.start();
    entered.await();
    assertFalse(runner.remove(List.of(next), 1_000_000));
    assertFalse(runner.close(1_000_000));
    runner.abandon();
    assertFalse(runner.close(Long.MAX_VALUE), "an abandoned thread is not waited for");
    assertTrue(runner.isAlive());
    release.countDown();
    while (runner.isAlive()) {
      Thread.onSpinWait();
    }
    assertEquals(0, next.steps, "what comes after the hung agent is not stepped");
  }
}

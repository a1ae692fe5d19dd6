package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BufferLedgerTest {
  private final BufferLedger ledger = new BufferLedger(3);

  @Test
  void shouldFollowABufferRoundTheRing() {
    assertEquals(BufferState.FREE, ledger.state(1));
    assertEquals(-1, ledger.poolOf(1));
    ledger.lend(1, 7, 0);
    assertEquals(BufferState.FREE_QUEUE, ledger.state(1));
    assertEquals(7, ledger.poolOf(1));
    ledger.popped(1);
    assertEquals(BufferState.DEVICE, ledger.state(1));
    assertTrue(ledger.claim(1));
    assertEquals(BufferState.READY, ledger.state(1));
    ledger.collecting(1);
    assertEquals(BufferState.COLLECTING, ledger.state(1));
    ledger.free(1);
    assertEquals(BufferState.FREE, ledger.state(1));
  }

  @Test
  void shouldGrantOneClaimPerLoan() {
    assertFalse(ledger.claim(0), "never lent");
    ledger.lend(0, 0, 0);
    assertTrue(ledger.claim(0), "published before refill looked");
    assertFalse(ledger.claim(0), "published twice");
    ledger.collecting(0);
    assertFalse(ledger.claim(0));
    ledger.free(0);
    assertFalse(ledger.claim(0));
    ledger.retire(0);
    assertFalse(ledger.claim(0));
  }

  @Test
  void shouldNotTakeAPopNotedLateForANewOne() {
    ledger.lend(0, 0, 0);
    assertTrue(ledger.claim(0));
    ledger.popped(0);
    assertEquals(BufferState.READY, ledger.state(0));
  }

  @Test
  void shouldKnowASlotFromTheDevice() {
    ledger.lend(0, 0, 5);
    assertFalse(ledger.isWithDevice(0, 4));
    assertFalse(ledger.isWithDevice(0, 5), "in its slot");
    assertTrue(ledger.isWithDevice(0, 6), "popped");
    ledger.popped(0);
    assertTrue(ledger.isWithDevice(0, 5), "refill has seen the pop");
    ledger.claim(0);
    assertFalse(ledger.isWithDevice(0, 6));
  }

  @Test
  void shouldCompareIndicesAcrossTheirWrap() {
    ledger.lend(0, 0, -1);
    assertFalse(ledger.isWithDevice(0, -1));
    assertTrue(ledger.isWithDevice(0, 0));
    ledger.lend(1, 0, Integer.MAX_VALUE);
    assertTrue(ledger.isWithDevice(1, Integer.MIN_VALUE));
  }

  @Test
  void shouldCountEveryBufferOnce() {
    ledger.lend(1, 0, 0);
    ledger.lend(2, 0, 1);
    ledger.claim(2);
    int[] counts = new int[BufferState.ALL.size()];
    ledger.count(0, 3, counts);
    assertArrayEquals(new int[] {1, 1, 0, 1, 0, 0}, counts);
    ledger.count(1, 1, counts);
    assertArrayEquals(new int[] {0, 1, 0, 0, 0, 0}, counts);
  }

  /** The drain claims while refill records the pop; the claim must succeed. */
  @Test
  @Timeout(30)
  void shouldClaimWhileRefillNotesThePop() throws Exception {
    int rounds = 400_000;
    CyclicBarrier barrier = new CyclicBarrier(2);
    BufferLedger shared = new BufferLedger(64);
    ExecutorService refill = Executors.newSingleThreadExecutor();
    try {
      Future<?> notes =
          refill.submit(
              () -> {
                for (int round = 0; round < rounds / 64; round++) {
                  barrier.await();
                  for (int buffer = 0; buffer < 64; buffer++) {
                    shared.popped(buffer);
                  }
                  barrier.await();
                }
                return null;
              });
      for (int round = 0; round < rounds / 64; round++) {
        for (int buffer = 0; buffer < 64; buffer++) {
          shared.lend(buffer, 0, buffer);
        }
        barrier.await();
        for (int buffer = 0; buffer < 64; buffer++) {
          assertTrue(shared.claim(buffer), "a published buffer could not be claimed");
        }
        barrier.await();
        for (int buffer = 0; buffer < 64; buffer++) {
          assertEquals(BufferState.READY, shared.state(buffer));
          shared.free(buffer);
        }
      }
      notes.get();
    } finally {
      refill.shutdownNow();
    }
  }
}

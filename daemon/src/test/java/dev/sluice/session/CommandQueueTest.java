package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandQueueTest {
  private final Deque<Runnable> handedOver = new ArrayDeque<>();
  private final CommandQueue queue = new CommandQueue(handedOver::add);
  private final List<String> done = new ArrayList<>();

  private void submit(String name) {
    queue.submit(() -> done.add(name));
  }

  @Test
  void shouldHaveOneOwnerForAllThatWaits() {
    submit("first");
    submit("second");
    assertEquals(1, handedOver.size(), "owners");
    assertFalse(queue.runIfIdle(() -> done.add("tick")));
    handedOver.remove().run();
    assertEquals(List.of("first", "second"), done);
    assertFalse(queue.isOwned());
  }

  @Test
  void shouldHandOverWhatIsAskedDuringATick() {
    assertTrue(
        queue.runIfIdle(
            () -> {
              submit("asked");
              assertEquals(0, handedOver.size(), "a second owner");
            }));
    handedOver.remove().run();
    assertEquals(List.of("asked"), done);
    submit("next");
    assertEquals(1, handedOver.size());
  }
}

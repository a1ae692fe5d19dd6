package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ProcessIdentityTest {
  private static final int NOBODY = Integer.MAX_VALUE;

  @Test
  void shouldFindThisProcessAlive() {
    ProcessIdentity self = ProcessIdentity.of((int) ProcessHandle.current().pid());
    assertTrue(self.startTicks() > 0);
    assertTrue(self.isAlive());
    assertEquals(self, ProcessIdentity.of(self.pid()));
  }

  @Test
  void shouldTellAProcessFromALaterOneWithItsNumber() {
    ProcessIdentity self = ProcessIdentity.of((int) ProcessHandle.current().pid());
    assertFalse(new ProcessIdentity(self.pid(), self.startTicks() - 1).isAlive());
  }

  @Test
  void shouldFindNobodyDead() {
    ProcessIdentity nobody = ProcessIdentity.of(NOBODY);
    assertEquals(-1, nobody.startTicks());
    assertFalse(nobody.isAlive());
  }

  @Test
  void shouldSeeAProcessDie() throws IOException, InterruptedException {
    Process child = new ProcessBuilder("sleep", "60").start();
    try {
      ProcessIdentity identity = ProcessIdentity.of((int) child.pid());
      assertTrue(identity.isAlive());
      child.destroyForcibly().waitFor();
      assertFalse(identity.isAlive());
    } finally {
      child.destroyForcibly();
    }
  }
}

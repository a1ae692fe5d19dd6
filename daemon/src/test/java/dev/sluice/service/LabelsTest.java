package dev.sluice.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.device.BufferState;
import java.security.SecureRandom;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LabelsTest {
  @Test
  void shouldKnowEveryBufferState() {
    Set<String> inDevice = new TreeSet<>();
    BufferState.ALL.forEach(state -> inDevice.add(state.label()));
    assertEquals(inDevice, new TreeSet<>(Labels.BUFFER_STATES));
  }

  @Test
  void shouldCarryATokenBothWaysAndNeverPrintIt() {
    Token token = Token.random(new SecureRandom());
    assertEquals(token, Token.of(token.toBytes()));
    assertNotEquals(token, Token.random(new SecureRandom()));
    assertFalse(token.toString().contains(Long.toHexString(token.low())));
    assertThrows(IllegalArgumentException.class, () -> Token.of(new byte[15]));
  }
}

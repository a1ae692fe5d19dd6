package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.device.BufferState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LifeOfABufferDocTest {
  private static final Pattern STEP = Pattern.compile("^(\\d+)\\. ", Pattern.MULTILINE);
  private static final Pattern STEP_TEXT =
      Pattern.compile("^(\\d+)\\. (.*(?:\n   .*)*)", Pattern.MULTILINE);
  private static final Pattern ENTERED_STATE =
      Pattern.compile("^\\d+\\. \\*\\*([A-Z_]+)\\*\\* ", Pattern.MULTILINE);

  private final String page = GeneratedDoc.read("life-of-a-buffer.md");

  @Test
  void shouldNameOnlyWhatExists() throws IOException {
    List<String> unknown = NamedCode.unknown(page);
    assertTrue(unknown.isEmpty(), () -> "not in the code: " + unknown);
  }

  @Test
  void shouldNameCodeInEveryStep() {
    List<Integer> without = new ArrayList<>();
    Matcher step = STEP_TEXT.matcher(page);
    while (step.find()) {
      if (!NamedCode.namesAny(step.group(2))) {
        without.add(Integer.parseInt(step.group(1)));
      }
    }
    // Step 6 is the device's, not our code; step 29 refers back to step 1.
    assertEquals(List.of(6, 29), without);
  }

  @Test
  void shouldNumberStepsWithoutAGap() {
    List<Integer> expected = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    Matcher step = STEP.matcher(page);
    while (step.find()) {
      numbers.add(Integer.parseInt(step.group(1)));
      expected.add(expected.size() + 1);
    }
    assertFalse(numbers.isEmpty());
    assertEquals(expected, numbers);
  }

  @Test
  void shouldEnterTheStatesInTheOrderOfTheLedger() {
    List<String> expected = new ArrayList<>();
    for (BufferState state : BufferState.ALL) {
      if (state != BufferState.RETIRED) {
        expected.add(state.name());
      }
    }
    expected.add(BufferState.FREE.name());
    List<String> entered = new ArrayList<>();
    Matcher state = ENTERED_STATE.matcher(page);
    while (state.find()) {
      entered.add(state.group(1));
    }
    assertEquals(expected, entered);
    assertTrue(page.contains(BufferState.RETIRED.name()));
  }
}

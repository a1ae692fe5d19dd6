package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Checks the outcome of reloads over thousands of random configurations, valid and invalid. */
class ReloadPropertyTest {
  private static final int RUNS = 1_000;

  /** Valid values by the constraint of a key; a new type of key adds a row. */
  private static final Map<String, List<String>> SAMPLES =
      Map.of(
          "a size", List.of("1MiB", "2MB", "16MiB", "512MiB"),
          "a duration", List.of("1s", "2s", "1500ms", "5s", "1ms", "10ms"),
          "a whole number", List.of("0", "1", "2", "7", "100", "1000", "5000"),
          "auto or a whole number", List.of("auto", "4", "9"),
          "host:port", List.of("127.0.0.1:0", "127.0.0.1:9799", "\"[::1]:1\""),
          "true or false", List.of("true", "false"),
          "a list of device:placement", List.of("0:host", "1:sim,2:device-mapped"),
          "auto or an absolute path", List.of("auto", "/opt/cann"),
          "none or the absolute path", List.of("none", "/etc/web-config.yml"),
          "an absolute path", List.of("/run/a", "/run/b", "/run/c"));

  private static final List<String> WRONG = List.of("", "-1", "7 apples", "[[1]]", "x".repeat(300));

  private static List<String> samples(ConfigKey<?> key) {
    String allowed = key.type().allowed();
    if (allowed.startsWith("one of ")) {
      return List.of(allowed.substring("one of ".length()).split(", ", -1));
    }
    return SAMPLES.entrySet().stream()
        .filter(sample -> allowed.startsWith(sample.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(key.type().isList() ? List.of("1", "2,3", "") : List.of());
  }

  private static List<String> overrides(Random random, boolean isMaybeWrong) {
    List<String> overrides = new ArrayList<>();
    List<ConfigKey<?>> keys = ConfigKeys.all();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      ConfigKey<?> key = keys.get(random.nextInt(keys.size()));
      List<String> texts = samples(key);
      if (isMaybeWrong && random.nextInt(6) == 0) {
        texts = WRONG;
      }
      if (!texts.isEmpty()) {
        overrides.add(key.path() + "=" + texts.get(random.nextInt(texts.size())));
      }
      if (isMaybeWrong && random.nextInt(40) == 0) {
        overrides.add(key.path() + "x=1");
      }
    }
    return overrides;
  }

  private static Optional<Configuration> load(List<String> overrides) {
    try {
      return Optional.of(
          Configuration.load(new ConfigSources(Optional.empty(), Map.of(), overrides)));
    } catch (SettingsException e) {
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      return Optional.empty();
    }
  }

  private static Map<String, String> values(Configuration configuration) {
    return ConfigKeys.all().stream()
        .collect(Collectors.toMap(ConfigKey::path, configuration::written));
  }

  @Test
  void shouldTakeAllOrNothing() {
    int[] outcomes = new int[4];
    Seeds.forEach(
        RUNS,
        random -> {
          Optional<Configuration> running = load(overrides(random, true));
          Optional<Configuration> next = load(overrides(random, true));
          if (running.isEmpty() || next.isEmpty()) {
            outcomes[0]++;
            return;
          }
          Map<String, String> before = values(running.get());
          List<ConfigKey<?>> changed = running.get().changed(next.get());
          Configuration mixed;
          try {
            mixed = running.get().reloaded(next.get());
          } catch (SettingsException e) {
            outcomes[1]++;
            assertEquals(before, values(running.get()), "a refusal changes nothing");
            return;
          }
          outcomes[changed.isEmpty() ? 2 : 3]++;
          assertEquals(before, values(running.get()), "the old one stays what it was");
          for (ConfigKey<?> key : ConfigKeys.all()) {
            Configuration from = key.applies() == Applies.RESTART ? running.get() : next.get();
            assertEquals(from.written(key), mixed.written(key), key.path());
            assertEquals(from.origin(key), mixed.origin(key), key.path());
            boolean isChanged = !running.get().written(key).equals(next.get().written(key));
            assertEquals(isChanged, changed.contains(key), key.path());
          }
          // A second reload finds only keys that need a restart; reloading the old values undoes
          // the rest.
          assertTrue(
              mixed.changed(next.get()).stream().allMatch(key -> key.applies() == Applies.RESTART));
          assertEquals(before, values(mixed.reloaded(running.get())));
          assertEquals(running.get().settings(), mixed.reloaded(running.get()).settings());
        });
    if (Seeds.areAll()) {
      assertTrue(outcomes[0] > RUNS / 10, "too few were refused: " + outcomes[0]);
      assertTrue(outcomes[3] > RUNS / 10, "too few changed something: " + outcomes[3]);
    }
  }

  /** Changes each key alone, from its default to each sample, to prove that the samples suffice. */
  @Test
  void shouldFindEachKeyThatChanged() {
    Configuration defaults = Configuration.load(ConfigSources.none());
    Function<String, Long> tried =
        path ->
            samples(ConfigKeys.all().stream().filter(k -> k.path().equals(path)).findAny().get())
                .stream()
                .map(text -> load(List.of(path + "=" + text)))
                .flatMap(Optional::stream)
                .filter(next -> !defaults.changed(next).isEmpty())
                .peek(
                    next ->
                        assertEquals(
                            List.of(path),
                            defaults.changed(next).stream().map(ConfigKey::path).toList()))
                .count();
    for (ConfigKey<?> key : ConfigKeys.all()) {
      assertFalse(tried.apply(key.path()) == 0, key.path() + " was never changed: add a sample");
    }
  }
}

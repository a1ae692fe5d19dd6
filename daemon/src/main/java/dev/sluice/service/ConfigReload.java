package dev.sluice.service;

import dev.sluice.config.Applies;
import dev.sluice.config.ConfigKey;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import dev.sluice.config.SettingsException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again: parse, validate, compare, and then apply all that can be or keep
 * all that was. What is applied is one {@link Settings} record, checked as a whole like the first
 * one, in which every key that needs a restart still has the value the daemon runs with; so no part
 * of the daemon ever sees a half of a configuration.
 *
 * <p>Reloads happen one after the other, on a thread of their own. {@link #snapshot} may be called
 * by any thread and waits for none.
 */
public final class ConfigReload implements ConfigActions, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ConfigReload.class);

  private final Supplier<Configuration> source;
  private final Consumer<Settings> parts;
  private final Listener listener;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread made = new Thread(task, "sluice-reload");
            made.setDaemon(true);
            return made;
          });
  // Of the reloading thread.
  private Configuration running;
  private volatile ConfigSnapshot snapshot = ConfigSnapshot.readAt(Instant.now());

  /** Who wants to know that a reload is under way: the service manager. */
  public interface Listener {
    void reloading();

    /** Always follows; one line. */
    void reloaded(String outcome);
  }

  /**
   * @param running what the daemon was started with
   * @param source reads it again; throws {@link SettingsException} if it is not legal
   * @param parts takes the new settings; must not fail, it only hands out references
   */
  public ConfigReload(
      Configuration running,
      Supplier<Configuration> source,
      Consumer<Settings> parts,
      Listener listener) {
    this.running = running;
    this.source = source;
    this.parts = parts;
    this.listener = listener;
  }

  @Override
  public CompletionStage<ReloadOutcome> reload() {
    return CompletableFuture.supplyAsync(this::reloadNow, thread);
  }

  private ReloadOutcome reloadNow() {
    String line = "the reload failed";
    listener.reloading();
    try {
      ReloadOutcome outcome = replace();
      line = "reloaded, " + outcome.line();
      if (outcome.restartRequired().isEmpty()) {
        log.info("configuration {}", line);
      } else {
        log.warn("configuration {}", line);
      }
      return outcome;
    } catch (SettingsException e) {
      line = "kept the old configuration: " + e.getMessage();
      failed(e.getMessage());
      log.error("reload: {}", line);
      throw new ReloadRefusedException(line, e);
    } catch (RuntimeException | AssertionError e) {
      failed(e.toString());
      log.error("reload: {}", line, e);
      throw e;
    } finally {
      listener.reloaded(line);
    }
  }

  private ReloadOutcome replace() {
    Configuration next = source.get();
    List<ConfigKey<?>> changed = running.changed(next);
    // Throws if the old values of the one kind and the new ones of the other do not go together.
    Configuration mixed = running.reloaded(next);
    parts.accept(mixed.settings());
    running = mixed;
    ReloadOutcome outcome =
        new ReloadOutcome(
            paths(changed, Applies.AT_ONCE),
            paths(changed, Applies.NEXT_SESSION),
            paths(changed, Applies.RESTART));
    snapshot =
        new ConfigSnapshot(true, Instant.now(), snapshot.failures(), outcome.restartRequired(), "");
    return outcome;
  }

  private void failed(String error) {
    ConfigSnapshot before = snapshot;
    snapshot =
        new ConfigSnapshot(
            false, before.lastSuccess(), before.failures() + 1, before.restartRequired(), error);
  }

  private static List<String> paths(List<ConfigKey<?>> keys, Applies applies) {
    return keys.stream().filter(key -> key.applies() == applies).map(ConfigKey::path).toList();
  }

  public ConfigSnapshot snapshot() {
    return snapshot;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}

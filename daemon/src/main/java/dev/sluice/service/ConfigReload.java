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
 * Reloads the configuration: parse, validate, compare, then apply all changes that a reload can
 * make, or none. The result is one {@link Settings} record, validated as a whole like the first
 * one, in which every key that needs a restart keeps the running value; so no part of the daemon
 * ever sees half a configuration.
 *
 * <p>Reloads are serialised on a separate thread. {@link #snapshot} may be called by any thread and
 * never blocks.
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
  // Confined to the reload thread.
  private Configuration running;
  private volatile ConfigSnapshot snapshot = ConfigSnapshot.readAt(Instant.now());

  /** Is notified of reloads: the service manager. */
  public interface Listener {
    void reloading();

    /** Always follows {@link #reloading}; one line. */
    void reloaded(String outcome);
  }

  /**
   * @param running configuration that the daemon started with
   * @param source rereads it; throws {@link SettingsException} if it is invalid
   * @param parts receives the new settings; must not fail, as it only hands out references
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
    // Throws if kept old values and new values contradict each other.
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

package dev.sluice.session;

import dev.sluice.bridge.DescriptorStore;
import dev.sluice.bridge.SharedRegion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Session memory kept by the service manager, under names that group descriptors by session: {@code
 * sluice-arena-KEY}, {@code sluice-state-KEY}, {@code sluice-stage-KEY-N}. Does nothing without a
 * service manager that stores descriptors. Any thread.
 */
public final class KeptSessions {
  private static final Logger log = LoggerFactory.getLogger(KeptSessions.class);
  private static final String PREFIX = "sluice-";

  private final Optional<DescriptorStore> store;
  private final List<Left> left;
  private final Random random = new Random();

  /** Descriptors of one session left by another process. The receiver closes them. */
  record Left(String key, int arena, int state, List<Integer> stages) {
    /**
     * Maps all regions and takes ownership of the descriptors.
     *
     * @throws IOException one line, if a region is missing or invalid; all descriptors are closed
     */
    Memory open() throws IOException {
      List<Integer> all = new ArrayList<>(List.of(arena, state));
      all.addAll(stages);
      List<SharedRegion> regions = new ArrayList<>();
      try {
        if (all.contains(-1)) {
          throw new IOException("its state or its arena is missing");
        }
        for (int fd : all) {
          regions.add(null); // adopt() closes its descriptor if it fails
          regions.set(regions.size() - 1, SharedRegion.adopt(fd));
        }
      } catch (IOException | RuntimeException e) {
        regions.stream().filter(Objects::nonNull).forEach(SharedRegion::close);
        all.subList(regions.size(), all.size()).forEach(SharedRegion::closeDescriptor);
        throw e;
      }
      return new Memory(regions.get(0), regions.get(1), regions.subList(2, regions.size()));
    }
  }

  /** The mapped memory of a session that was left. */
  record Memory(SharedRegion arena, SharedRegion state, List<SharedRegion> stages) {
    /** Closes all regions that are still open. */
    void close() {
      arena.close();
      state.close();
      stages.forEach(SharedRegion::close);
    }
  }

  /**
   * @param kept descriptors handed over by the service manager at startup; foreign ones are closed
   */
  public KeptSessions(Optional<DescriptorStore> store, List<DescriptorStore.Kept> kept) {
    this.store = store;
    Map<String, Map<String, Integer>> byKey = new LinkedHashMap<>();
    for (DescriptorStore.Kept one : kept) {
      String[] parts = one.name().split("-", -1);
      if (!one.name().startsWith(PREFIX) || parts.length < 3) {
        SharedRegion.closeDescriptor(one.fd());
        continue;
      }
      String part = parts[1] + (parts.length > 3 ? parts[3] : "");
      Integer before =
          byKey.computeIfAbsent(parts[2], key -> new LinkedHashMap<>()).put(part, one.fd());
      if (before != null) {
        SharedRegion.closeDescriptor(before);
      }
    }
    this.left = new ArrayList<>();
    byKey.forEach((key, parts) -> left.add(left(key, parts)));
  }

  private static Left left(String key, Map<String, Integer> parts) {
    List<Integer> stages = new ArrayList<>();
    for (int stage = 0; parts.containsKey("stage" + stage); stage++) {
      stages.add(parts.get("stage" + stage));
    }
    return new Left(key, parts.getOrDefault("arena", -1), parts.getOrDefault("state", -1), stages);
  }

  /** Returns an instance that keeps nothing. */
  public static KeptSessions none() {
    return new KeptSessions(Optional.empty(), List.of());
  }

  /** Whether a service manager stores descriptors. */
  boolean isOn() {
    return store.isPresent();
  }

  /** Returns the sessions left by another process; empty from the second call on. */
  List<Left> takeLeft() {
    List<Left> taken = List.copyOf(left);
    left.clear();
    return taken;
  }

  /** Returns a random key for a new session. */
  synchronized String newKey() {
    byte[] key = new byte[8];
    random.nextBytes(key);
    return HexFormat.of().formatHex(key);
  }

  /** Stores the memory of a session with the service manager. */
  void keep(String key, int arena, int state, List<Integer> stages) {
    store.ifPresent(
        to -> {
          try {
            for (int stage = 0; stage < stages.size(); stage++) {
              to.keep(PREFIX + "stage-" + key + "-" + stage, stages.get(stage));
            }
            to.keep(PREFIX + "arena-" + key, arena);
            // Store the state last: without it the other descriptors are ignored.
            to.keep(PREFIX + "state-" + key, state);
          } catch (IOException e) {
            log.warn("session will not survive a restart: {}", e.getMessage());
          }
        });
  }

  /** Removes an ended session from the service manager. */
  void forget(String key, int stages) {
    store.ifPresent(
        to -> {
          try {
            // Remove the state first: without it the other descriptors are ignored.
            to.forget(PREFIX + "state-" + key);
            to.forget(PREFIX + "arena-" + key);
            for (int stage = 0; stage < stages; stage++) {
              to.forget(PREFIX + "stage-" + key + "-" + stage);
            }
          } catch (IOException e) {
            log.warn("cannot reach the service manager: {}", e.getMessage());
          }
        });
  }
}

package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.config.FreezePolicy;
import dev.sluice.config.Quantities;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ControlWords;
import dev.sluice.device.DeviceMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Checks what the device wrote at init against the layout that the client declared. The layout
 * shows in two places: the rotation table, whose entries are the addresses of the AICore pools, and
 * the word after {@code core_to_thread}, which only devices with counted entries set to 1.
 *
 * <p>Used by the thread that counts the run.
 */
final class LayoutCheck {
  private static final int SCHEMA = 1;
  private static final long SILENT_NANOS = 1_000_000_000L;

  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final Layout declared;
  private final long deviceBase;
  private final ControlWords table;
  private final ControlWords header;
  private final int wordOffset;
  private final boolean hostMayFreeze;
  private final int tableEntries;
  private Finding finding = Finding.NONE;
  private boolean isConfirmed;
  private long announcedNs;

  /**
   * A contradiction of the declared layout.
   *
   * @param text full description, for logs; empty without a contradiction
   * @param brief the same in at most 64 characters, for the client
   * @param offset where the device has its AICore pools, in bytes from the header
   */
  record Finding(String text, String brief, long offset) {
    static final Finding NONE = new Finding("", "", 0);
  }

  LayoutCheck(RunSetup setup) {
    memory = setup.memory();
    plan = setup.plan();
    declared = plan.layout();
    deviceBase = setup.deviceBase();
    tableEntries = declared.platform().maxCores();
    table = memory.words(plan.rotationOffset(), tableEntries * Long.BYTES);
    wordOffset = wordBehindCoreMap(declared);
    header = memory.words(wordOffset, Integer.BYTES);
    hostMayFreeze = setup.settings().refill().freeze() == FreezePolicy.CYCLE;
  }

  private static int wordBehindCoreMap(Layout layout) {
    return layout.coreToThreadOffset() + layout.platform().maxCores();
  }

  /**
   * Checks until the answer is known.
   *
   * @param hasProduced the device has counted a record, so its init is over
   * @param isLast the run is over: nothing more will be written
   */
  Finding look(boolean hasProduced, boolean isLast) {
    boolean isKnown = isConfirmed && !isLast; // checked once more at the end
    if (isKnown || !finding.text().isEmpty() || !table.refresh()) {
      return finding;
    }
    int filled = 0;
    while (filled < tableEntries && entry(filled) != 0) {
      filled++;
    }
    boolean isInitOver = filled > 0 || hasProduced;
    if (!isInitOver || !header.refresh()) {
      return finding;
    }
    int word = header.loadIntAcquire(wordOffset);
    int cores = plan.geometry().numCores();
    boolean isWordRight = isWordRight(word);
    long offset = filled > 0 ? entry(0) - deviceBase : 0;
    boolean isPlaceRight =
        filled == 0 || offset == plan.geometry().poolOffset(BufferKind.AICORE_TASK, 0);
    boolean isTableComplete = filled >= cores || isLast || hasProduced;
    boolean isLengthRight = filled == 0 || !isTableComplete || filled == cores;
    if (!isWordRight || !isPlaceRight || !isLengthRight) {
      finding = describe(word, offset, filled);
    } else {
      isConfirmed = isLast || (hasProduced && filled > 0);
    }
    return finding;
  }

  /**
   * Returns one line if the device announced its AICore pools, the last step of its init, a second
   * ago and has still taken no buffer; empty otherwise.
   *
   * <p>Only valid while no pool has given out a buffer.
   */
  String silence(long nowNs) {
    if (entry(0) == 0) {
      return "";
    }
    announcedNs = announcedNs == 0 ? nowNs : announcedNs;
    return nowNs - announcedNs < SILENT_NANOS
        ? ""
        : String.format(
            "the device is ready but has taken no buffer from any pool for %s: its layout differs"
                + " from %s with %d cores, or it hangs",
            Quantities.formatNanos(nowNs - announcedNs), declared, plan.geometry().numCores());
  }

  /**
   * Returns the thread counts that the device wrote if they differ from the declared ones; empty
   * otherwise.
   */
  String otherThreads() {
    int schedulers = memory.loadIntAcquire(declared.numSchedPhaseThreadsOffset());
    int orchestrators = memory.loadIntAcquire(declared.numOrchPhaseThreadsOffset());
    boolean isSaid = schedulers > 0 && schedulers <= declared.queueCount();
    boolean isDifferent =
        schedulers != plan.geometry().schedThreads()
            || (orchestrators > 0) != (plan.geometry().orchThreads() > 0);
    return isSaid && isDifferent && orchestrators >= 0 && orchestrators <= declared.queueCount()
        ? String.format(
            "the device has sched_threads %d, orch_threads %d, but %d, %d were declared",
            schedulers,
            Math.min(orchestrators, 1),
            plan.geometry().schedThreads(),
            plan.geometry().orchThreads())
        : "";
  }

  private long entry(int core) {
    return table.loadLongAcquire(plan.rotationOffset() + core * Long.BYTES);
  }

  private boolean isWordRight(int word) {
    if (declared.facts().hasCountedEntries()) {
      return word == SCHEMA;
    }
    boolean isHostsWord = declared.facts().hasBackpressureBlock() && hostMayFreeze;
    return word == 0 || isHostsWord;
  }

  private Finding describe(int word, long offset, int filled) {
    List<Layout> fitting = new ArrayList<>();
    for (Platform platform : Platform.values()) {
      for (Generation generation : Generation.values()) {
        Layout layout = Layout.of(generation, platform, sizes());
        if (fits(layout, offset, filled)) {
          fitting.add(layout);
        }
      }
    }
    int cores = plan.geometry().numCores();
    String seen =
        String.format(
            "AICore pools at %d, %d cores, 0x%x after core_to_thread", offset, filled, word);
    String like =
        fitting.isEmpty()
            ? "no known layout"
            : fitting.stream().map(Layout::id).collect(Collectors.joining(" or "));
    String text =
        String.format(
            "wrong layout: declared %s with %d cores, seen %s, which is %s",
            declared, cores, seen, like);
    return new Finding(text, brief(fitting, offset, filled), offset);
  }

  private String brief(List<Layout> fitting, long offset, int filled) {
    String declaredNow = declared + " x" + plan.geometry().numCores();
    String seen =
        fitting.isEmpty()
            ? "AICore pools at " + offset
            : fitting.stream()
                    .map(layout -> layout.generation().id())
                    .distinct()
                    .collect(Collectors.joining(" or "))
                + "/"
                + fitting.get(0).platform().id()
                + " x"
                + filled;
    return "not " + declaredNow + " but " + seen;
  }

  private boolean fits(Layout layout, long offset, int filled) {
    boolean isLegal = filled >= 1 && filled <= layout.platform().maxCores();
    if (!isLegal || layout.poolsOffset(BufferKind.AICORE_TASK, filled) != offset) {
      return false;
    }
    int at = wordBehindCoreMap(layout);
    boolean hasSchema = at < plan.totalBytes() && memory.loadIntAcquire(at) == SCHEMA;
    return layout.facts().hasCountedEntries() == hasSchema;
  }

  /** Returns the sizes with which the client's runtime was built, without its facts. */
  private LayoutOverrides sizes() {
    LayoutOverrides own = declared.overrides();
    return new LayoutOverrides(
        own.slotCount(),
        own.readyQueueEntries(),
        own.aicpuTaskRecords(),
        own.schedPhaseRecords(),
        own.orchPhaseRecords(),
        own.aicoreTaskRecords());
  }
}

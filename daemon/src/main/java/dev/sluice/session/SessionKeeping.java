package dev.sluice.session;

import dev.sluice.abi.BufferKind;
import dev.sluice.bridge.ProcessIdentity;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.HostState;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunTotals;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one session with the service manager: its state in memory that outlives this process, and
 * the books saved into it. Session owner only.
 */
final class SessionKeeping {
  private static final Logger log = LoggerFactory.getLogger(SessionKeeping.class);

  private final KeptSessions kept;
  private final String key;
  private final SessionIdentity identity;
  private HostState state; // null once closed: ended sessions stay in the registry
  private final Books saved;
  private int stages;
  private boolean isKept;
  private boolean isFailing;

  /**
   * The mutable state of a session, except what its run saves itself.
   *
   * @param past totals of finished runs
   * @param all totals including the run under way
   * @param history totals of all ended sessions of the device
   * @param recycled by a guard
   * @param run written by {@link Run#save}; null if not read or not readable
   */
  record Books(
      Peer peer,
      int connection,
      int runs,
      long deviceBase,
      RunTotals past,
      RunTotals all,
      RunTotals history,
      Recycled recycled,
      boolean isRunning,
      DataInput run) {}

  private SessionKeeping(
      KeptSessions kept, String key, SessionIdentity identity, HostState state, Books saved) {
    this.kept = kept;
    this.key = key;
    this.identity = identity;
    this.state = state;
    this.saved = saved;
  }

  /** Creates the state of a new session; in plain process memory if it cannot be kept. */
  static SessionKeeping begun(
      KeptSessions kept, SessionIdentity identity, ArenaPlan plan, int shards) {
    String key = kept.newKey();
    HostState state = null;
    if (kept.isOn() && !identity.placement().isOnDevice()) {
      try {
        state = HostState.create(plan, shards, "sluice-state-" + key);
      } catch (IOException e) {
        log.warn("session {} will not survive a restart: {}", identity.session(), e.getMessage());
      }
    }
    return new SessionKeeping(
        kept, key, identity, state == null ? HostState.inMemory(plan, shards) : state, null);
  }

  /**
   * Reads the state that another process left.
   *
   * @throws IOException one line, if this daemon cannot read the state; the state is closed
   */
  static SessionKeeping left(KeptSessions kept, KeptSessions.Left left, KeptSessions.Memory memory)
      throws IOException {
    HostState state = HostState.adopt(memory.state());
    try {
      SessionIdentity identity = SessionIdentity.of(state.identity());
      Books saved = state.versionMismatch().isEmpty() ? read(state.books()) : known(state);
      SessionKeeping keeping = new SessionKeeping(kept, left.key(), identity, state, saved);
      keeping.isKept = true;
      keeping.stages = left.stages().size();
      return keeping;
    } catch (IOException | RuntimeException e) {
      state.close();
      throw new IOException("host state refused: " + e.getMessage(), e);
    }
  }

  /** Whether the service manager holds the session. */
  boolean isKept() {
    return isKept;
  }

  HostState state() {
    return state;
  }

  SessionIdentity identity() {
    return identity;
  }

  /** Returns the books that the other process saved last. */
  Books saved() {
    return saved;
  }

  /** Hands the session to the service manager. */
  void keep(byte[] token, int arena, List<Integer> stageDescriptors) {
    state.putIdentity(token, identity.toBytes());
    stages = stageDescriptors.size();
    if (state.fd() >= 0 && !stageDescriptors.contains(-1)) {
      kept.keep(key, arena, state.fd(), stageDescriptors);
      isKept = true;
    }
  }

  /** Removes the ended session from the service manager. The memory stays until {@link #close}. */
  void end() {
    if (isKept) {
      isKept = false;
      kept.forget(key, stages);
    }
  }

  /** Releases the memory of the state; no agent may use it any longer. */
  void close() {
    if (state != null) {
      state.close();
      state = null;
    }
  }

  /** Saves the current books. */
  void save(Books books, Run run) {
    if (state == null || state.fd() < 0) {
      return;
    }
    try {
      saveVitals(books);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 << 10);
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(books.peer().pid());
      out.writeInt(books.peer().uid());
      out.writeLong(books.peer().process().startTicks());
      out.writeInt(books.connection());
      out.writeInt(books.runs());
      out.writeLong(books.deviceBase());
      books.past().write(out);
      books.all().write(out);
      books.history().write(out);
      books.recycled().write(out);
      out.writeBoolean(books.isRunning());
      if (books.isRunning()) {
        run.save(out);
      }
      state.putBooks(bytes.toByteArray());
    } catch (IOException | RuntimeException e) {
      if (!isFailing) {
        isFailing = true;
        log.error("session {}: cannot save its books", identity.session(), e);
      }
    }
  }

  private void saveVitals(Books books) {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      long[] drops = books.past().drops[kind];
      long[] past =
          Arrays.copyOf(books.past().laws[kind].parts(), AccountingLaw.PARTS + drops.length);
      System.arraycopy(drops, 0, past, AccountingLaw.PARTS, drops.length);
      state.putPast(kind, past);
    }
    state.putVitals(
        new HostState.Vitals(
            books.isRunning() ? books.deviceBase() : 0,
            books.peer().pid(),
            books.peer().uid(),
            books.peer().process().startTicks(),
            books.runs()));
  }

  /** Builds books from the vitals alone, which every version of the state can read. */
  private static Books known(HostState state) {
    HostState.Vitals vitals = state.vitals();
    RunTotals past = new RunTotals();
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      long[] counts = state.past(kind);
      past.laws[kind] = AccountingLaw.ofParts(counts);
      System.arraycopy(counts, AccountingLaw.PARTS, past.drops[kind], 0, past.drops[kind].length);
    }
    ProcessIdentity process = new ProcessIdentity(vitals.process(), vitals.startTicks());
    return new Books(
        new Peer(vitals.process(), vitals.user(), process),
        Producer.FIRST_CONNECTION,
        vitals.runs(),
        vitals.deviceBase(),
        past,
        past,
        new RunTotals(),
        new Recycled(),
        vitals.deviceBase() != 0,
        null);
  }

  private static Books read(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int pid = in.readInt();
    int uid = in.readInt();
    return new Books(
        new Peer(pid, uid, new ProcessIdentity(pid, in.readLong())),
        in.readInt(),
        in.readInt(),
        in.readLong(),
        RunTotals.read(in),
        RunTotals.read(in),
        RunTotals.read(in),
        Recycled.read(in),
        in.readBoolean(),
        in);
  }
}

package dev.sluice.session;

import dev.sluice.abi.BufferKind;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Placement;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.output.capture.CaptureManifest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * The immutable facts of a session, saved for the daemon that takes it over.
 *
 * @param manifest producer and layout; also present if the session is not captured
 * @param counts buffers per instance
 * @param patienceMs of the client's runtime
 * @param capture the capture directory; empty without a capture
 */
record SessionIdentity(
    CaptureManifest manifest,
    BufferCounts counts,
    Placement placement,
    int bareProcess,
    int patienceMs,
    Optional<Path> capture) {

  SessionIdentity(
      CaptureManifest manifest,
      ArenaPlan plan,
      Placement placement,
      int bareProcess,
      int patienceMs,
      Optional<Path> capture) {
    this(
        manifest,
        new BufferCounts(
            plan.quota(BufferKind.AICPU_TASK),
            plan.quota(BufferKind.SCHED_PHASE),
            plan.quota(BufferKind.ORCH_PHASE),
            plan.quota(BufferKind.AICORE_TASK)),
        placement,
        bareProcess,
        patienceMs,
        capture);
  }

  int session() {
    return manifest.origin().session();
  }

  SessionRequest request() {
    return new SessionRequest(
        manifest.origin().device(),
        manifest.origin().producer(),
        manifest.geometry(),
        manifest.overrides(),
        counts,
        manifest.synthetic(),
        Set.of(placement),
        bareProcess,
        patienceMs);
  }

  ArenaPlan plan() throws IOException {
    try {
      return ArenaPlan.of(manifest.geometry(), counts, SharedRegion.MAX_BYTES);
    } catch (ArenaRefusedException e) {
      throw new IOException("its arena is impossible: " + e.getMessage(), e);
    }
  }

  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      byte[] text = manifest.toBytes();
      out.writeInt(text.length);
      out.write(text);
      out.writeInt(counts.aicpuTask());
      out.writeInt(counts.schedPhase());
      out.writeInt(counts.orchPhase());
      out.writeInt(counts.aicoreTask());
      out.writeInt(placement.wireNumber());
      out.writeInt(bareProcess);
      out.writeInt(patienceMs);
      out.writeUTF(capture.map(Path::toString).orElse(""));
    } catch (IOException e) {
      throw new IllegalStateException("cannot serialise the identity", e);
    }
    return bytes.toByteArray();
  }

  static SessionIdentity of(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int length = in.readInt();
    if (length < 0 || length > bytes.length) {
      throw new IOException("invalid manifest length " + length);
    }
    CaptureManifest manifest = CaptureManifest.of(in.readNBytes(length));
    BufferCounts counts = new BufferCounts(in.readInt(), in.readInt(), in.readInt(), in.readInt());
    int wanted = in.readInt();
    Placement placement = null;
    for (Placement candidate : Placement.values()) {
      placement = candidate.wireNumber() == wanted ? candidate : placement;
    }
    if (placement == null || placement.isOnDevice()) {
      throw new IOException("invalid placement " + wanted);
    }
    int bareProcess = in.readInt();
    int patienceMs = in.readInt();
    String directory = in.readUTF();
    return new SessionIdentity(
        manifest,
        counts,
        placement,
        bareProcess,
        patienceMs,
        directory.isEmpty() ? Optional.empty() : Optional.of(Path.of(directory)));
  }
}

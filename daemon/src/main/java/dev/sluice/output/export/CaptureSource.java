package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureFrames;
import dev.sluice.output.capture.CaptureManifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A capture directory as a {@link RecordSource}. Holds one frame of each pool in use. */
public final class CaptureSource implements RecordSource, AutoCloseable {
  private final CaptureFrames frames;
  private final TraceFacts facts;
  private final ByteBuffer[][] buffers = new ByteBuffer[BufferKind.COUNT][];

  private CaptureSource(CaptureFrames frames) {
    this.frames = frames;
    this.facts = facts(frames.manifest());
    for (BufferKind kind : BufferKind.ALL) {
      buffers[kind.ordinal()] = new ByteBuffer[frames.instances(kind)];
    }
  }

  /**
   * @throws IOException if there is no capture, or one that cannot be understood
   */
  public static CaptureSource open(Path directory) throws IOException {
    return new CaptureSource(CaptureFrames.open(directory));
  }

  private static TraceFacts facts(CaptureManifest manifest) {
    List<Integer> types =
        manifest.cores().types().stream()
            .map(type -> type.equals("aic") ? TraceFacts.CORE_TYPE_AIC : TraceFacts.CORE_TYPE_AIV)
            .toList();
    return new TraceFacts(
        manifest.geometry(), manifest.clock().clockHz(), types, manifest.cores().threads());
  }

  /** What of the capture could not be read, one line each. */
  public List<String> damages() {
    return frames.damages().stream().map(String::valueOf).toList();
  }

  @Override
  public TraceFacts facts() {
    return facts;
  }

  @Override
  public int instances(BufferKind kind) {
    return frames.instances(kind);
  }

  @Override
  public int frameCount(BufferKind kind, int instance) {
    return frames.frameCount(kind, instance);
  }

  @Override
  public int recordCount(BufferKind kind, int instance, int frame) {
    return frames.recordCount(kind, instance, frame);
  }

  @Override
  public int run(BufferKind kind, int instance, int frame) {
    return frames.run(kind, instance, frame);
  }

  @Override
  public ByteBuffer frame(BufferKind kind, int instance, int frame) throws IOException {
    ByteBuffer[] ofKind = buffers[kind.ordinal()];
    ofKind[instance] = frames.read(kind, instance, frame, ofKind[instance]);
    return ofKind[instance];
  }

  @Override
  public void close() throws IOException {
    frames.close();
  }
}

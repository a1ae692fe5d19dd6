package dev.sluice.output.export;

import java.io.IOException;
import java.util.stream.Stream;

/**
 * Another sink on a thread of its own: what to draw is found out here while it is encoded there.
 * The two take about equally long. What the other sink throws is thrown by a later call, at the
 * latest by {@link #finish}.
 */
final class PipelinedSink implements TraceSink, AutoCloseable {
  /** Together more than a processor's own cache, so that the two fetch little from each other's. */
  private static final int BATCHES = 16;

  private final TraceSink sink;
  private final Stage<SliceBatch> encoder;
  private SliceBatch batch;

  PipelinedSink(TraceSink sink) throws IOException {
    this.sink = sink;
    SliceBatch.Player player = new SliceBatch.Player(sink);
    encoder =
        new Stage<>(
            "export-encoder",
            Stream.generate(SliceBatch::new).limit(BATCHES).toList(),
            player::play);
    batch = encoder.take();
  }

  private SliceBatch room() throws IOException {
    if (batch.isFull()) {
      give();
    }
    return batch;
  }

  private void give() throws IOException {
    encoder.give(batch);
    batch = encoder.take();
    batch.clear();
  }

  @Override
  public void process(int pid, String name, int sortIndex) throws IOException {
    room().process(pid, name, sortIndex);
  }

  @Override
  public void lane(Lane lane, int sortIndex) throws IOException {
    room().lane(lane, sortIndex);
  }

  @Override
  public void slice(Slice slice) throws IOException {
    room().slice(slice);
  }

  @Override
  public boolean drawsFlows() {
    return sink.drawsFlows();
  }

  @Override
  public void flow(Flow flow) throws IOException {
    room().flow(flow);
  }

  @Override
  public void queueDepth(Lane queue, Lane phase, long timeNs, short[] depths) throws IOException {
    room().queueDepth(queue, phase, timeNs, depths);
  }

  /** Waits until the other sink has everything, and finishes it. */
  @Override
  public void finish() throws IOException {
    encoder.give(batch);
    encoder.close();
    sink.finish();
  }

  /** After a failure: waits until the other sink is left alone. */
  @Override
  public void close() throws IOException {
    encoder.close();
  }
}
